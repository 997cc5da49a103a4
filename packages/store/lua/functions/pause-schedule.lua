-- Pauses a schedule from now on, or resumes it: fire times in between are settled as SKIPPED_PAUSED.
--
-- keys[1]  key prefix of the namespace and cell
-- args     schedule_id, 'pause' or 'resume'
-- Returns  'CHANGED', 'UNCHANGED' when it is so already, or 'UNKNOWN_SCHEDULE'
-- Writes   the schedule

function functions.pause_schedule(args)
  local schedule = key('schedule:' .. args[1])
  if redis.call('HEXISTS', schedule, 'job_id') == 0 then return 'UNKNOWN_SCHEDULE' end
  local pauses = tick.pauses(args[1])
  local last = pauses[#pauses]
  local is_paused = last ~= nil and not last[2]
  if is_paused == (args[2] == 'pause') then return 'UNCHANGED' end
  if is_paused then last[2] = now_ms else pauses[#pauses + 1] = { now_ms, false } end
  redis.call('HSET', schedule, 'pauses', sealed.pack(pauses))
  redis.call('HINCRBY', schedule, 'rev', 1)
  return 'CHANGED'
end
