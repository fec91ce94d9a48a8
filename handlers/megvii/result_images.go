package megvii

import (
	"cmp"
	"encoding/base64"
	"net/http"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/facegate/facegate/handlers"
)

// Images are encoded pictures, as a rule JPEG, by the vendor's name: image_best,
// image_idcard_front, image_idcard_back, and with the selfie method
// image_face_front, image_face_side. A picture that is null or cannot be decoded is
// left out.
type Images map[string]handlers.PrivateBytes

// readImages decodes the data URIs.
func readImages(dec *jsontext.Decoder, p *Images) error {
	if dec.PeekKind() == 'n' {
		return errDefault
	}
	*p = Images{}
	return members(dec, func(name string) error {
		uri, _, err := scalar(dec)
		if picture := decodeDataURI(uri); len(picture) > 0 {
			(*p)[name] = handlers.HideBytes(picture)
		}
		return err
	})
}

// decodeDataURI returns the bytes of "data:image/jpeg;base64,...". Old answers have
// a space behind "data:". It returns nil for anything else.
func decodeDataURI(uri string) []byte {
	head, body, found := strings.Cut(uri, ",")
	kind, isData := strings.CutPrefix(head, "data:")
	if !found || !isData || !strings.HasPrefix(strings.TrimSpace(kind), "image/") || !strings.HasSuffix(head, ";base64") {
		return nil
	}
	picture, err := base64.StdEncoding.DecodeString(body)
	if err != nil {
		return nil
	}
	return picture
}

// pictures returns the images in the order of their names. What is not a picture
// by its own bytes is left out: it would be kept and handed on as one.
func (i Images) pictures() []handlers.Image {
	var found []handlers.Image
	for name, data := range i {
		if isPicture(data) {
			found = append(found, handlers.Image{Name: name, Data: data})
		}
	}
	slices.SortFunc(found, func(a, b handlers.Image) int { return cmp.Compare(a.Name, b.Name) })
	return found
}

// isPicture reports whether data begins like a picture that browsers show. SVG and
// HTML do not.
func isPicture(data handlers.PrivateBytes) bool {
	switch http.DetectContentType(data.Reveal()) {
	case "image/jpeg", "image/png", "image/webp", "image/bmp", "image/gif":
		return true
	}
	return false
}
