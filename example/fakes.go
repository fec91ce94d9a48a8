package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"

	"github.com/facegate/facegate/handlers/sandbox"
	"github.com/facegate/facegate/store"
)

// The fake Baidu's plans: in one the shop says whom to expect, in the other it
// uploads a photo to compare with.
const (
	planIdentity = "1"
	planPhoto    = "2"
)

// Made up, but with a birth date and a check character that add up.
const (
	sampleName     = "测试甲"
	sampleIDNumber = "00000019900101000X"
)

// sandboxAccounts starts the fake vendors under one address, and makes accounts
// there. It prints the address and the credentials.
func sandboxAccounts(s settings, tokens store.Store, out io.Writer) (server, accounts, error) {
	listener, err := net.Listen("tcp", s.vendorAddr)
	if err != nil {
		return server{}, accounts{}, err
	}
	at := address(s.vendorAddr, listener.Addr())
	fmt.Fprintln(out, "vendor", at)
	fmt.Fprintln(out, "megvii api_key", sandbox.MegviiAPIKey, "api_secret", sandbox.MegviiAPISecret)
	fmt.Fprintln(out, "baidu api_key", sandbox.BaiduAPIKey, "secret_key", sandbox.BaiduSecretKey, "plans", planIdentity, planPhoto)

	found, err := accountsAt(at, s, tokens)
	if err != nil {
		listener.Close()
		return server{}, accounts{}, err
	}
	handler, stop := fakeVendors(at)
	return server{listener: listener, handler: handler, stop: stop}, found, nil
}

// fakeVendors serves both by path; their paths do not collide, save for Baidu's
// control surface, which moves to /control/baidu/. stop ends what runs in the background.
func fakeVendors(at string) (handler http.Handler, stop func()) {
	fakeMegvii := sandbox.NewMegvii(sandbox.MegviiConfig{})
	fakeBaidu := sandbox.NewBaidu(sandbox.BaiduConfig{
		BaseURL: at,
		Plans: []sandbox.BaiduPlan{
			{ID: planIdentity, Identity: sandbox.BaiduIdentitySubmitted},
			{ID: planPhoto, Comparison: sandbox.BaiduComparePhoto},
		},
	})
	mux := http.NewServeMux()
	mux.Handle("/", fakeMegvii)
	for _, path := range []string{"/oauth/", "/rpc/", "/face/", "/solution/", "/media/"} {
		mux.Handle(path, fakeBaidu)
	}
	mux.HandleFunc("/control/baidu/", func(w http.ResponseWriter, r *http.Request) {
		r.URL.Path = "/control/" + strings.TrimPrefix(r.URL.Path, "/control/baidu/")
		fakeBaidu.ServeHTTP(w, r)
	})
	return mux, fakeMegvii.Close
}
