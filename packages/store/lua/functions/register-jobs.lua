-- Registers a set of job definitions, whole or not at all, with their schedules and execution windows.
--
-- keys[1]  key prefix of the namespace and cell
-- args[1]  packed { expected_graph_id?, graph_id, jobs = list of { job_id, revision, max_running?, schedule?, window?, triggers?,
--          each? }, removed = list of
--          job_id, flushes = list of what flush-trigger.lua takes,
--          ends = schedule_id -> instant until which its configuration holds }
--          schedule  { schedule_id, digest, from_ms, next_ms? }; without it the job has none. One whose digest is that of the
--                    schedule registered goes on as it is; else it holds for the fire times after from_ms
--          window    see lib/windows.lua; without it the job has none
--          triggers  list of { trigger_id, digest }: those that are active
--          each      its edges that take each outcome of an upstream, as plans have them
-- args[i+1] the packed registration of jobs[i]: revision, definition, author, time, reason
-- Returns  packed { results = { word, schedule_id, ... }, admitted, more }; word is
--          'REGISTERED';
--          'CONFLICT' when the registered graph is another by now;
--          'UNSETTLED' with the schedules of which a fire time is not settled up to the instant at which they would change, or
--          settled beyond it; without any while a trigger that is changed or taken away holds events
-- Writes   jobs, their revisions and limits, schedules, their ledgers, windows, the graph id; the executions of the flushes

-- The schedules that a command takes out of force, with the reason.
local function schedules_to_close(command)
  local closing = {}
  local function close(job_id, why)
    local schedule_id = redis.call('HGET', key('schedule_of'), job_id)
    if schedule_id then closing[schedule_id] = { job_id = job_id, why = why } end
  end
  for _, job in ipairs(command.jobs) do
    local schedule_id = redis.call('HGET', key('schedule_of'), job.job_id)
    local is_same = job.schedule and schedule_id == job.schedule.schedule_id
      and redis.call('HGET', key('schedule:' .. schedule_id), 'digest') == job.schedule.digest
    job.keeps_schedule = is_same
    if not is_same then close(job.job_id, job.schedule and 'CHANGED' or 'WITHDRAWN') end
  end
  for _, job_id in ipairs(command.removed) do
    close(job_id, 'REMOVED')
  end
  return closing
end

-- The schedules that would change at an instant at which they are not settled.
local function find_unsettled(command, closing)
  local unsettled = {}
  for schedule_id in pairs(closing) do
    local at = command.ends[schedule_id]
    if not at or not tick.is_settled_at(schedule_id, at) then unsettled[#unsettled + 1] = schedule_id end
  end
  for _, job in ipairs(command.jobs) do
    local s = job.schedule
    if s and not job.keeps_schedule and not closing[s.schedule_id] and not tick.is_settled_at(s.schedule_id, s.from_ms) then
      unsettled[#unsettled + 1] = s.schedule_id
    end
  end
  return unsettled
end

-- As many as are settled at once; the rest is found when the command comes again.
local NAMED_AT_ONCE = 1000

local function answer(word, schedule_ids)
  local named = schedule_ids or {}
  reply.results = { word, unpack(named, 1, math.min(#named, NAMED_AT_ONCE)) }
  return cmsgpack.pack(reply)
end

-- concurrency.max_running as a limit of the job, which goes with it.
local function limit_jobs(command)
  local changes = {}
  for _, job in ipairs(command.jobs) do
    changes[#changes + 1] = { 'job:' .. job.job_id, job.max_running or false }
  end
  for _, job_id in ipairs(command.removed) do
    changes[#changes + 1] = { 'job:' .. job_id, false }
  end
  for _, limit in ipairs(limits.set(changes)) do
    admission.limit_changed(limit)
  end
end

local function write_jobs(command, registrations)
  for index, job in ipairs(command.jobs) do
    redis.call('HSET', key('jobs'), job.job_id, registrations[index + 1])
    redis.call('HSET', key('job_revisions:' .. job.job_id), job.revision, registrations[index + 1])
    gate.set_window(job.job_id, job.window)
    outcomes.set_each(job.job_id, job.each or {})
  end
  for _, job_id in ipairs(command.removed) do
    redis.call('HDEL', key('jobs'), job_id)
    gate.set_window(job_id, nil)
    outcomes.set_each(job_id, {})
  end
end

-- A job takes the pauses of its schedule with it, one that was disabled as well.
local function forget_pauses(command)
  local removed = {}
  for _, job_id in ipairs(command.removed) do
    removed[job_id] = true
  end
  for schedule_id in pairs(command.ends) do
    local schedule = key('schedule:' .. schedule_id)
    if removed[redis.call('HGET', schedule, 'job_id')] then redis.call('HDEL', schedule, 'pauses') end
  end
end

-- Every id that is given up is free before any is taken: schedules may change hands within one command.
local function write_schedules(command, closing)
  forget_pauses(command)
  for schedule_id, closed in pairs(closing) do
    tick.close(schedule_id, command.ends[schedule_id], closed.why)
    redis.call('HDEL', key('schedule_of'), closed.job_id)
  end
  for _, job in ipairs(command.jobs) do
    if job.schedule and not job.keeps_schedule then
      redis.call('HSET', key('schedule_of'), job.job_id, job.schedule.schedule_id)
      tick.begin(job.schedule, job.job_id, job.revision)
    end
  end
end

function functions.register_jobs(args)
  local command = cmsgpack.unpack(args[1])
  local current = redis.call('HGET', key('meta'), 'graph_id') or nil
  if current ~= command.expected_graph_id then return answer('CONFLICT') end
  local closing = schedules_to_close(command)
  local unsettled = find_unsettled(command, closing)
  if #unsettled > 0 then return answer('UNSETTLED', unsettled) end
  batch.flush_all(command.flushes)
  local holds_events = events.are_unsettled(command)
  if not holds_events then
    write_jobs(command, args)
    limit_jobs(command)
    write_schedules(command, closing)
    redis.call('HSET', key('meta'), 'graph_id', command.graph_id)
  end
  release.drain()
  admission.run()
  record.flush()
  return answer(holds_events and 'UNSETTLED' or 'REGISTERED')
end
