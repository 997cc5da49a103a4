-- Takes an executor process off the list: one that has drained by its own wish, or every one whose lease
-- ran out. What those still hold is for recovery to take back.
--
-- keys[1]  key prefix of the namespace and cell
-- args[1]  executor_id; without it every expired one
-- Returns  the ids of the executors taken off
-- Writes   leases, executors, `evicted`, the limit `places`

function functions.leave_executor(args)
  local leaving = args[1] and { args[1] } or redis.call('ZRANGEBYSCORE', key('executors'), '-inf', now_ms)
  for _, executor_id in ipairs(leaving) do
    redis.call('ZREM', key('executors'), executor_id)
    redis.call('DEL', key('executor:' .. executor_id))
    if redis.call('EXISTS', key('held:' .. executor_id)) == 1 then redis.call('SADD', key('evicted'), executor_id) end
  end
  if #leaving > 0 then lease.count_places() end
  return leaving
end
