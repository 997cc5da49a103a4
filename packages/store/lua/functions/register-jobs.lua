-- Registers a set of job definitions, whole or not at all, with their schedules.
--
-- keys[1]  key prefix of the namespace and cell
-- args[1]  packed { expected_graph_id?, graph_id, jobs = list of { job_id, revision, schedule?, triggers? }, removed = list of job_id }
--          schedule  { schedule_id, digest, next_ms? }; without it the job has none. One whose digest is that of
--                    the schedule registered keeps its fire time: no tick falls between two revisions
--          triggers  list of { trigger_id, digest }: those that are active
-- args[i+1] the packed registration of jobs[i]: revision, definition, author, time, reason
-- Returns  'REGISTERED', 'CONFLICT' when the registered graph is another by now, or 'UNSETTLED' while a trigger that
--          is changed or taken away holds events
-- Writes   jobs, their revisions, schedules, the graph id

local function clear_schedule(job_id)
  local schedule_id = redis.call('HGET', key('schedule_of'), job_id)
  if not schedule_id then return end
  redis.call('HDEL', key('schedule:' .. schedule_id), 'digest')
  redis.call('ZREM', key('due'), schedule_id)
  redis.call('HDEL', key('schedule:' .. schedule_id), 'next')
  redis.call('HDEL', key('schedule_of'), job_id)
end

local function is_unchanged(job)
  if not job.schedule or redis.call('HGET', key('schedule_of'), job.job_id) ~= job.schedule.schedule_id then return false end
  return redis.call('HGET', key('schedule:' .. job.schedule.schedule_id), 'digest') == job.schedule.digest
end

local function set_schedule(job_id, schedule)
  redis.call('HSET', key('schedule_of'), job_id, schedule.schedule_id)
  redis.call('HSET', key('schedule:' .. schedule.schedule_id), 'job_id', job_id, 'digest', schedule.digest)
  if not schedule.next_ms then return end
  redis.call('HSET', key('schedule:' .. schedule.schedule_id), 'next', schedule.next_ms)
  redis.call('ZADD', key('due'), schedule.next_ms, schedule.schedule_id)
end

function functions.register_jobs(args)
  local command = cmsgpack.unpack(args[1])
  local current = redis.call('HGET', key('meta'), 'graph_id') or nil
  if current ~= command.expected_graph_id then return 'CONFLICT' end
  if events.are_unsettled(command) then return 'UNSETTLED' end
  -- Every id that is given up is free before any is taken: schedules may change hands within one command.
  local changed = {}
  for index, job in ipairs(command.jobs) do
    redis.call('HSET', key('jobs'), job.job_id, args[index + 1])
    redis.call('HSET', key('job_revisions:' .. job.job_id), job.revision, args[index + 1])
    if not is_unchanged(job) then
      clear_schedule(job.job_id)
      changed[#changed + 1] = job
    end
  end
  for _, job_id in ipairs(command.removed) do
    clear_schedule(job_id)
    redis.call('HDEL', key('jobs'), job_id)
  end
  for _, job in ipairs(changed) do
    if job.schedule then set_schedule(job.job_id, job.schedule) end
  end
  redis.call('HSET', key('meta'), 'graph_id', command.graph_id)
  return 'REGISTERED'
end
