package redisstore

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"sync"

	"github.com/redis/go-redis/v9"

	"github.com/facegate/facegate/store"
)

var _ store.Diagnoser = (*Store)(nil)

// Diagnose implements [store.Diagnoser]. It asks for the eviction policy, for what is
// written to disk and when and, where there are replicas, for what a failover can
// lose; in a Cluster it asks every primary. A setting that the server does not tell,
// because the user may use neither INFO nor CONFIG GET, is found with an empty value.
//
// It fails with [ErrLayout] where this store would not find its records, with the
// context's error, and with what the network or the server reports.
func (s *Store) Diagnose(ctx context.Context) ([]store.Finding, error) {
	answers, err := s.within(ctx, func(ctx context.Context) ([]any, error) {
		stored, err := s.client.Get(ctx, s.layout.key()).Result()
		if err != nil && !errors.Is(err, redis.Nil) { // nil: nobody has used the prefix
			return nil, err
		}
		told, err := askPrimaries(ctx, s.client)
		return append([]any{stored}, told...), err
	})
	if err != nil {
		return nil, err
	}
	if stored := answers[0]; stored != "" && stored != s.layout.String() {
		return nil, ErrLayout
	}
	var found []store.Finding
	for _, told := range answers[1:] {
		found = append(found, told.(settings).findings()...)
	}
	slices.SortStableFunc(found, func(a, b store.Finding) int {
		return cmp.Or(cmp.Compare(a.Setting, b.Setting), cmp.Compare(a.Value, b.Value), cmp.Compare(a.Risk, b.Risk))
	})
	return slices.Compact(found), nil // nodes of a cluster are mostly set alike
}

// settings are one primary's, by the names that CONFIG GET has for them, or else INFO.
// What the server does not tell is left out.
type settings map[string]string

// askPrimaries asks every primary behind the client.
func askPrimaries(ctx context.Context, client redis.UniversalClient) ([]any, error) {
	cluster, ok := client.(*redis.ClusterClient)
	if !ok {
		told, err := ask(ctx, client)
		return []any{told}, err
	}
	var mu sync.Mutex
	var all []any
	err := cluster.ForEachMaster(ctx, func(ctx context.Context, primary *redis.Client) error {
		told, err := ask(ctx, primary)
		mu.Lock()
		defer mu.Unlock()
		all = append(all, told)
		return err
	})
	return all, err
}

// ask reads INFO, which most users may see, and CONFIG, which hosted servers often
// forbid and which tells more.
func ask(ctx context.Context, server redis.Cmdable) (settings, error) {
	info, err := server.Info(ctx).Result()
	if err != nil && !isRefusal(err) {
		return nil, err
	}
	told := settings{}
	for line := range strings.Lines(info) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		switch name {
		case "maxmemory_policy":
			told["maxmemory-policy"] = value
		case "aof_enabled":
			told["appendonly"] = map[string]string{"0": "no", "1": "yes"}[value]
		case "aof_last_write_status", "connected_slaves":
			told[name] = value
		}
	}
	for _, name := range []string{"maxmemory-policy", "appendonly", "appendfsync", "save", "min-replicas-to-write"} {
		config, err := server.ConfigGet(ctx, name).Result()
		if err != nil && !isRefusal(err) {
			return nil, err
		}
		if value, ok := config[name]; ok {
			told[name] = value
		}
	}
	return told, nil
}

// isRefusal reports whether the server answers that it does not tell.
func isRefusal(err error) bool {
	var refusal redis.Error
	return errors.As(err, &refusal)
}

// findings judges the settings.
func (told settings) findings() []store.Finding {
	var found []store.Finding
	find := func(setting, risk string) {
		found = append(found, store.Finding{Setting: setting, Value: told[setting], Risk: risk})
	}
	if told["maxmemory-policy"] != "noeviction" {
		find("maxmemory-policy", "under any policy but noeviction a full server throws records away before their time")
	}
	if setting, risk := told.crash(); risk != "" {
		find(setting, risk)
	}
	if told["aof_last_write_status"] == "err" {
		find("aof_last_write_status", "the server cannot write its append-only file; look at its disk")
	}
	alone := told["connected_slaves"] == "" || told["connected_slaves"] == "0"
	if least := told["min-replicas-to-write"]; !alone && (least == "" || least == "0") {
		find("min-replicas-to-write", "unless it is 1 or more, a primary that was cut off acknowledges writes that a failover discards")
	}
	return found
}

// crash returns the setting that decides what a crash loses, and what that is; no risk
// where it is nothing.
func (told settings) crash() (setting, risk string) {
	save, known := told["save"]
	switch {
	case told["appendonly"] == "no" && known && save == "":
		return "appendonly", "without snapshots either, a server that restarts starts empty"
	case told["appendonly"] != "yes":
		return "appendonly", "unless it is yes, a crash of the server loses what was written since its last snapshot"
	case told["appendfsync"] == "no":
		return "appendfsync", "a crash of the machine loses what the system had not written to disk, half a minute as a rule"
	case told["appendfsync"] != "always":
		return "appendfsync", "unless it is always, a crash of the machine loses about the last second"
	}
	return "", ""
}
