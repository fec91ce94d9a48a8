package main

import (
	"bytes"
	"io"
	"net/http"
	"strconv"

	"github.com/facegate/facegate/handlers"
	"github.com/facegate/facegate/handlers/baidu"
	"github.com/facegate/facegate/handlers/megvii"
)

// maxStart is the biggest start form: a photo of the size that Baidu takes.
const maxStart = 12 << 20

// prepare turns the home page's forms into start parameters. Everything that the
// person typed stays private from here on.
func prepare(r *http.Request) (handlers.StartParams, error) {
	params, err := handlers.PrepareForm(r)
	if err != nil {
		return params, err
	}
	form := r.PostForm
	switch params.Vendor {
	case nameBaidu:
		certificate, err := certificateType(form.Get("certificate_type"))
		if err != nil {
			return params, err
		}
		params.Params = baidu.Params{
			Name:            handlers.Hide(form.Get("name")),
			IDNumber:        handlers.Hide(form.Get("id_number")),
			CertificateType: certificate,
		}
	case nameBaiduPhoto:
		photo, err := uploaded(r, "photo")
		if err != nil {
			return params, err
		}
		params.Params = baidu.Params{Image: handlers.HideBytes(photo)}
	default:
		method, err := returnMethod(form.Get("return"))
		if err != nil {
			return params, err
		}
		params.Params = megvii.Params{ReturnMethod: method}
	}
	return params, nil
}

// returnMethod is how Megvii's page shall send the browser back; by POST if the
// form does not say.
func returnMethod(named string) (megvii.ReturnMethod, error) {
	switch named {
	case "", "post":
		return megvii.ReturnByPOST, nil
	case "get":
		return megvii.ReturnByGET, nil
	default:
		return "", &handlers.Error{Code: handlers.CodeInvalidInput}
	}
}

// certificateType reads the kind of ID document; the page's form leaves it out for
// the mainland ID card.
func certificateType(text string) (baidu.CertificateType, error) {
	if text == "" {
		return baidu.MainlandIDCard, nil
	}
	kind, err := strconv.Atoi(text)
	if err != nil {
		return 0, &handlers.Error{Code: handlers.CodeInvalidCertificateType}
	}
	return baidu.CertificateType(kind), nil
}

// uploaded is the file in a form field. The kit has capped the body already.
func uploaded(r *http.Request, field string) ([]byte, error) {
	file, _, err := r.FormFile(field)
	if err != nil {
		return nil, &handlers.Error{Code: handlers.CodeInvalidImage}
	}
	defer file.Close()
	var photo bytes.Buffer
	if _, err := io.Copy(&photo, io.LimitReader(file, maxStart)); err != nil {
		return nil, &handlers.Error{Code: handlers.CodeMalformed}
	}
	return photo.Bytes(), nil
}
