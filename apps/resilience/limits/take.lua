-- Tokens of a bucket that is known by the time it will be full again (microseconds of the store's clock).
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local step, size = tonumber(ARGV[1]), tonumber(ARGV[2]) -- microseconds per token, microseconds of a full bucket
local most = tonumber(ARGV[3]) -- tokens to take, as many of them as there are; 0 only looks
local alone = tonumber(ARGV[4]) -- microseconds that the caller gave away while it could not ask
local full = math.max(tonumber(redis.call('GET', KEYS[1]) or 0), now + alone)
local there = math.floor((now + size - full) / step + 0.000001)
local taken = math.max(0, math.min(there, most))
full = full + taken * step
if taken > 0 or alone > 0 then
  redis.call('SET', KEYS[1], string.format('%.0f', full), 'PX', math.ceil((full - now) / 1000) + 1000)
end
local wait = there > 0 and 0 or math.max(1, math.ceil(full + step - now - size))
return {taken, wait, full - now}
