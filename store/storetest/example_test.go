package storetest_test

import (
	"context"
	"fmt"
	"time"

	"github.com/facegate/facegate/store"
	"github.com/facegate/facegate/store/storetest"
)

func ExampleFaulty() {
	faulty := &storetest.Faulty{Base: store.NewMemory()}
	ctx := context.Background()
	rec := store.Record{Key: "session:1", Value: []byte("pending"), TTL: time.Hour}

	faulty.Break(storetest.Fault{Kind: storetest.Lost, Method: "Put"})
	_, err := faulty.Put(ctx, rec)
	fmt.Println("the answer:", err)

	// Nobody can tell whether it happened, but compare-and-set.
	_, err = faulty.Put(ctx, rec)
	fmt.Println("a retry:", err)
	// Output:
	// the answer: storetest: fault
	// a retry: store: version conflict
}
