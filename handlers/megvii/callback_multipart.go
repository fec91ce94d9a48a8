package megvii

import (
	"bytes"
	"errors"
	"io"
	"mime/multipart"

	"github.com/facegate/facegate/handlers"
)

// readMultipart reads a multipart/form-data body that is in memory already; it
// writes no files. The parts' values are taken as they are, without transfer
// decoding, and a file is no field.
func readMultipart(body []byte, boundary string) (signed, *handlers.Error) {
	var form signed
	parts := multipart.NewReader(bytes.NewReader(body), boundary)
	for fields := 1; ; fields++ {
		part, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return signed{}, malformed(ReasonBadForm, nil) // err may quote the body
		}
		if fields > maxFields {
			return signed{}, malformed(ReasonTooManyFields, nil)
		}
		value, err := io.ReadAll(io.LimitReader(part, int64(len(body))))
		if err != nil || part.FormName() == "" || part.FileName() != "" {
			return signed{}, malformed(ReasonBadForm, nil)
		}
		if err := form.set(part.FormName(), value); err != nil {
			return signed{}, err
		}
	}
	if err := form.complete(); err != nil {
		return signed{}, err
	}
	return form, nil
}
