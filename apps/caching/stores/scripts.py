"""What happens in Redis in one step. All keys of the cache carry one hash tag: one slot of a cluster.

A stamp is a random word. While somebody is about to write it is a list of holders instead, each with the time until
which it counts: `|token:milliseconds|token:milliseconds`.
"""

# Keys: stamps. Arguments: milliseconds to live, one random word per key. Returns the stamps as they are then.
MAKE = """
for i, key in ipairs(KEYS) do
  redis.call('SET', key, ARGV[i + 1], 'NX', 'PX', ARGV[1])
end
return redis.call('MGET', unpack(KEYS))
"""

# Keys: entry, stamps, epoch. Arguments: entry, milliseconds to live, the stamps and the epoch it was loaded under.
FILL = """
for i = 2, #KEYS do
  if redis.call('GET', KEYS[i]) ~= ARGV[i + 1] then
    return 0
  end
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
for i = 2, #KEYS - 1 do
  if redis.call('PTTL', KEYS[i]) < tonumber(ARGV[2]) then
    redis.call('PEXPIRE', KEYS[i], ARGV[2])
  end
end
return 1
"""

_OTHERS = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function others(value)
  local kept, latest = '', 0
  for token, deadline in string.gmatch(value or '', '|([^:|]+):(%d+)') do
    if token ~= ARGV[1] and tonumber(deadline) > now then
      kept = kept .. '|' .. token .. ':' .. deadline
      latest = math.max(latest, tonumber(deadline))
    end
  end
  return kept, latest
end
"""

# Keys: stamps. Arguments: token, milliseconds the hold lasts without a release.
HOLD = (
    _OTHERS
    + """
local mine = now + tonumber(ARGV[2])
for _, key in ipairs(KEYS) do
  local kept, latest = others(redis.call('GET', key))
  kept = kept .. '|' .. ARGV[1] .. ':' .. string.format('%.0f', mine)
  redis.call('SET', key, kept, 'PX', math.max(latest, mine) - now)
end
return 1
"""
)

# Keys: stamps. Arguments: token. Whatever stamp is there does not survive: the token's transaction may be committed.
RELEASE = (
    _OTHERS
    + """
for _, key in ipairs(KEYS) do
  local kept, latest = others(redis.call('GET', key))
  if kept == '' then
    redis.call('DEL', key)
  else
    redis.call('SET', key, kept, 'PX', latest - now)
  end
end
return 1
"""
)

# Keys: epoch. Arguments: a random word. A server that is another one than before begins an epoch of its own.
EPOCH = """
local run = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)')
local epoch = redis.call('GET', KEYS[1])
if not epoch or string.sub(epoch, 1, #run) ~= run then
  epoch = run .. ':' .. ARGV[1]
  redis.call('SET', KEYS[1], epoch)
end
return epoch
"""
