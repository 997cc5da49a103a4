-- Retries that are not waited for: an attempt whose delay somebody cuts short (specification: Execution Control, Retry).

hurry = {}

local NOTE = 'RETRY_NOW'

-- Whether a request has cut short a delay already. Without a name of its own it is about the attempt that is not over yet: each attempt can be
-- hurried once.
local function was_asked(x, op)
  if not op then return not generated.terminal[x.status] and record.was_noted(x, NOTE, x.execution_id) end
  local y = record.load(record.chain_of(x))
  while y do
    if record.was_noted(y, NOTE, op) then return true end
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
  if was_asked(x, command.op) then return { ok = true, execution_id = x.execution_id, status = x.status, repeated = true } end
  if not waits_for_its_delay(x) then
    local refusal = generated.terminal[x.status] and 'ENDED' or 'OPEN'
    return { ok = false, execution_id = x.execution_id, status = x.status, refusal = refusal }
  end
  transition.delay(x, now_ms)
  record.note(x, { note = NOTE, op = command.op or x.execution_id, actor = command.actor, detail = command.detail })
  transition.attempt({ event = 'ENQUEUE', execution_id = x.execution_id, actor = command.actor })
  return { ok = true, execution_id = x.execution_id, status = x.status, repeated = false }
end
