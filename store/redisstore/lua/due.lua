-- ARGV: moment in ms, limit, sweep limit. Returns {1} if more expired keys than
-- that may be left, which must go before the set can be read; else {0, {key,
-- moment, ...}}.
if sweep(clock(), ARGV[3]) == tonumber(ARGV[3]) then
  return {1}
end
return {0, redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'WITHSCORES', 'LIMIT', 0, ARGV[2])}
