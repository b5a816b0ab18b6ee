"""What happens in Redis in one step. All keys of a flight carry its digest as hash tag: one slot of a cluster."""

CLAIM = """
local holder = redis.call('HGET', KEYS[1], 'token')
if holder then
  redis.call('HINCRBY', KEYS[1], 'waiters', 1)
  return {'busy', holder, redis.call('PTTL', KEYS[1])}
end
local kept = redis.call('HMGET', KEYS[2], 'token', 'fresh_until')
if kept[1] then
  local time = redis.call('TIME')
  if ARGV[3] ~= '' or time[1] * 1000 + time[2] / 1000 < tonumber(kept[2]) then
    return {'result', kept[1], redis.call('HGET', KEYS[2], 'value')}
  end
  redis.call('DEL', KEYS[2])
end
redis.call('HSET', KEYS[1], 'token', ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return {'led'}
"""

RENEW = """
local holder = redis.call('HGET', KEYS[1], 'token')
if (holder and holder ~= ARGV[1]) or redis.call('SISMEMBER', KEYS[3], ARGV[1]) == 1 then
  return 0
end
redis.call('HSET', KEYS[1], 'token', ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1
"""

PUBLISH = """
local lease = redis.call('HMGET', KEYS[1], 'token', 'waiters')
if lease[1] ~= ARGV[1] then
  return -1
end
redis.call('DEL', KEYS[1])
local waiters, window = tonumber(lease[2] or 0), tonumber(ARGV[4])
if ARGV[2] ~= '' and (waiters > 0 or window > 0) then
  local time = redis.call('TIME')
  local fresh_until = time[1] * 1000 + time[2] / 1000 + window
  redis.call('HSET', KEYS[2], 'token', ARGV[1], 'value', ARGV[2], 'fresh_until', fresh_until)
  redis.call('PEXPIRE', KEYS[2], ARGV[3])
end
return waiters
"""

APPEND = """
local lease = redis.call('HMGET', KEYS[1], 'token', 'waiters')
if lease[1] ~= ARGV[1] or redis.call('LLEN', KEYS[4]) ~= tonumber(ARGV[3]) then
  return -1
end
redis.call('RPUSH', KEYS[4], unpack(ARGV, 4))
redis.call('PEXPIRE', KEYS[4], ARGV[2])
return tonumber(lease[2] or 0)
"""

FORGET = """
local holder = redis.call('HGET', KEYS[1], 'token')
if holder then
  if redis.call('SCARD', KEYS[3]) > 100 then
    redis.call('DEL', KEYS[3])
  end
  redis.call('SADD', KEYS[3], holder)
  redis.call('PEXPIRE', KEYS[3], ARGV[1])
end
redis.call('DEL', KEYS[1], KEYS[2])
return holder and 1 or 0
"""

DISCARD = """
if redis.call('HGET', KEYS[2], 'token') == ARGV[1] then
  return redis.call('DEL', KEYS[2])
end
return 0
"""
