package sandbox

import (
	"bytes"
	"encoding/base64"
	"image"
	"image/color"
	"image/jpeg"
	"net/http"
	"path"
)

// baiduPicture is a picture in base64, padded behind its end to size bytes.
func baiduPicture(size int) string {
	picture := baiduFace()
	if size > len(picture) {
		picture = append(picture, make([]byte, size-len(picture))...)
	}
	return base64.StdEncoding.EncodeToString(picture)
}

// baiduFace draws a grey oval that stands for a face, as a small JPEG.
func baiduFace() []byte {
	picture := image.NewGray(image.Rect(0, 0, 24, 32))
	for y := range 32 {
		for x := range 24 {
			dx, dy := (x-12)*4, (y-16)*3
			shade := color.Gray{Y: 0xe0}
			if dx*dx+dy*dy < 36*36 {
				shade.Y = 0x80
			}
			picture.SetGray(x, y, shade)
		}
	}
	var encoded bytes.Buffer
	_ = jpeg.Encode(&encoded, picture, nil) // a buffer takes everything
	return encoded.Bytes()
}

// faceImage serves the picture that result/simple points at. The verify_token
// in its address is all the permission it asks for, as at Baidu.
func (b *Baidu) faceImage(w http.ResponseWriter, r *http.Request) {
	b.faceAnswer(r.URL.Query().Get("verify_token")).write(w)
}

func (b *Baidu) faceAnswer(verifyToken string) baiduAnswer {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.calls[BaiduFaceImage]++
	session := b.sessions[verifyToken]
	if session == nil || len(session.attempts) == 0 || session.state(b.config.Now()) == baiduGone {
		return b.tokenInvalid(session)
	}
	return baiduAnswer{contentType: "image/jpeg", body: baiduFace()}
}

// mediaFile serves what result/media/query points at: pictures, and a video of
// no frames.
func (b *Baidu) mediaFile(w http.ResponseWriter, r *http.Request) {
	switch path.Ext(r.PathValue("file")) {
	case ".jpg":
		baiduAnswer{contentType: "image/jpeg", body: baiduFace()}.write(w)
	case ".mp4":
		baiduAnswer{contentType: "video/mp4", body: []byte("\x00\x00\x00\x14ftypmp42\x00\x00\x00\x00mp42")}.write(w)
	default:
		http.NotFound(w, r)
	}
}
