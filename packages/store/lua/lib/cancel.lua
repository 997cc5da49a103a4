-- Cancellation (Rule 16): what has not started ends at once, what runs is asked to stop and ends when it is gone, and what has
-- committed its result goes on.
--
-- cancelling:<executor_id>   executions that an executor has been asked to stop
-- The channel `cancel` carries their ids; the set is for whoever missed it.

cancel = {}

local function ask(x, command)
  if not x.cancel then x.cancel = { now_ms, command.actor, command.detail or false } end
  record.touch(x)
  redis.call('SADD', key('cancelling:' .. x.executor_id), x.execution_id)
  redis.call('PUBLISH', key('cancel'), x.execution_id)
end

-- The scope of the request, or else of the job.
local function scope_of(x, command)
  if command.cascade then return command.cascade ~= 'NONE' and command.cascade or false end
  local spec = plan.of(x)
  return spec and spec.cascade or false
end

-- x: open. Returns how it stands now.
local function cancel_open(x, command)
  x.cascade = scope_of(x, command)
  if x.status == 'RUNNING' then ask(x, command)
  else
    transition.perform(x, { event = 'CANCEL', actor = command.actor, op = command.op, detail = command.detail, reason = command.reason })
  end
  return x.status
end

-- Returns { ok = true, execution_id, status } or { ok = false, refusal, execution_id?, status? }.
function cancel.chain(command)
  local x, unknown = record.latest(command.execution_id)
  if not x then return { ok = false, refusal = unknown } end
  local answer = { ok = true, execution_id = x.execution_id, status = x.status }
  if x.status == 'CANCELLED' then return answer end
  if generated.terminal[x.status] or x.status == 'COMPLETING' then
    answer.ok, answer.refusal = false, x.status == 'COMPLETING' and 'COMMITTED' or 'ENDED'
    return answer
  end
  if not command.cascade and plan.is_awaited(x.plan_id, x.job_id) then return { ok = false, refusal = 'CORRUPT_RECORD' } end
  answer.status = cancel_open(x, command)
  return answer
end

-- For one that leaves RUNNING.
function cancel.settled(x)
  if x.cancel then redis.call('SREM', key('cancelling:' .. x.executor_id), x.execution_id) end
end

function cancel.asked_of(executor_id)
  return redis.call('SMEMBERS', key('cancelling:' .. executor_id))
end
