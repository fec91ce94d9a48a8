-- KEYS: record. Returns {} or {record, milliseconds left}.
local stored = redis.call('GET', KEYS[1])
if not stored then
  return {}
end
return {stored, redis.call('PTTL', KEYS[1])}
