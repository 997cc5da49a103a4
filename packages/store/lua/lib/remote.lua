-- Executions that wait for a remote module: they keep their slots, and use no place and no amounts of an executor
-- (docs/adr/0026-remote-waits.md).
--
-- remote_waits    their ids

remote = {}

-- Returns whether it has only now begun to wait, and the executor whose amounts it gives back, if any.
function remote.begin(x)
  if redis.call('SADD', key('remote_waits'), x.execution_id) == 0 then return false end
  limits.count_remote(lanes.of(x), 1)
  return true, x.request and placement.remove(x.execution_id, x.request)
end

local function strike_off(x, lane)
  if redis.call('SREM', key('remote_waits'), x.execution_id) == 0 then return false end
  limits.count_remote(lane, -1)
  return true
end

-- For one that goes on where it was: whatever else uses what it needs there, its executor lets nobody else begin before it.
function remote.come_back(x)
  if strike_off(x, lanes.of(x)) and x.request then placement.put(x.execution_id, x.executor_id, x.request) end
end

-- For one that has ended. Returns whether it waited.
function remote.finish(x, lane)
  return limits.of(lane).remote > 0 and strike_off(x, lane)
end
