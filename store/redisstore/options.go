package redisstore

import (
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	// DefaultShards is the number of shards where [Options.Shards] is zero.
	DefaultShards = 64

	// DefaultTimeout bounds a call where [Options.Timeout] is zero.
	DefaultTimeout = 2 * time.Second

	// maxShards keeps Due, which asks every shard, within one sensible round trip.
	maxShards = 1024

	maxPrefixLen = 64
)

// Options are what [New] needs besides a client.
type Options struct {
	// Prefix keeps apart the apps that share a server: 1 to 64 letters, digits,
	// dots, hyphens and underscores. Stores with the same prefix share their
	// records; anybody who changes it starts with none. Required.
	Prefix string

	// Shards is the number of hash slots that records are spread over, 1 to 1024.
	// Default 64, which serves a cluster of a dozen nodes; 1 is enough for a single
	// server. It is stored with the first use of a prefix, and a store with
	// another number is refused with [ErrLayout].
	Shards int

	// Timeout bounds each call whose context ends later or never. Default 2 s.
	// Raise it for a server that is far away.
	Timeout time.Duration
}

// New returns a store on client, which stays the caller's to close. It sends
// nothing: a process may start while the server is down. Use [Store.Check] to
// find out at once.
//
// It fails if client is nil or a Ring, which spreads keys by the nodes that
// happen to be up, or if options are out of range; the error names each of them.
func New(client redis.UniversalClient, opts Options) (*Store, error) {
	if opts.Shards == 0 {
		opts.Shards = DefaultShards
	}
	if opts.Timeout == 0 {
		opts.Timeout = DefaultTimeout
	}
	if err := errors.Join(checkClient(client), opts.check()); err != nil {
		return nil, err
	}
	return &Store{
		client:  client,
		scripts: newScripts(),
		timeout: opts.Timeout,
		layout:  newLayout(opts.Prefix, opts.Shards),
	}, nil
}

func checkClient(client redis.UniversalClient) error {
	if client == nil {
		return errors.New("redisstore: the client is nil")
	}
	if _, ring := client.(*redis.Ring); ring {
		return errors.New("redisstore: a Ring moves keys when a node fails; use a single server, Sentinel or Cluster")
	}
	return nil
}

// check returns an error that names every option out of range.
func (o Options) check() error {
	var errs []error
	if !validPrefix(o.Prefix) {
		errs = append(errs, fmt.Errorf("redisstore: Options.Prefix is not 1 to %d of A-Z a-z 0-9 . _ -", maxPrefixLen))
	}
	if o.Shards < 1 || o.Shards > maxShards {
		errs = append(errs, fmt.Errorf("redisstore: Options.Shards is not 1 to %d", maxShards))
	}
	if o.Timeout < 0 {
		errs = append(errs, errors.New("redisstore: Options.Timeout is negative"))
	}
	return errors.Join(errs...)
}

// validPrefix leaves out braces and the colon, which delimit the hash tag.
func validPrefix(prefix string) bool {
	if prefix == "" || len(prefix) > maxPrefixLen {
		return false
	}
	for _, c := range []byte(prefix) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		case c == '.', c == '_', c == '-':
		default:
			return false
		}
	}
	return true
}
