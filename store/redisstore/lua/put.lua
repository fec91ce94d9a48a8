-- ARGV: key, expected version, writer, life in ms, due moment in ms or '-', value,
-- sweep limit. Returns the new version, 0 for a conflict, -1 for a record that is
-- not ours.
local version, writer = head()
if not version then
  return -1
end
if writer == ARGV[3] then
  return tonumber(version) -- the client repeats a call whose answer was lost
end
if version == '' then
  version = '0'
end
if version ~= ARGV[2] then
  return 0
end

-- Versions follow the clock, so that a server that lost its data gives none
-- twice; the stored last one covers a clock that goes back.
local now = clock()
local last = tonumber(redis.call('GET', KEYS[4]) or '0')
local new = math.max(now, last + 1)
-- SET comes first: it is what a full server refuses, before anything has changed.
redis.call('SET', KEYS[4], whole(new))
redis.call('SET', KEYS[3], '1 ' .. whole(new) .. ' ' .. ARGV[5] .. ' ' .. ARGV[3] .. '\n' .. ARGV[6])
local ends = whole(millis(now) + ARGV[4])
redis.call('PEXPIREAT', KEYS[3], ends)
if ARGV[5] == '-' then
  redis.call('ZREM', KEYS[1], ARGV[1])
  redis.call('ZREM', KEYS[2], ARGV[1])
else
  redis.call('ZADD', KEYS[1], ARGV[5], ARGV[1])
  redis.call('ZADD', KEYS[2], ends, ARGV[1])
end
sweep(now, ARGV[7])
return new
