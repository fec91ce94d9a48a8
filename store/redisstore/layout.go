package redisstore

import (
	"fmt"
	"hash/crc32"
)

// format is the number of the way records are stored. It is part of the stored
// layout and the first word of every record.
const format = 1

// layout says where in the server's keyspace things are. A caller's key only ever
// ends a name, behind the hash tag, so it cannot name anything else:
//
//	{prefix}:layout          format and number of shards
//	{prefix:NN}:due          sorted set of keys by due moment
//	{prefix:NN}:expiry       sorted set of the same keys by end of life
//	{prefix:NN}:version      the last version given
//	{prefix:NN}:record:KEY   a record
type layout struct {
	prefix string
	shards []shard
}

// shard names what one hash slot holds besides records.
type shard struct {
	due, expiry, version string
	records              string // what a record's key is appended to
}

func newLayout(prefix string, shards int) layout {
	l := layout{prefix: prefix, shards: make([]shard, shards)}
	for i := range l.shards {
		tag := fmt.Sprintf("{%s:%02d}", prefix, i)
		l.shards[i] = shard{due: tag + ":due", expiry: tag + ":expiry", version: tag + ":version", records: tag + ":record:"}
	}
	return l
}

// of returns the shard of a record's key. The choice is part of the format.
func (l layout) of(key string) shard {
	return l.shards[crc32.ChecksumIEEE([]byte(key))%uint32(len(l.shards))]
}

func (l layout) key() string { return "{" + l.prefix + "}:layout" }

// String is what is stored under key.
func (l layout) String() string { return fmt.Sprintf("%d:%d", format, len(l.shards)) }
