// Package facegate is the tutorial of an embeddable kit for net/http apps that
// send a person to a hosted face check, Megvii FaceID Lite H5 or Baidu H5
// 人脸实名认证, and must learn, safely and exactly once, how it ended. The package
// holds no code; the kit is [github.com/facegate/facegate/handlers].
//
// # What goes wrong without it
//
// The flow looks like a redirect and a callback. In production it is a cross-site
// POST that brings no login cookie, a callback that anyone can forge unless its
// signature is checked over the very bytes that are then read, a status "OK" that
// only means that the vendor's page ended normally, a person who closes the tab
// after passing, a notify that never comes, two that come at once, and a result
// that the vendor hands out three times within a day and then forgets.
//
// # Mount it
//
// An app makes a vendor and a kit, mounts the kit's handler and runs its loop:
//
//	vendor, err := megvii.New(megvii.Config{
//		Region:    megvii.China,
//		APIKey:    handlers.Hide(os.Getenv("MEGVII_API_KEY")),
//		APISecret: handlers.Hide(os.Getenv("MEGVII_API_SECRET")),
//		Defaults:  megvii.GetTokenRequest{ComparisonType: megvii.CompareWithIDCard, IDCardMode: megvii.IDCardFront},
//	})
//	...
//	kit, err := handlers.New(handlers.Options{
//		Vendor:    vendor,
//		Store:     store.NewMemory(),
//		PublicURL: "https://shop.example/face",
//		Identify:  whoIsLoggedIn, // func(*http.Request) (subject string, err error)
//		OnResult:  saveVerdict,   // func(context.Context, handlers.Result) error
//	})
//	...
//	mux.Handle("/face/", kit.Handler())
//	go kit.Run(ctx)
//
// The app's page begins with a plain form:
//
//	<form method="post" action="/face/start"><button>Verify me</button></form>
//
// # What a person sees
//
// Start answers with a redirect to the vendor's page. When the person is done, that
// page sends the browser to return, from another site and so without most cookies.
// Return needs none: it records what is signed and answers with a small page that
// moves on to finish by itself. That is a new request from the app's own site, so
// the person is still logged in there. Finish waits a little for the app's hook and
// sends the person back to the app's page.
//
// # What the app hears
//
// [github.com/facegate/facegate/handlers.Options.OnResult] hears each verdict:
//
//	func saveVerdict(ctx context.Context, r handlers.Result) error {
//		_, err := db.ExecContext(ctx,
//			`INSERT INTO verdicts (key, subject, verdict) VALUES ($1, $2, $3) ON CONFLICT (key) DO NOTHING`,
//			r.Key, r.Subject, r.Verdict)
//		return err
//	}
//
// At most one hook runs at a time for a session; after one success it does not run
// again; a crash between the hook's success and its mark can run it once more,
// with the same key. That is why the insert above ignores a key that is there.
//
// A verdict is passed, failed, review, cancelled, expired or unsupported. Only
// passed opens doors. Review is for a human: the vendor flagged a risk, said
// something unknown, or contradicted itself. The reasons beside a verdict say more.
//
// # Where a verdict comes from
//
// A verdict exists only after an authenticated statement of the vendor. It comes by
// one of three carriers, whichever is first: notify, which the vendor's server sends
// and signs; return, which the browser brings, equally signed; and query, which the
// kit asks over its own connection when nobody told it. What the browser says
// without a signature decides nothing. The vendor's own status is judged by a
// policy: see [github.com/facegate/facegate/handlers/megvii.Policy] and
// [github.com/facegate/facegate/handlers/baidu.Policy].
//
// # More than one process
//
// All that the kit knows is in its [github.com/facegate/facegate/store.Store]. The
// store in memory serves one process and forgets on exit. Several processes share an
// engine; then the kit also needs keys, because it seals what is personal before
// it stores it:
//
//	Store: sharedStore,           // of package redisstore or sqlstore, or your own
//	Keys:  []store.Key{key},      // see store.NewKey
//
// Every process runs Run; they do not get in each other's way, and keep to the
// vendor's query rate together. A process that is killed loses nothing that was
// acknowledged: the next one to look goes on where it stopped.
//
// # What operators see
//
// Three things are for operators, and are mounted where they alone come:
// [github.com/facegate/facegate/handlers.Kit.Health] for load balancers,
// [github.com/facegate/facegate/handlers.Kit.Doctor] for whoever deploys, and
// [github.com/facegate/facegate/handlers.Kit.DeadLetters] for verdicts that the app's
// hook would not take, each of which
// [github.com/facegate/facegate/handlers.Kit.Replay] delivers again:
//
//	inside.Handle("/healthz", kit.HealthHandler())
//	inside.Handle("/doctor", kit.DoctorHandler())
//
// # Try it without an account
//
// Package [github.com/facegate/facegate/handlers/sandbox] fakes both vendors, with
// pages, signatures and switches for everything that can go wrong. The program in
// example puts it all together:
//
//	go run ./example
package facegate
