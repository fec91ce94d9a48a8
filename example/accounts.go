package main

import (
	"fmt"
	"io"

	"github.com/facegate/facegate/handlers"
	"github.com/facegate/facegate/handlers/baidu"
	"github.com/facegate/facegate/handlers/megvii"
	"github.com/facegate/facegate/handlers/sandbox"
	"github.com/facegate/facegate/store"
)

// The accounts, as start forms name them.
const (
	nameMegvii     = "megvii"
	nameBaidu      = "baidu"
	nameBaiduPhoto = "baidu-photo"
)

// accounts are the vendors' accounts; the first is the one that starts use by
// default.
type accounts struct {
	vendors []handlers.Vendor
	Baidu   bool // there is an account at Baidu
}

// openAccounts makes the accounts: live ones, those at another instance's fake
// vendors, or those at fake vendors of its own, which it returns to be served.
func openAccounts(s settings, tokens store.Store, out io.Writer) ([]server, accounts, error) {
	switch {
	case s.live():
		found, err := liveAccounts(s, out)
		return nil, found, err
	case s.vendor != "":
		fmt.Fprintln(out, "vendor", s.vendor)
		found, err := accountsAt(s.vendor, s, tokens)
		return nil, found, err
	default:
		fakes, found, err := sandboxAccounts(s, tokens, out)
		return []server{fakes}, found, err
	}
}

// liveAccounts is the account at the real Megvii. It prints the address.
func liveAccounts(s settings, out io.Writer) (accounts, error) {
	fmt.Fprintln(out, "vendor", megvii.China.BaseURL())
	account, err := megvii.New(megvii.Config{
		APIKey:    handlers.Hide(s.megviiKey),
		APISecret: handlers.Hide(s.megviiSecret),
		Defaults:  megviiDefaults(),
	})
	return accounts{vendors: []handlers.Vendor{account}}, err
}

// megviiDefaults are the parameters of every start at Megvii: the person types name
// and number on the vendor's page and speaks an answer, and every tag that the
// vendor has is asked for, so that each of the fake's outcomes shows its effect.
func megviiDefaults() megvii.GetTokenRequest {
	return megvii.GetTokenRequest{
		ComparisonType:      megvii.CompareWithIDCard,
		IDCardMode:          megvii.IDCardTyped,
		ProcedureType:       megvii.ProcedureWill,
		GetFailReason:       true,
		ReturnMultifacesTag: true,
	}
}

// accountsAt makes the accounts at the fake vendors. Their access tokens go into
// the sealed store.
func accountsAt(at string, s settings, tokens store.Store) (accounts, error) {
	fakeMegvii, err := megvii.New(megvii.Config{
		BaseURL:             at,
		APIKey:              handlers.Hide(sandbox.MegviiAPIKey),
		APISecret:           handlers.Hide(sandbox.MegviiAPISecret),
		Defaults:            megviiDefaults(),
		QueryAfter:          s.schedule(),
		InsecureDevelopment: true,
	})
	if err != nil {
		return accounts{}, err
	}
	fakeBaidu := baidu.Config{
		APIKey:              handlers.Hide(sandbox.BaiduAPIKey),
		SecretKey:           handlers.Hide(sandbox.BaiduSecretKey),
		BaseURL:             at,
		EntryURL:            at + "/face/print/",
		Tokens:              tokens,
		QueryAfter:          s.schedule(),
		InsecureDevelopment: true,
	}
	byIdentity, byPhoto := fakeBaidu, fakeBaidu
	byIdentity.Name, byIdentity.PlanID, byIdentity.RequireIDCard = nameBaidu, planIdentity, true
	byPhoto.Name, byPhoto.PlanID, byPhoto.RequireImage = nameBaiduPhoto, planPhoto, true
	first, err := baidu.New(byIdentity)
	if err != nil {
		return accounts{}, err
	}
	second, err := baidu.New(byPhoto)
	if err != nil {
		return accounts{}, err
	}
	return accounts{vendors: []handlers.Vendor{fakeMegvii, first, second}, Baidu: true}, nil
}
