package baidu

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"image"
	"image/jpeg"
	"image/png"
	"strings"

	"github.com/facegate/facegate/handlers"
	"github.com/facegate/facegate/handlers/internal/idcard"
)

// maxEncodedImage is the vendor's limit of an uploaded photo, in base64.
const maxEncodedImage = 10 << 20

// maxVerifyToken bounds a verify_token, which has 24 characters so far.
const maxVerifyToken = 256

// checkVerifyToken refuses what cannot be a verify_token.
func checkVerifyToken(token handlers.Private) error {
	if !plainToken(token.Reveal(), maxVerifyToken) {
		return invalid(handlers.CodeInvalidInput, "VerifyToken must be 1 to 256 printable ASCII characters")
	}
	return nil
}

// normalIdentity returns name and number in the form that the vendor wants, or the
// error that names the wrong one.
func normalIdentity(name, number handlers.Private, certificate CertificateType) (handlers.Private, handlers.Private, error) {
	none := handlers.Private{}
	if certificate < MainlandIDCard || certificate > HKMacaoNonChinesePermit {
		return none, none, invalid(handlers.CodeInvalidCertificateType, "CertificateType must be one of the named constants")
	}
	normalName, ok := idcard.NormalizeName(name.Reveal())
	if !ok {
		return none, none, invalid(handlers.CodeInvalidName, "Name must be a name of 1 to 32 characters")
	}
	normalNumber := normalNumber(number.Reveal())
	if certificate == MainlandIDCard && !idcard.Valid(normalNumber) {
		return none, none, invalid(handlers.CodeInvalidIDNumber, "IDNumber must have 18 characters, a real birth date and the right check character")
	}
	if !documentNumber(normalNumber) {
		return none, none, invalid(handlers.CodeInvalidIDNumber, "IDNumber must be 5 to 32 letters, digits, dashes and brackets")
	}
	return handlers.Hide(normalName), handlers.Hide(normalNumber), nil
}

// normalNumber returns an ID number of any document in the form that is sent and
// compared.
func normalNumber(number string) string { return strings.ToUpper(idcard.Normalize(number)) }

// documentNumber reports whether number can stand on a document other than the
// mainland card, whose forms are not published.
func documentNumber(number string) bool {
	return len(number) >= 5 && len(number) <= 32 &&
		strings.Trim(number, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-()") == ""
}

// checkImage refuses an image that the vendor would refuse, by its header alone:
// no pixel is decoded.
func checkImage(photo handlers.PrivateBytes, controls ...Control) error {
	for _, control := range controls {
		switch control {
		case "", ControlNone, ControlLow, ControlNormal, ControlHigh:
		default:
			return invalid(handlers.CodeInvalidInput, "QualityControl and LivenessControl must be NONE, LOW, NORMAL or HIGH")
		}
	}
	if photo.IsZero() || base64.StdEncoding.EncodedLen(photo.Len()) > maxEncodedImage {
		return invalid(handlers.CodeInvalidImage, "Image must be there and at most 10 MB in base64")
	}
	size, ok := imageSize(photo.Reveal())
	if !ok {
		return invalid(handlers.CodeInvalidImage, "Image must be a JPEG, PNG or BMP")
	}
	if max(size.X, size.Y) >= 1920 || min(size.X, size.Y) >= 1080 {
		return invalid(handlers.CodeInvalidImage, "Image must be below 1920x1080")
	}
	return nil
}

// imageSize reads width and height from the header of a JPEG, PNG or BMP.
func imageSize(data []byte) (size image.Point, ok bool) {
	var config image.Config
	var err error
	switch {
	case bytes.HasPrefix(data, []byte("\xff\xd8\xff")):
		config, err = jpeg.DecodeConfig(bytes.NewReader(data))
	case bytes.HasPrefix(data, []byte("\x89PNG\r\n\x1a\n")):
		config, err = png.DecodeConfig(bytes.NewReader(data))
	case bytes.HasPrefix(data, []byte("BM")):
		return bitmapSize(data)
	default:
		return image.Point{}, false
	}
	size = image.Pt(config.Width, config.Height)
	return size, err == nil && size.X > 0 && size.Y > 0
}

// bitmapSize reads the header of a Windows bitmap: 14 bytes of file header, then
// the size of the info header, width and height. A negative height means that the
// rows run downwards.
func bitmapSize(data []byte) (size image.Point, ok bool) {
	if len(data) < 26 {
		return image.Point{}, false
	}
	if header := binary.LittleEndian.Uint32(data[14:]); header < 40 || header > 124 {
		return image.Point{}, false
	}
	width := int(int32(binary.LittleEndian.Uint32(data[18:])))
	height := int(int32(binary.LittleEndian.Uint32(data[22:])))
	if height < 0 {
		height = -height
	}
	return image.Pt(width, height), width > 0 && height > 0
}
