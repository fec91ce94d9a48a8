package baidu

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"image"
	"image/jpeg"
	"image/png"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/facegate/facegate/handlers"
)

func jpegOf(t testing.TB, width, height int) []byte {
	var b bytes.Buffer
	require.NoError(t, jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, width, height)), nil))
	return b.Bytes()
}

func pngOf(t testing.TB, width, height int) []byte {
	var b bytes.Buffer
	require.NoError(t, png.Encode(&b, image.NewGray(image.Rect(0, 0, width, height))))
	return b.Bytes()
}

func bmpOf(width, height int32) []byte {
	b := make([]byte, 54)
	copy(b, "BM")
	binary.LittleEndian.PutUint32(b[14:], 40)
	binary.LittleEndian.PutUint32(b[18:], uint32(width))
	binary.LittleEndian.PutUint32(b[22:], uint32(height))
	return b
}

func TestImagesAreRefusedByTheirHeaderAlone(t *testing.T) {
	longest := base64.StdEncoding.DecodedLen(maxEncodedImage)
	tests := map[string]struct {
		image []byte
		good  bool
	}{
		"a JPEG":                       {jpegOf(t, 640, 480), true},
		"a PNG":                        {pngOf(t, 640, 480), true},
		"a BMP":                        {bmpOf(640, 480), true},
		"a BMP that runs downwards":    {bmpOf(640, -480), true},
		"the largest landscape":        {pngOf(t, 1919, 1079), true},
		"the largest portrait":         {pngOf(t, 1079, 1919), true},
		"full HD is not below full HD": {pngOf(t, 1920, 1080), false},
		"one side too long":            {bmpOf(1920, 100), false},
		"the other side too long":      {bmpOf(1200, 1080), false},
		"a portrait too long":          {pngOf(t, 1080, 1920), false},
		"a header only is enough to refuse a bomb": {pngOf(t, 4, 4)[:33], true},
		"10 MB in base64, just so":                 {append(bmpOf(640, 480), make([]byte, longest-54)...), true},
		"more than 10 MB in base64":                {append(bmpOf(640, 480), make([]byte, longest-53)...), false},
		"nothing":                                  {nil, false},
		"a GIF":                                    {[]byte("GIF89a\x01\x00\x01\x00"), false},
		"an SVG":                                   {[]byte("<svg width='1' height='1'/>"), false},
		"base64 instead of bytes":                  {[]byte("/9j/4AAQSkZJRgABAQAAAQABAAD/"), false},
		"a JPEG cut before its size":               {jpegOf(t, 640, 480)[:20], false},
		"a BMP cut before its size":                {bmpOf(640, 480)[:25], false},
		"a BMP of no width":                        {bmpOf(0, 480), false},
		"a BMP of the least height":                {bmpOf(10, -1<<31), false},
		"an OS/2 BMP":                              {append([]byte("BM"), make([]byte, 60)...), false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			d := newDouble()
			d.says(endpointUpload, `{"success":true,"result":null,"log_id":"1"}`)
			_, err := d.client(t).UploadMatchImage(context.Background(), MatchImageRequest{
				VerifyToken: handlers.Hide(fakeVerify), Image: handlers.HideBytes(tt.image),
			})
			if tt.good {
				require.NoError(t, err)
				if len(tt.image) < 1<<20 {
					assert.NotContains(t, d.body(t, endpointUpload), "quality_control")
				}
				return
			}
			assert.Equal(t, handlers.CodeInvalidImage, handlers.CodeOf(err))
			assert.Zero(t, d.count(endpointOAuth)+d.count(endpointUpload), "no call is made")
		})
	}
	t.Run("a control that the vendor does not know", func(t *testing.T) {
		err := checkImage(handlers.HideBytes(jpegOf(t, 4, 4)), "high")
		assert.Equal(t, handlers.CodeInvalidInput, handlers.CodeOf(err))
	})
}

func TestCase16IdentityIsNormalisedOrRefusedBeforeMoneyIsSpent(t *testing.T) {
	tests := map[string]struct {
		name, number string
		certificate  CertificateType
		wantName     string
		wantNumber   string
		code         handlers.Code
	}{
		"as it should be":         {name: fakeName, number: fakeNumber, wantName: fakeName, wantNumber: fakeNumber},
		"full-width and spaces":   {name: " 测试甲 ", number: " 0000001900０1010009 ", wantName: fakeName, wantNumber: fakeNumber},
		"a small x":               {name: fakeName, number: "00000019000101005x", wantName: fakeName, wantNumber: "00000019000101005X"},
		"a minority name":         {name: "测试•甲", number: fakeNumber, wantName: "测试·甲", wantNumber: fakeNumber},
		"a rare character":        {name: "测𠀀", number: fakeNumber, wantName: "测𠀀", wantNumber: fakeNumber},
		"a passport":              {name: "TEST PERSON", number: "e12345678", certificate: OverseasCitizenPassport, wantName: "TEST PERSON", wantNumber: "E12345678"},
		"a wrong checksum":        {name: fakeName, number: "000000190001010001", code: handlers.CodeInvalidIDNumber},
		"15 digits":               {name: fakeName, number: "000000000101000", code: handlers.CodeInvalidIDNumber},
		"no number":               {name: fakeName, code: handlers.CodeInvalidIDNumber},
		"no name":                 {number: fakeNumber, code: handlers.CodeInvalidName},
		"a name with digits":      {name: "测试1", number: fakeNumber, code: handlers.CodeInvalidName},
		"an unknown certificate":  {name: fakeName, number: fakeNumber, certificate: 6, code: handlers.CodeInvalidCertificateType},
		"a negative certificate":  {name: fakeName, number: fakeNumber, certificate: -1, code: handlers.CodeInvalidCertificateType},
		"a passport with a quote": {name: fakeName, number: `E"12345`, certificate: OverseasCitizenPassport, code: handlers.CodeInvalidIDNumber},
	}
	for name, tt := range tests {
		t.Run("case 16: "+name, func(t *testing.T) {
			d := newDouble()
			d.says(endpointSubmit, `{"success":true,"result":1,"log_id":"1"}`)
			_, err := d.client(t).SubmitIDCard(context.Background(), IDCardRequest{
				VerifyToken: handlers.Hide(fakeVerify), Name: handlers.Hide(tt.name), Number: handlers.Hide(tt.number), CertificateType: tt.certificate,
			})
			if tt.code == "" {
				require.NoError(t, err)
				body := d.body(t, endpointSubmit)
				assert.Equal(t, tt.wantName, body["id_name"])
				assert.Equal(t, tt.wantNumber, body["id_no"])
				assert.EqualValues(t, tt.certificate, body["certificate_type"])
				return
			}
			assert.Equal(t, tt.code, handlers.CodeOf(err))
			assert.Zero(t, len(d.requests), "no call is made")
			var kit *handlers.Error
			require.ErrorAs(t, err, &kit)
			assert.NotEqual(t, kit.Public("zh"), kit.Public("en"))
		})
	}
}

func FuzzImageSize(f *testing.F) {
	f.Add(jpegOf(f, 3, 5))
	f.Add(pngOf(f, 3, 5))
	f.Add(bmpOf(3, -5))
	f.Fuzz(func(t *testing.T, data []byte) {
		if size, ok := imageSize(data); ok && (size.X <= 0 || size.Y <= 0) {
			t.Fatalf("a size of %v", size)
		}
	})
}
