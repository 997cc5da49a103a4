-- Reads what is exhausted and what waits for it.
--
-- keys[1]  key prefix of the namespace and cell
-- Returns  packed { exhausted = list of entries with in_force = list of actions, queued_jobs, queued_count, held_jobs }
-- Writes   nothing

local ACTIONS = { 'PAUSE_SCHEDULING', 'QUEUE_ALL', 'REJECT_LOW_PRIORITY' }
local JOBS_NAMED = 100
local LANES_COUNTED = 10000

local function mark_in_force()
  local entries = exhaustion.entries()
  for _, entry in ipairs(entries) do
    entry.in_force = {}
  end
  for _, action in ipairs(ACTIONS) do
    for _, entry in ipairs(exhaustion.calling_for(action)) do
      entry.in_force[#entry.in_force + 1] = action
    end
  end
  return entries
end

-- What only wants room stands in `ready`; what meets a limit of its own is parked there.
local function count_queued()
  local jobs, named, count = {}, {}, 0
  for _, lane in ipairs(redis.call('ZRANGE', key('ready'), 0, LANES_COUNTED - 1)) do
    local job_id = string.match(lane, '|([^|]*)$')
    count = count + redis.call('ZCARD', key('lane:' .. lane))
    if not named[job_id] and #jobs < JOBS_NAMED then jobs[#jobs + 1] = job_id end
    named[job_id] = true
  end
  return jobs, count
end

local function name_held()
  local jobs = {}
  for _, schedule_id in ipairs(redis.call('ZRANGE', key('schedules_held'), 0, JOBS_NAMED - 1)) do
    jobs[#jobs + 1] = redis.call('HGET', key('schedule:' .. schedule_id), 'job_id') or nil
  end
  return jobs
end

function functions.read_exhaustion()
  local exhausted = mark_in_force()
  if #exhausted == 0 then return cmsgpack.pack({ exhausted = {}, queued_jobs = {}, queued_count = 0, held_jobs = {} }) end
  local jobs, count = count_queued()
  return cmsgpack.pack({ exhausted = exhausted, queued_jobs = jobs, queued_count = count, held_jobs = name_held() })
end
