package megvii

import (
	"cmp"
	"net/http"
	"slices"

	"github.com/facegate/facegate/handlers"
)

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
