// Package handlers is the vendor-neutral kit: an app mounts one handler, fills in a
// few hooks, and learns safely how a hosted face check ended. The packages megvii
// and baidu below it are the vendors; an app passes one or several to [New].
//
//	kit, err := handlers.New(handlers.Options{
//		Vendor:    account,                      // of package megvii or baidu
//		Store:     store.NewMemory(),            // or an engine that a fleet shares
//		PublicURL: "https://shop.example/face",  // where the kit is mounted
//		Identify:  whoIsSignedIn,
//		OnResult:  saveVerdict,
//	})
//	mux.Handle("/face/", kit.Handler())
//	go kit.Run(ctx)
//
// # Endpoints
//
// [Kit.Handler] looks at the last segment of the path alone. Each endpoint is also
// a handler of its own, and each has a door without HTTP.
//
//	POST start       the app's page begins a check     [Kit.Start]   [Kit.Begin]
//	GET|POST return  the vendor's page sends people    [Kit.Return]  [Kit.Accept]
//	GET finish       the same browser, now from here   [Kit.Finish]  [Kit.Reconcile]
//	POST notify      the vendor's server tells         [Kit.Notify]  [Kit.Accept]
//	GET status       the app's page asks               [Kit.Status]  [Kit.Lookup]
//
// # States
//
// A session is one record, moved by compare-and-set alone and only forward:
//
//	created ──> started ──> pending ──> recorded ──> delivered ──> scrubbed ──> gone
//	   │                                 │    ^          │
//	   └──> start_failed                 └──> dead       └─ a revision: recorded again
//
// It is created before the vendor is called, so that an answer lost on the way
// orphans nobody. A verdict exists only after an authenticated statement of the
// vendor; where the vendor has none to give any more, the kit itself ends the session
// as [Review] or [Expired], with [CarrierNone] and a reason. The same verdict again
// changes nothing. A different one is a new revision, [Review], because neither is
// believed.
//
// # Delivery
//
// Recorded first, acknowledged second, delivered third. The promise: at most one
// hook runs at a time for a session; after one success it does not run again; a
// crash between the hook's success and its mark can run it once more, with the same
// key. A store that is away for longer than the hook's lease counts as a crash. With
// a store in the app's own SQL database (package sqlstore) the hook can write in the
// very transaction of the mark; then even that crash cannot double its effect. A
// hook that fails is tried again by [Kit.Run] with growing pauses and is parked as
// dead in the end: visible, and delivered again by [Kit.Replay].
//
// # Operators
//
// [Kit.Health] and [Kit.Doctor] tell how the kit does and what its surroundings get
// wrong, as values and as [Kit.HealthHandler] and [Kit.DoctorHandler].
// [Kit.DeadLetters] lists what is parked as dead; [Kit.Restore] puts back what a store
// has lost. None is under [Kit.Handler].
//
// # Formats
//
// Every stored record has a version. A process refuses one that it does not know and
// leaves the record as it is, so that old and new processes can share a store while
// a deploy rolls.
//
// # Hooks
//
//   - [Options.Identify] says who is signed in. It reads the request and answers fast:
//     start, finish and status call it.
//   - [Options.Prepare] turns the app's form into parameters. It may read the body,
//     and refuse with an [*Error] that a person can mend.
//   - [Options.OnResult] changes the app's own state, under [Result.Key] as its
//     idempotency key. It may take its time, up to HookTimeout, and must heed its
//     context.
//   - [Options.OnReturn] and [Options.OnError] write answers. They change no state.
//   - [Options.OnEvent] counts and alarms. It must return at once.
//
// A hook may panic: the value, which may be personal, is shown nowhere.
//
// # Privacy
//
// What must not be seen by accident is [Private] or [PrivateBytes], in errors,
// events, logs and printed structs alike. A stored session holds no name, ID number
// or picture; pictures are sealed until they are delivered.
//
// Everything stored has an end: a session lives for the vendor's retention and KeepFor
// after it, its subject's list for the longer of KeepFor and AttemptWindow, an orphan
// for a day, pictures until OnResult has had them and for KeepFor at most, a dead
// letter as long as its session. After that no store gives a record out any more.
// Backups, snapshots and replication logs of an engine know nothing of these ends:
// keep them no longer than KeepFor. What is sealed in an older one can no longer be
// read once its key is destroyed.
package handlers
