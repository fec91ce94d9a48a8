// Package redisstore keeps facegate's records in Redis or Valkey, for a fleet of
// processes. It works on one server, behind Sentinel and on Redis Cluster, through
// any [redis.UniversalClient] but a Ring.
//
//	client := redis.NewUniversalClient(&redis.UniversalOptions{
//		Addrs:                 []string{"redis.internal:6379"},
//		ContextTimeoutEnabled: true, // sockets keep to the deadlines of calls, too
//	})
//	records, err := redisstore.New(client, redisstore.Options{Prefix: "shop"})
//
// Every method is one Lua script and one round trip; Due is one pipelined round
// trip. The first call of a process makes one more, which compares the stored
// layout with its own. The server needs Lua scripts that replicate by their
// effects, the default since Redis 5.
//
// # What is promised, and by which setting
//
// Compare-and-set holds on one primary, always: scripts run one at a time. What
// the primary forgets is another matter, and Redis forgets by its settings:
//
//   - appendonly yes with appendfsync always: an acknowledged write survives a
//     crash of the process and of the machine.
//   - appendonly yes with appendfsync everysec, the usual choice: it survives a
//     crash of the process, unless the disk was so busy that Redis put a write off,
//     for two seconds at most; a crash of the machine loses about the last second.
//   - snapshots only: a crash loses what was written since the last one.
//   - neither: a restart starts empty.
//   - a failover to a replica, by Sentinel or in a Cluster: replication is
//     asynchronous, so what had not reached the replica is lost. A primary that
//     was cut off goes on acknowledging writes that will be discarded, unless
//     min-replicas-to-write and min-replicas-max-lag stop it.
//
// A loss takes records back to an earlier state or away; it never mixes two. The
// kit then runs a hook a second time with the same key, or asks the vendor again
// within the vendor's retention. Where even that is too much, use sqlstore.
//
// No loss makes a version come twice: versions are microseconds of the server's
// clock, moved on by a counter per shard that never expires, so a server that
// lost the counter goes on above it. That fails only if a clock goes back at the
// very moment the counter is lost.
//
// # Outages
//
// A server that is down or hangs is an error within the call's time, never
// absence and never a conflict. When it is back the store goes on by itself; a
// client that has failed to dial often tries again only once a second.
//
// # Memory
//
// Set maxmemory-policy noeviction. A full server then refuses new writes, which
// fail without a trace; reads, deletes and expiry go on, and room comes back by
// itself. With an allkeys policy the server throws away records before their
// time, the kit reads that as "no such session", and the due index goes on listing
// them until their TTL ends.
//
// [Store.Diagnose], which the kit's Doctor asks, tells which of these settings put
// something at risk.
//
// # Time
//
// TTLs are measured by the clock of the server that holds the shard. Processes
// may disagree about the time; a server whose clock jumps ends or prolongs lives.
// Due moments are kept in milliseconds, rounded down.
//
// # Cluster
//
// A record, its shard's due index and its version counter share the hash tag
// {prefix:NN}, so each script stays in one slot. More shards spread the load over
// more nodes and make Due longer; the number can never be changed for a prefix
// that is in use. While a slot is being moved to another node a call can fail
// with TRYAGAIN; the client repeats it, then the caller. Reads go to primaries
// even if the client allows replicas, because a stale record helps nobody.
//
// # Access
//
// A user with access to the keys {prefix:* and {prefix}* needs the commands EVAL,
// EVALSHA, TIME, GET, SET, GETRANGE, EXISTS, DEL, PTTL, PEXPIREAT, ZADD, ZREM and
// ZRANGEBYSCORE, and INFO and CONFIG GET for [Store.Diagnose], which says what it
// cannot tell without them. Values are stored as they are; wrap the store in
// [store.Seal] to encrypt them.
package redisstore
