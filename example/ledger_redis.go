package main

import (
	"context"

	"github.com/go-json-experiment/json"
	"github.com/redis/go-redis/v9"

	"github.com/facegate/facegate/handlers"
)

// redisLedger keeps a hash per subject, with a field per key. Redis cannot write it
// together with the kit's mark, so only the key makes the effect once: HSETNX leaves
// a field alone that is there.
type redisLedger struct{ client redis.UniversalClient }

func (redisLedger) hash(subject string) string { return redisPrefix + ":ledger:" + subject }

func (l redisLedger) write(ctx context.Context, r handlers.Result) error {
	line, err := json.Marshal(entryOf(r))
	if err != nil {
		return err
	}
	return l.client.HSetNX(ctx, l.hash(r.Subject), r.Key, line).Err()
}

func (l redisLedger) of(ctx context.Context, subject string) ([]entry, error) {
	lines, err := l.client.HVals(ctx, l.hash(subject)).Result()
	if err != nil {
		return nil, err
	}
	entries := make([]entry, len(lines))
	for i, line := range lines {
		if err := json.Unmarshal([]byte(line), &entries[i]); err != nil {
			return nil, err
		}
	}
	return entries, nil
}
