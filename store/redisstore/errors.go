package redisstore

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/redis/go-redis/v9"
)

var (
	// ErrLayout says that the records of this prefix were stored with another
	// number of shards or by another format: this store would not find them.
	ErrLayout = errors.New("redisstore: the prefix is in use with another layout")

	// ErrUnreadable says that something is stored where the record should be, but
	// not by this package or by a newer format of it. It is never read as absence
	// and never overwritten.
	ErrUnreadable = errors.New("redisstore: unreadable record")
)

// failure returns what is safe to show of an error from the client. Servers
// and clients quote keys, arguments and replies in theirs, so only what cannot
// hold any of them is kept: context errors, the network's, the code of a
// server's refusal.
func failure(ctx context.Context, err error) error {
	if ended := ctx.Err(); ended != nil {
		return fmt.Errorf("redisstore: no answer: %w", ended)
	}
	var network *net.OpError
	if errors.As(err, &network) {
		return fmt.Errorf("redisstore: %w", network)
	}
	for _, known := range []error{redis.ErrClosed, redis.ErrPoolTimeout, redis.ErrPoolExhausted} {
		if errors.Is(err, known) {
			return fmt.Errorf("redisstore: %w", known)
		}
	}
	var refusal redis.Error
	if errors.As(err, &refusal) {
		return fmt.Errorf("redisstore: the server answers %s", code(refusal.Error()))
	}
	return fmt.Errorf("redisstore: the client fails with %T", err)
}

// code returns the word in capitals that begins a server's error, such as OOM,
// READONLY or NOPERM.
func code(message string) string {
	word, _, _ := strings.Cut(message, " ")
	if word == "" || strings.Trim(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return "an error"
	}
	return word
}
