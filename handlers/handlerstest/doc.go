// Package handlerstest has helpers for an app's own tests of the kit.
//
// A [Transport] spoils calls to a vendor: the n-th, or some in a row. [InProcess]
// makes calls without a network, so that a test can run in a bubble of
// testing/synctest, where a day passes at once. Together with package sandbox they
// show what becomes of a session when any one of its calls goes wrong:
//
//	fake := sandbox.NewBaidu(sandbox.BaiduConfig{AllowAnyHost: true})
//	line := &handlerstest.Transport{Base: handlerstest.InProcess(fake)}
//	vendor, err := baidu.New(baidu.Config{HTTPClient: &http.Client{Transport: line}, ...})
//	...
//	for n := 1; ; n++ {
//		line.Break(handlerstest.Fault{Kind: handlerstest.Lost, Nth: n})
//		...
//		if line.Spoilt() == 0 {
//			break // there are fewer calls than n
//		}
//	}
//
// The package does not import testing.
package handlerstest
