-- One token of a bucket that is known by the time it will be full again (microseconds of the store's clock).
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local step, size = tonumber(ARGV[1]), tonumber(ARGV[2]) -- microseconds per token, microseconds of a full bucket
local full = math.max(tonumber(redis.call('GET', KEYS[1]) or 0), now)
local wait = full + step - now - size
if wait > 0 then
  return {0, math.ceil(wait), full - now}
end
full = full + step
redis.call('SET', KEYS[1], string.format('%.0f', full), 'PX', math.ceil((full - now) / 1000) + 1000)
return {1, 0, full - now}
