-- Reads what is exhausted and what waits for it.
--
-- keys[1]  key prefix of the namespace and cell
-- Returns  packed { exhausted = list of entries with in_force = list of actions, queued_jobs, queued_count, held_jobs }
-- Writes   nothing

local ACTIONS = { 'PAUSE_SCHEDULING', 'QUEUE_ALL', 'REJECT_LOW_PRIORITY' }
local JOBS_NAMED = 100
local LANES_READ = 1000

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

-- Of what wants nothing but room: what meets a limit of its own is parked there.
local function name_queued()
  local jobs, named = {}, {}
  for _, lane in ipairs(redis.call('ZRANGE', key('ready'), 0, LANES_READ - 1)) do
    local job_id = string.match(lane, '|([^|]*)$')
    if not named[job_id] and #jobs < JOBS_NAMED then jobs[#jobs + 1] = job_id end
    named[job_id] = true
  end
  return jobs
end

-- All that is open but what is PENDING, and what has its slots.
local function count_queued()
  return redis.call('ZCARD', key('active')) - redis.call('ZCARD', key('status:PENDING')) - redis.call('SCARD', key('slots:global'))
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
  return cmsgpack.pack({
    exhausted = exhausted, queued_jobs = name_queued(), queued_count = count_queued(), held_jobs = name_held(),
  })
end
