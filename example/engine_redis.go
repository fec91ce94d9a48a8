package main

import (
	"context"
	"net/url"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/facegate/facegate/store/redisstore"
)

// redisPrefix begins the names of all keys.
const redisPrefix = "facegate-example"

// redisAt reads the URL of a single server.
func redisAt(at *url.URL) (opener, error) {
	options, err := redis.ParseURL(at.String())
	if err != nil {
		return nil, errStoreForm
	}
	options.ContextTimeoutEnabled = true
	return func(ctx context.Context) (engine, error) { return openRedis(ctx, redis.NewClient(options)) }, nil
}

// clusterAt reads the URL of one node of a Redis Cluster, which leads to the others;
// ?addr=HOST:PORT names more of them.
func clusterAt(at *url.URL) (opener, error) {
	plain := *at
	plain.Scheme = strings.TrimSuffix(at.Scheme, "+cluster")
	options, err := redis.ParseClusterURL(plain.String())
	if err != nil {
		return nil, errStoreForm
	}
	options.ContextTimeoutEnabled = true
	return func(ctx context.Context) (engine, error) { return openRedis(ctx, redis.NewClusterClient(options)) }, nil
}

func openRedis(ctx context.Context, client redis.UniversalClient) (engine, error) {
	records, err := redisstore.New(client, redisstore.Options{Prefix: redisPrefix})
	if err != nil {
		return engine{}, err
	}
	e := engine{records: records, ledger: redisLedger{client}, close: client.Close}
	return prepared(ctx, e, records.Check)
}
