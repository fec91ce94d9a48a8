package handlers

import "github.com/facegate/facegate/store"

// engineOf looks for what an engine can do besides [store.Store], such as
// transactions, below the decorators of a store. They have an Unwrap method, and pass
// contexts on.
func engineOf[T any](s store.Store) (able T, ok bool) {
	for {
		if able, ok = s.(T); ok {
			return able, true
		}
		decorator, decorated := s.(interface{ Unwrap() store.Store })
		if !decorated {
			return able, false
		}
		s = decorator.Unwrap()
	}
}
