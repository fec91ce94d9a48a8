package redisstore

import (
	"context"
	_ "embed" // the scripts

	"github.com/redis/go-redis/v9"
)

var (
	//go:embed lua/shard.lua
	shardLua string
	//go:embed lua/get.lua
	getLua string
	//go:embed lua/put.lua
	putLua string
	//go:embed lua/delete.lua
	deleteLua string
	//go:embed lua/due.lua
	dueLua string
	//go:embed lua/layout.lua
	layoutLua string
)

// scripts are one per method, and one that looks after the layout.
type scripts struct {
	get, put, delete, due, layout *redis.Script
}

func newScripts() scripts {
	return scripts{
		get:    redis.NewScript(getLua),
		put:    redis.NewScript(shardLua + putLua),
		delete: redis.NewScript(shardLua + deleteLua),
		due:    redis.NewScript(shardLua + dueLua),
		layout: redis.NewScript(layoutLua),
	}
}

// call is one run of a script.
//
// Scripts run by EVALSHA, never by EVALSHA_RO: a client that may read from
// replicas would send the latter to one.
type call struct {
	script *redis.Script
	keys   []string
	args   []any
}

// send makes the calls in one round trip, and a second one for scripts that the
// server does not know yet.
func send(ctx context.Context, client redis.UniversalClient, calls []call) ([]any, error) {
	if len(calls) == 1 {
		reply, err := calls[0].script.Run(ctx, client, calls[0].keys, calls[0].args...).Result()
		return []any{reply}, err
	}
	commands := make([]*redis.Cmd, len(calls))
	var unknown []int
	_, err := client.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		for i, c := range calls {
			commands[i] = c.script.EvalSha(ctx, pipe, c.keys, c.args...)
		}
		return nil
	})
	if err != nil {
		for i := range commands {
			if redis.HasErrorPrefix(commands[i].Err(), "NOSCRIPT") {
				unknown = append(unknown, i)
			}
		}
	}
	if len(unknown) > 0 {
		_, _ = client.Pipelined(ctx, func(pipe redis.Pipeliner) error {
			for _, i := range unknown {
				commands[i] = calls[i].script.Eval(ctx, pipe, calls[i].keys, calls[i].args...)
			}
			return nil
		})
	}
	replies := make([]any, len(calls))
	for i, command := range commands {
		if replies[i], err = command.Result(); err != nil {
			return nil, err
		}
	}
	return replies, nil
}
