-- One breaker of the fleet: takes a process's report, decides, answers. The key holds the whole state, so that a
-- missing key is written anew by whoever comes first, and no two decisions are made from the same state.
local SILENT_MS, KEPT_SECONDS = 5000, 86400
local report = cjson.decode(ARGV[1])
local rules = report.rules
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local raw = redis.call('GET', KEYS[1])
local fleet = raw and cjson.decode(raw)
if not fleet or report.stamp > fleet.stamp then
  fleet = {
    stamp = report.stamp, state = report.state, openings = report.openings, reason = report.reason,
    ['until'] = now + report.remaining_ms, successes = 0, issued = 0, permits = {},
    processes = fleet and fleet.processes or {},
  }
end
local is_new = false

local function move(state, reason)
  fleet.stamp, fleet.state, fleet.reason = fleet.stamp + 1, state, reason
  fleet.successes, fleet.permits, is_new = 0, {}, true
end

local function open(reason)
  fleet.openings = fleet.openings + 1
  local grown = rules.recovery_ms * rules.growth ^ math.min(fleet.openings - 1, 64)
  fleet['until'] = now + math.floor(math.min(grown, rules.limit_ms) * report.pause_factor)
  move('open', reason)
end

local function close(reason)
  fleet.openings = 0
  for _, process in pairs(fleet.processes) do
    process.calls, process.failures, process.slow, process.is_tripped = 0, 0, 0, false
  end
  move('closed', reason)
end

-- Evidence; that of a process which has not heard of the last decision yet belongs to what was decided.
local follows = report.stamp == fleet.stamp
fleet.processes[report.origin] = {
  at = now, view = report.view,
  calls = follows and report.calls or 0, failures = follows and report.failures or 0,
  slow = follows and report.slow or 0, is_tripped = follows and report.is_tripped,
}
local live, callers, tripped, calls, failures, slow = 0, 0, 0, 0, 0, 0
for origin, process in pairs(fleet.processes) do
  if now - process.at > SILENT_MS then
    fleet.processes[origin] = nil
  else
    live = live + 1
    callers = callers + (process.calls > 0 and 1 or 0)
    tripped = tripped + (process.is_tripped and 1 or 0)
    calls, failures, slow = calls + process.calls, failures + process.failures, slow + process.slow
  end
end

-- What probes brought.
for _, probe in ipairs(report.settled) do
  local permit = fleet.state == 'half-open' and fleet.permits[probe[1]]
  if permit and permit.deadline > now then
    fleet.permits[probe[1]] = nil
    if probe[2] == 'good' then
      fleet.successes = fleet.successes + 1
      if fleet.successes >= rules.quota then close('the probes succeeded') end
    elseif probe[2] == 'bad' then
      open('a probe failed')
    end
  end
end

-- Whether enough of the fleet saw enough.
local quorum = math.min(2, live)
local function is_over(count, rate) return rate > 0 and count > 0 and count >= rate * calls end
local has_evidence = callers >= quorum and calls >= rules.minimum_calls
  and (is_over(failures, rules.failure_rate) or is_over(slow, rules.slow_rate))
if fleet.state == 'closed' and not is_new and tripped > 0 and (tripped >= quorum or has_evidence) then
  open(report.is_tripped and report.reason or tripped .. ' of ' .. live .. ' processes opened')
end

-- Permits.
local granted = {}
if fleet.state == 'open' and now >= fleet['until'] and report.wanted > 0 then
  move('half-open', 'the recovery time is over')
end
if fleet.state == 'half-open' then
  local out = 0
  for number, permit in pairs(fleet.permits) do
    if permit.deadline <= now then fleet.permits[number] = nil else out = out + 1 end
  end
  -- One more in any case: staff may ask for fewer successes than there were already.
  local free = math.min(rules.probes, math.max(1, rules.quota - fleet.successes)) - out
  for _ = 1, math.min(free, report.wanted) do
    fleet.issued = fleet.issued + 1
    local number = fleet.stamp .. '.' .. now .. '.' .. fleet.issued
    fleet.permits[number] = {holder = report.origin, deadline = now + rules.probe_ms}
    granted[#granted + 1] = number
  end
end

redis.call('SET', KEYS[1], cjson.encode(fleet), 'EX', KEPT_SECONDS)
return cjson.encode({
  stamp = fleet.stamp, state = fleet.state, openings = fleet.openings, reason = fleet.reason, is_new = is_new,
  remaining_ms = math.max(0, fleet['until'] - now), granted = granted, permit_ms = rules.probe_ms,
})
