-- ARGV: key, expected version, sweep limit. Returns 1, 0 for a conflict, -1 for a
-- record that is not ours.
local version = head()
if not version then
  return -1
end
if version ~= '' then
  if version ~= ARGV[2] then
    return 0
  end
  redis.call('DEL', KEYS[3])
  redis.call('ZREM', KEYS[1], ARGV[1])
  redis.call('ZREM', KEYS[2], ARGV[1])
end
sweep(clock(), ARGV[3])
return 1
