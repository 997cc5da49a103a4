-- The gate: the only way from PENDING to QUEUED (Rules 3 and 17; docs/adr/0009-the-gate.md).
--
-- open:<job_id>    chains of the job that have not ended: WAITING before the gate, or PAST it
-- line:<line>      PENDING executions that wait their turn, by nominal time. A line is job:<job_id>, which moves when nothing of
--                  the job is past the gate, or catchup:<schedule_id>, which moves when the one before has ended
-- turns            catchup line -> the chain whose turn it is
-- gates_to_look    lists to move that an earlier call had to leave: line:..., window_held:..., lane:...

gate = {}

local WAITING, PAST = 0, 1

on_begin(function()
  gate.wanted = {}
end)

local function open_key(job_id)
  return key('open:' .. job_id)
end

local function count_past(job_id)
  return redis.call('ZCOUNT', open_key(job_id), PAST, PAST)
end

-- An open chain of a job, past the gate if there is one, or nil.
function gate.open_chain(job_id)
  return redis.call('ZREVRANGE', open_key(job_id), 0, 0)[1]
end

-- For one that waits for its dependencies.
function gate.wait(x)
  redis.call('ZADD', open_key(x.job_id), 'NX', WAITING, record.chain_of(x))
end

local function is_catchup(line)
  return starts_with(line, 'catchup:')
end

local function is_busy(line, x)
  if not is_catchup(line) then return count_past(x.job_id) > 0 end
  local turn = redis.call('HGET', key('turns'), line)
  return turn and turn ~= x.execution_id
end

local function must_wait(line, x)
  if is_busy(line, x) then return true end
  local head = redis.call('ZRANGE', key('line:' .. line), 0, 0)[1]
  return head and head ~= x.execution_id
end

-- Whether one that stands in a line would wait there.
gate.waits_its_turn = must_wait

-- Everything that keeps an execution before the gate.
function gate.let_go(x)
  if not x.hold then return end
  windows.let_go(x)
  if x.line then redis.call('ZREM', key('line:' .. x.line), x.execution_id) end
  x.hold = false
end

-- By nominal time; those of the same millisecond in the order in which they came.
local function order_of(x)
  return x.scheduled_time * 1000 + math.min(999, next_us() - now_us + now_us % 1000)
end

-- As many verdicts of an execution are kept as tell how it came to where it is.
local VERDICTS_KEPT = 8

-- What keeps an execution from going on is kept with what it was decided from: see KeptVerdict in @phi/core.
local function keep(x, verdict)
  verdict.time = now_ms
  local kept = x.decided or {}
  if #kept == VERDICTS_KEPT then table.remove(kept, 1) end
  kept[#kept + 1] = verdict
  x.decided = kept
  record.touch(x)
end

local function by_window(x, verdict)
  return { rule = 17, verdict = verdict, window = windows.closed(x.job_id), is_retry = x.attempt_number > 1 }
end

local function by_turn(x)
  local head = redis.call('ZRANGE', key('line:' .. x.line), 0, 0)[1]
  local ahead = head ~= x.execution_id and head or nil
  if not is_catchup(x.line) then
    return { rule = 3, verdict = 'HOLD', mode = 'QUEUE', past_gate = count_past(x.job_id), ahead = ahead }
  end
  local turn = redis.call('HGET', key('turns'), x.line)
  return { rule = 4, verdict = 'HOLD', turn = turn and turn ~= x.execution_id and turn or nil, ahead = ahead }
end

local function by_open_chain(x)
  return { rule = 3, verdict = 'SKIP', mode = 'SKIP', past_gate = count_past(x.job_id), open = gate.open_chain(x.job_id) }
end

local function hold(x, by)
  if x.hold ~= by then keep(x, by == 'WINDOW' and by_window(x, 'HOLD') or by_turn(x)) end
  gate.wait(x)
  settle.stop_waiting(x)
  if x.not_before then redis.call('ZREM', key('delayed'), x.execution_id) end
  local order = order_of(x)
  if by == 'WINDOW' then windows.hold(x, order) else windows.let_go(x) end
  if x.line then redis.call('ZADD', key('line:' .. x.line), 'NX', order, x.execution_id) end
  x.hold = by
end

local function pass(x, command)
  gate.let_go(x)
  redis.call('ZADD', open_key(x.job_id), PAST, record.chain_of(x))
  if x.line and is_catchup(x.line) then redis.call('HSET', key('turns'), x.line, record.chain_of(x)) end
  transition.perform(x, { event = 'ENQUEUE', actor = command.actor, op = command.op })
end

local function skip(x, command, reason, verdict)
  keep(x, verdict)
  transition.perform(x, { event = 'SKIP', actor = command.actor, op = command.op, reason = reason })
end

-- Who else is open (Rule 3); a retry's chain is past the gate already.
local function enter_beside_others(x, spec, command)
  if x.line then
    if must_wait(x.line, x) then hold(x, 'TURN') else pass(x, command) end
  elseif spec.skip_if_running and count_past(x.job_id) > 0 then
    skip(x, command, 'SKIP_001_ALREADY_RUNNING', by_open_chain(x))
  else
    pass(x, command)
  end
end

-- Lets a PENDING execution whose dependencies are met and whose backoff is over through, skips it, or holds it.
function gate.enter(x, spec, command)
  local is_retry = x.attempt_number > 1
  if spec.queue_if_running and not x.line and not is_retry then x.line = 'job:' .. x.job_id end
  if windows.skips(x.job_id) and not is_retry then
    skip(x, command, 'SKIP_002_OUTSIDE_WINDOW', by_window(x, 'SKIP'))
  elseif windows.closed(x.job_id) then
    hold(x, 'WINDOW')
  elseif is_retry then
    pass(x, command)
  else
    enter_beside_others(x, spec, command)
  end
end

-- For a chain that has its outcome: whoever waited for it may have a turn now.
function gate.chain_ended(x)
  redis.call('ZREM', open_key(x.job_id), record.chain_of(x))
  if x.line and is_catchup(x.line) then
    if redis.call('HGET', key('turns'), x.line) == record.chain_of(x) then redis.call('HDEL', key('turns'), x.line) end
    gate.wanted['line:' .. x.line] = true
  end
  if redis.call('EXISTS', key('line:job:' .. x.job_id)) == 1 then gate.wanted['line:job:' .. x.job_id] = true end
end

-- Takes over the window of a job; nil where it has none any more. See lib/windows.lua.
function gate.set_window(job_id, window)
  if not windows.set(job_id, window) then return end
  gate.wanted['window_held:' .. job_id] = true
  admission.look_again()
  if not windows.closed(job_id) then
    admission.limit_changed('window:' .. job_id)
  elseif windows.skips(job_id) then
    for _, lane in ipairs(lanes.of_job(job_id)) do
      gate.wanted['lane:' .. lane] = true
    end
  end
end

-- Skips what waits in a lane or is held, behind retries as well, which stay. Returns false when nothing is left to skip.
local function skip_waiting(list)
  local passed_over = 0
  while release.budget > 0 do
    local waiting = redis.call('ZRANGE', key(list), passed_over, passed_over + release.budget - 1)
    if #waiting == 0 then return false end
    for _, execution_id in ipairs(waiting) do
      local x = record.load(execution_id)
      if x and x.attempt_number == 1 then
        release.budget = release.budget - 1
        local event = x.status == 'PENDING' and 'SKIP' or 'CANCEL'
        keep(x, by_window(x, 'SKIP'))
        transition.perform(x, { event = event, actor = 'gate', reason = 'SKIP_002_OUTSIDE_WINDOW' })
      else
        passed_over = passed_over + 1
      end
    end
  end
  return true
end

-- Whether the first of a list may be looked at now. In a line the gate itself looks at the window.
local function may_move(list, x)
  if starts_with(list, 'window_held:') then return not windows.closed(x.job_id) end
  return not is_busy(string.sub(list, #'line:' + 1), x)
end

-- Moves the first of a list on. Returns false where it stays.
local function move_head(list)
  local head = redis.call('ZRANGE', key(list), 0, 0)[1]
  if not head then return false end
  local x, problem = record.load(head)
  local is_awaited = x and x.status == 'PENDING' and plan.is_awaited(x.plan_id, x.job_id)
  if problem == 'UPGRADE_REQUIRED' or is_awaited then
    -- For the build that wrote it, or once its plan is made again: the next call of any looks again.
    redis.call('SADD', key('gates_to_look'), list)
    return false
  end
  if not x or x.status ~= 'PENDING' then
    redis.call('ZREM', key(list), head)
    return true
  end
  if not may_move(list, x) then return false end
  release.budget = release.budget - 1
  local spec = plan.of(x)
  if spec then gate.enter(x, spec, { actor = 'gate' })
  else transition.abandon_without_plan(x, 'gate') end
  return redis.call('ZSCORE', key(list), head) == false
end

local function move(list)
  local held_of = string.match(list, '^window_held:(.*)$')
  local step = (starts_with(list, 'lane:') or held_of and windows.skips(held_of)) and skip_waiting or move_head
  while release.budget > 0 do
    if not step(list) then return end
  end
  redis.call('SADD', key('gates_to_look'), list)
  reply.more = true
end

-- Has a list looked at in this call.
function gate.look_at(list)
  gate.wanted[list] = true
end

-- The first of a line, where its turn has come and nothing keeps it; nil where it waits rightly.
function gate.stopped_in(line)
  local head = redis.call('ZRANGE', key('line:' .. line), 0, 0)[1]
  local x = head and record.load(head)
  if not x or x.hold ~= 'TURN' or windows.closed(x.job_id) or is_busy(line, x) then return nil end
  return redis.call('SISMEMBER', key('gates_to_look'), 'line:' .. line) == 0 and x or nil
end

-- What an earlier call left over.
function gate.resume()
  for _, list in ipairs(redis.call('SMEMBERS', key('gates_to_look'))) do
    redis.call('SREM', key('gates_to_look'), list)
    gate.wanted[list] = true
  end
end

-- Moves every list that may move. What that lets through may end chains (a skip) and make others move.
function gate.run()
  local list = next(gate.wanted)
  while list do
    gate.wanted[list] = nil
    move(list)
    list = next(gate.wanted)
  end
end
