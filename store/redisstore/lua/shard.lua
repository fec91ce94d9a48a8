-- In front of the other scripts. Keys are written as KEYS[n] wherever they are
-- used, because proxies of hosted clusters look for just that:
--   KEYS[1]  sorted set: key by due moment, in milliseconds
--   KEYS[2]  sorted set: the same keys by the end of their life, in milliseconds
--   KEYS[3]  string: the record
--   KEYS[4]  string: the last version given in this shard

-- clock returns the server's time in microseconds.
local function clock()
  local t = redis.call('TIME')
  return t[1] * 1000000 + t[2]
end

local function millis(micros)
  return math.floor(micros / 1000)
end

-- whole writes a number without an exponent.
local function whole(n)
  return string.format('%.0f', n)
end

-- sweep takes up to limit expired keys out of both sets; the server itself has
-- removed their records. It returns how many it took.
local function sweep(now, limit)
  local expired = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', '(' .. whole(millis(now)), 'LIMIT', 0, limit)
  if #expired > 0 then
    redis.call('ZREM', KEYS[1], unpack(expired))
    redis.call('ZREM', KEYS[2], unpack(expired))
  end
  return #expired
end

-- head returns version and writer of the stored record; '' for both if there is
-- none; nil if it is not one of ours.
local function head()
  local stored = redis.call('GETRANGE', KEYS[3], 0, 99)
  if stored == '' then
    return '', ''
  end
  return string.match(stored, '^1 (%d+) %S+ (%w+)\n')
end
