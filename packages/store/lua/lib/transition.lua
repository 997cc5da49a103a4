-- Transitions of an execution: checked against the generated table, then performed with all that
-- belongs to them. Validate first, write last: nothing is written before every check has passed.
--
-- delayed           PENDING executions that are not to be queued before a time, by that time
-- queue_deadlines   QUEUED executions that may wait only until a time, by that time

transition = {}

local function refuse(refusal, x)
  return { ok = false, refusal = refusal, status = x and x.status or nil, revision = x and x.revision or nil }
end

local GUARDS = {
  none = function() return nil end,
  fence = function(x, command)
    if not command.nonce or command.nonce ~= x.nonce then return 'STALE_FENCE' end
  end,
  lease_expired = function(x)
    if lease.is_live(x.executor_id) then return 'LEASE_HELD' end
  end,
  fence_or_lease_expired = function(x, command)
    if command.nonce then
      if command.nonce ~= x.nonce then return 'STALE_FENCE' end
    elseif lease.is_live(x.executor_id) then return 'LEASE_HELD' end
  end,
}

-- What was asked to stop is not failed or repeated: once its body is gone it is cancelled.
local function refuse_cancelled(x)
  if x.cancel then return 'CANCELLING' end
end

-- Checks that belong to one event only.
local CHECKS = {
  FAIL = refuse_cancelled,
  TIME_OUT = refuse_cancelled,
  LOSE = refuse_cancelled,
  ENQUEUE = function(x)
    if (x.not_before or 0) > now_ms then return 'NOT_DUE' end
    if not standing.is_ready(x) then return 'NOT_READY' end
  end,
  ABANDON = function(x)
    if not edges.has_timed_out(x) then return 'NOT_DUE' end
  end,
  EXPIRE = function(x)
    if (x.queue_deadline or math.huge) > now_ms then return 'NOT_DUE' end
  end,
  CLAIM = function(x, command)
    if not admission.is_admitted(x.execution_id) then return 'NOT_ADMITTED' end
    if not lease.is_live(command.executor_id) then return 'NO_LEASE' end
    if not admission.has_room_on(command.executor_id, x) then return 'NO_ROOM' end
  end,
}

local function bound_wait(x)
  local spec = plan.of(x)
  local timeout_ms = spec and spec.queue_timeout_ms
  if not timeout_ms then return end
  x.queue_deadline = now_ms + timeout_ms
  redis.call('ZADD', key('queue_deadlines'), x.queue_deadline, x.execution_id)
end

local function end_wait(x)
  if x.queue_deadline then redis.call('ZREM', key('queue_deadlines'), x.execution_id) end
end

local function claim(x, command)
  end_wait(x)
  admission.claimed(x, command.executor_id)
  redis.call('SADD', key('held:' .. command.executor_id), x.execution_id)
  x.started_time = now_ms
  x.executor_id = command.executor_id
  x.nonce = command.nonce
  x.fence = math.max((x.fence or 0) + 1, now_us)
end

local function enqueue(x)
  x.queued_time = now_ms
  x.order_score = x.order_score or lanes.order_score(x)
  if x.not_before then redis.call('ZREM', key('delayed'), x.execution_id) end
  bound_wait(x)
  admission.enqueue(x)
end

local function create_retry(x, retry)
  local y = {}
  for _, name in ipairs(generated.fields_of_a_chain) do
    y[name] = x[name]
  end
  y.execution_id = retry.execution_id
  y.attempt_number = x.attempt_number + 1
  y.lost_attempts = retry.lost_attempts
  y.handed_over = retry.handed_over
  y.crashes = retry.crashes
  y.parent_execution_id = record.chain_of(x)
  record.create(y, { actor = 'retry' })
  x.retried_by = retry.execution_id
  run.join(y.run_id)
  return y
end

local function delay(y, not_before)
  y.not_before = not_before
  redis.call('ZADD', key('delayed'), not_before, y.execution_id)
end

-- The remote job of x goes on, and with it the work: there is nothing to wait for, and no limit has room to win or lose.
local function take_over(x, y)
  if not admission.take_over(x, y) then return false end
  y.took_over = true
  y.queued_time = now_ms
  record.transition(y, 'ENQUEUE', { actor = 'retry', detail = 'takes over the slots of the attempt before' })
  return true
end

local function retry_after(x, retry)
  local y = create_retry(x, retry)
  if not (retry.goes_on and take_over(x, y)) then delay(y, retry.not_before) end
end

local LEAVE = {
  PENDING = function(x)
    settle.stop_waiting(x)
    gate.let_go(x)
    if x.not_before then redis.call('ZREM', key('delayed'), x.execution_id) end
  end,
  QUEUED = function(x)
    end_wait(x)
    admission.leave_queue(x)
  end,
  RUNNING = function(x)
    cancel.settled(x)
    admission.give_back(x)
    redis.call('SREM', key('held:' .. x.executor_id), x.execution_id)
  end,
}
LEAVE.COMPLETING = LEAVE.RUNNING

-- What went wrong with a dependency is reported; what follows from it further down is not.
local REPORTED = { DEP_001_MISSING_UPSTREAM = true, DEP_002_CYCLE_DETECTED = true, DEP_003_TIMEOUT = true, DEP_006_WINDOW_MISSED = true }

local function report(x)
  if not REPORTED[x.reason or ''] then return end
  redis.call('RPUSH', key('dependency_errors'), x.execution_id)
  writes.count('dependency_error_counts', x.reason)
end

local function end_chain(x, command)
  if command.event == 'COMPLETE' and x.checkpoint then redis.call('UNLINK', checkpoints.key_of(x)) end
  report(x)
  if command.event ~= 'COMPLETE' then release.start(x, x.status, command) end
  gate.chain_ended(x)
  run.outcome(x)
  events.chain_ended(x, command.event == 'COMPLETE')
end

local function finish(x, command, from)
  x.completed_time = now_ms
  x.reason = command.reason or false
  if command.result then x.result = command.result end
  if command.timeout_error then x.timeout_error = command.timeout_error end
  x.failure = command.failure or false
  if command.retry then retry_after(x, command.retry) end
  LEAVE[from](x)
  if x.status == 'FAILED' or x.status == 'TIMEOUT' then redis.call('RPUSH', key('execution_errors'), x.execution_id) end
  if not command.retry then end_chain(x, command) end
  if command.dead_letter then dead_letters.enter(x, command.dead_letter) end
  run.leave(x.run_id)
end

local EFFECTS = {
  ENQUEUE = enqueue,
  CLAIM = claim,
  SUCCEED = function(x, command) x.result = command.result or false end,
}

-- Performs a transition that has been checked.
function transition.perform(x, command)
  local from = x.status
  if from == 'PENDING' and command.event == 'ENQUEUE' then settle.stop_waiting(x) end
  record.transition(x, command.event, command)
  local effect = EFFECTS[command.event] or finish
  effect(x, command, from)
end

-- For a PENDING one whose plan is lost: nothing says what it waits for.
function transition.abandon_without_plan(x, actor)
  transition.perform(x, { event = 'ABANDON', actor = actor, reason = 'STATE_009_DEPENDENCY_STATE_LOST', detail = 'its plan is lost' })
end

-- COMPLETE writes COMPLETED once every dependent is released: at once, or with the last batch of a large fan-out.
local function complete(x, command)
  if x.releasing then
    reply.more = true
  elseif release.start(x, 'COMPLETED', command) then
    transition.perform(x, command)
  end
end

local function checked(x, command)
  local row = (generated.transitions[x.status] or {})[command.event]
  if not row then return nil, 'ILLEGAL_TRANSITION' end
  local refusal = GUARDS[row.guard](x, command)
  if refusal then return nil, refusal end
  local check = CHECKS[command.event]
  refusal = check and check(x, command)
  if refusal then return nil, refusal end
  return row
end

-- Takes an execution out of whatever its status has it in.
function transition.leave(x)
  LEAVE[x.status](x)
end

-- For one whose record is made anew: it waits as a retry does.
transition.delay = delay

transition.complete = complete

-- Of a call that was to complete as well, the later answer is the one that counts.
local function earlier_answer(x, command)
  local earlier = record.earlier_answer(x, command)
  if not earlier or not command.completes then return earlier end
  return record.earlier_answer(x, { event = 'COMPLETE', op = command.op }) or earlier
end

function transition.attempt(command)
  local x, unknown = record.load(command.execution_id)
  if not x then return refuse(unknown) end
  local earlier = earlier_answer(x, command)
  if earlier then return earlier, x end
  if command.expected_revision and command.expected_revision ~= x.revision then return refuse('STALE_REVISION', x) end
  local goes_by_plan = x.status == 'PENDING' and (command.event == 'ENQUEUE' or command.event == 'ABANDON')
  if goes_by_plan and plan.is_awaited(x.plan_id, x.job_id) then return refuse('CORRUPT_RECORD', x) end
  if goes_by_plan and not plan.of(x) then
    transition.abandon_without_plan(x, command.actor)
    return { ok = true, status = x.status, revision = x.revision }, x
  end
  local row, refusal = checked(x, command)
  if not row then return refuse(refusal, x) end
  if command.event == 'ABANDON' then command.detail = command.detail or standing.describe_open(x, plan.of(x)) end
  if command.event == 'COMPLETE' then complete(x, command)
  elseif command.event == 'ENQUEUE' then settle.let_in(x, plan.of(x), command)
  else transition.perform(x, command) end
  if command.completes then complete(x, { event = 'COMPLETE', actor = command.actor, op = command.op }) end
  return { ok = true, status = x.status, revision = x.revision }, x
end
