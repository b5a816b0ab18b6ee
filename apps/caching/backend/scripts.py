"""What happens to cells in Redis in one step.

Keys: epoch, generation, cells. The first argument is a random word, for an epoch or a generation that is missing. A
number of milliseconds that is empty means for ever.
"""

from apps.caching.stores.scripts import EPOCH

_HEAD = f"""
local function begun()
{EPOCH}
end
local generation = redis.call('GET', KEYS[2])
if not generation or string.find(generation, '|', 1, true) then
  generation = ARGV[1]
  redis.call('SET', KEYS[2], generation)
end
local head = generation .. ';' .. (redis.call('GET', KEYS[1]) or begun()) .. ';'
local function current(key)
  local found = redis.call('GET', key)
  return found and string.sub(found, 1, #head) == head and found
end
local function keep(key, frame, milliseconds)
  if milliseconds == '' then
    redis.call('SET', key, head .. frame)
  else
    redis.call('SET', key, head .. frame, 'PX', milliseconds)
  end
end
"""

# Arguments: milliseconds, a frame per cell.
WRITE = (
    _HEAD
    + """
for i = 3, #KEYS do
  keep(KEYS[i], ARGV[i], ARGV[2])
end
return 1
"""
)

# Arguments: milliseconds, the frame.
ADD = (
    _HEAD
    + """
if current(KEYS[3]) then
  return 0
end
keep(KEYS[3], ARGV[3], ARGV[2])
return 1
"""
)

# Arguments: the frame that is expected, the one in its place. The life goes on.
SWAP = (
    _HEAD
    + """
if redis.call('GET', KEYS[3]) ~= head .. ARGV[2] then
  return 0
end
redis.call('SET', KEYS[3], head .. ARGV[3], 'KEEPTTL')
return 1
"""
)

# Arguments: milliseconds.
TOUCH = (
    _HEAD
    + """
if not current(KEYS[3]) then
  return 0
end
if ARGV[2] == '' then
  redis.call('PERSIST', KEYS[3])
else
  redis.call('PEXPIRE', KEYS[3], ARGV[2])
end
return 1
"""
)

DELETE = (
    _HEAD
    + """
local count = 0
for i = 3, #KEYS do
  count = count + (current(KEYS[i]) and 1 or 0)
  redis.call('UNLINK', KEYS[i])
end
return count
"""
)
