-- Retries that are not waited for: an attempt whose delay somebody cuts short (specification: Execution Control, Retry).

hurry = {}

local function was_told(x, op)
  for _, entry in ipairs(x.history) do
    if entry[2] == 'RETRY_NOW' and entry[4] == op then return true end
  end
  return false
end

-- Whether a request has cut short a delay already. Without a name of its own it is about the attempt that is not over yet: each attempt can be
-- hurried once.
local function was_asked(x, op)
  if not op then return not generated.terminal[x.status] and was_told(x, x.execution_id) end
  local y = record.load(x.parent_execution_id or x.execution_id)
  while y do
    if was_told(y, op) then return true end
    y = y.retried_by and record.load(y.retried_by)
  end
  return false
end

local function waits_for_its_delay(x)
  return x.status == 'PENDING' and x.attempt_number > 1 and not x.hold and x.not_before and x.not_before > now_ms
end

-- command: see retry-now.lua.
function hurry.chain(command)
  local x, unknown = record.latest(command.execution_id)
  if not x then return { ok = false, refusal = unknown } end
  local answer = { ok = true, execution_id = x.execution_id, status = x.status, repeated = false }
  if was_asked(x, command.op) then
    answer.repeated = true
    return answer
  end
  if not waits_for_its_delay(x) then
    answer.ok, answer.repeated, answer.refusal = false, nil, generated.terminal[x.status] and 'ENDED' or 'OPEN'
    return answer
  end
  x.not_before = now_ms
  record.note(x, { note = 'RETRY_NOW', op = command.op or x.execution_id, actor = command.actor, detail = command.detail })
  redis.call('ZADD', key('delayed'), now_ms, x.execution_id)
  transition.attempt({ event = 'ENQUEUE', execution_id = x.execution_id, actor = command.actor })
  answer.status = x.status
  return answer
end
