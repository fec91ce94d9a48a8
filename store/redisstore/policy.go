package redisstore

import (
	"context"
	"strings"
	"sync"

	"github.com/redis/go-redis/v9"
)

// NoEviction is the maxmemory-policy under which Redis never throws records away
// before their time.
const NoEviction = "noeviction"

// EvictionPolicy returns the server's maxmemory-policy, for a check at start-up:
// under any but [NoEviction] a full server may lose records. In a Cluster it asks
// every primary and returns one that differs, if any does. It is empty where the
// server does not tell. It fails with the context's error and what the network
// or the server reports.
func (s *Store) EvictionPolicy(ctx context.Context) (string, error) {
	replies, err := s.within(ctx, func(ctx context.Context) ([]any, error) {
		return evictionPolicies(ctx, s.client)
	})
	if err != nil {
		return "", err
	}
	for _, reply := range replies {
		if policy, _ := reply.(string); policy != NoEviction {
			return policy, nil
		}
	}
	return NoEviction, nil
}

// evictionPolicies asks every primary behind the client.
func evictionPolicies(ctx context.Context, client redis.UniversalClient) ([]any, error) {
	cluster, ok := client.(*redis.ClusterClient)
	if !ok {
		policy, err := evictionPolicy(ctx, client)
		return []any{policy}, err
	}
	var mu sync.Mutex
	var policies []any
	err := cluster.ForEachMaster(ctx, func(ctx context.Context, primary *redis.Client) error {
		policy, err := evictionPolicy(ctx, primary)
		mu.Lock()
		defer mu.Unlock()
		policies = append(policies, policy)
		return err
	})
	return policies, err
}

func evictionPolicy(ctx context.Context, server redis.Cmdable) (string, error) {
	info, err := server.Info(ctx, "memory").Result()
	if err != nil {
		return "", err
	}
	_, policy, _ := strings.Cut(info, "maxmemory_policy:")
	policy, _, _ = strings.Cut(policy, "\r\n")
	return policy, nil
}
