// Package baidu sends people to Baidu AI Cloud's hosted face check (H5 人脸实名认证)
// and asks how it ended.
//
// [New] gives the kit a [Vendor]:
//
//	vendor, err := baidu.New(baidu.Config{
//		APIKey:    handlers.Hide(os.Getenv("BAIDU_API_KEY")),
//		SecretKey: handlers.Hide(os.Getenv("BAIDU_SECRET_KEY")),
//		PlanID:    "16144",
//		Tokens:    sealed, // where access tokens live: a store wrapped by store.Seal
//	})
//
// # What the vendor does, and what follows
//
// Baidu signs nothing and notifies nobody. The browser comes back by a plain GET
// to a URL that anybody can open, so [Vendor.Parse] gives a hint and never a
// result. The proof is our own query of result/detail. People close the page after
// passing, so the kit's reconciler asks by itself; see [Config.QueryAfter].
//
// The vendor's success is not yet passed. [Policy] also wants a result to be
// there, the confirmed name and number to be the submitted ones, and no sign of a
// synthetic face, a risky device or a fallback to recorded video. What a plan
// reads off a card on the page belongs to whoever held that card: only
// [Params.Name] and [Params.IDNumber] tie a check to your user.
//
// What the vendor answers before a person has finished is not documented. Until
// the page's time is over such answers are pending, then expired or review; see
// [NotReady].
//
// # Access tokens
//
// One record in [Config.Tokens] serves a whole fleet, whatever its size: one
// process fetches, the others wait for what it brings. A token is renewed ahead of
// its end while the old one serves on, replaced once when the vendor refuses it,
// and kept for three days past its rotation for the checks that it opened, because
// the vendor refuses a verify_token under an access token that does not match. The
// record's key holds a hash of the key pair. Its value holds the tokens in plain
// text: wrap the store in store.Seal.
//
// # Without the kit
//
// [Client] has one typed method per endpoint. [Fetcher] loads the pictures and
// videos that the answers point to, and asks nothing but the vendor's hosts.
package baidu
