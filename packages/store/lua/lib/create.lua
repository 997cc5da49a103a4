-- Creation of executions, each under an id that follows from its cause: what asks twice finds it there.

create = {}

-- What is refused of a fire time is settled or held with it, so that it is decided in one place.
local function refuse_tick(command)
  local t = command.tick
  if not tick.is_at(t) then return 'STALE_TICK' end
  local blocker = t.skip_if_running and gate.open_chain(command.job_id)
  if not blocker then return nil end
  tick.settle(t, 'SKIPPED_RUNNING', 'SKIP_001_ALREADY_RUNNING', blocker)
  return 'SKIPPED_RUNNING'
end

local function refuse_full(command)
  if not command.capacity or admission.count_queued() < command.capacity then return nil end
  if command.tick then tick.hold(command.tick, 'RES_005_QUEUE_FULL') end
  return 'QUEUE_FULL'
end

-- What waits for something else than a slot first.
local function waits(command, spec)
  local line = command.line or spec.queue_if_running and 'job:' .. command.job_id
  return #spec.edges > 0 and not command.ignore_dependencies or windows.closed(command.job_id)
    or line and gate.waits_its_turn(line, command)
end

-- Under enforcement_mode REJECT (Rule 7): what would start at once but for the global limit, unless it was accepted before.
local function refuse_excess(command, spec)
  if command.is_accepted then return nil end
  -- What its lane will ask for is read in the same command.
  limits.of(lanes.of(spec))
  if not limits.rejects() or waits(command, spec) then return nil end
  if command.tick then tick.settle(command.tick, 'REJECTED', 'RES_007_CONCURRENCY_LIMIT') end
  return 'CONCURRENCY_LIMIT'
end

-- Of what comes in while a resource is exhausted: fire times are held, or settled where their job's priority is too low. What comes
-- without a capacity was accepted already. Returns a refusal and the error code.
local function refuse_exhausted(command, spec)
  if not command.capacity then return nil end
  local paused = command.tick and exhaustion.pauses()
  if paused then
    tick.hold(command.tick, paused)
    return 'EXHAUSTED', paused
  end
  local code = exhaustion.rejects(spec.priority)
  if not code or not command.tick then return code and 'EXHAUSTED', code end
  tick.settle(command.tick, 'REJECTED', code)
  return 'REJECTED', code
end

-- command: see create-execution.lua. Returns { ok = true, x, created } or { ok = false, refusal, reason? }.
function create.one(command)
  local existing, problem = record.load(command.execution_id)
  if problem and problem ~= 'UNKNOWN_EXECUTION' then
    if command.tick then tick.postpone(command.tick) end
    return { ok = false, refusal = problem }
  end
  if existing then
    if command.tick and tick.is_at(command.tick) then tick.settle(command.tick, command.tick.outcome, command.tick.reason) end
    return { ok = true, x = existing, created = false }
  end
  if command.graph_id and plan.graph_id() ~= command.graph_id then return { ok = false, refusal = 'STALE_GRAPH' } end
  local spec = plan.is_complete(command.plan_id) and plan.job(command.plan_id, command.job_id)
  if not spec then return { ok = false, refusal = 'UNKNOWN_PLAN' } end
  local refusal, reason = command.tick and refuse_tick(command), nil
  if not refusal then refusal, reason = refuse_exhausted(command, spec) end
  refusal = refusal or refuse_full(command) or refuse_excess(command, spec)
  if refusal then return { ok = false, refusal = refusal, reason = reason } end
  if command.tick then tick.settle(command.tick, command.tick.outcome, command.tick.reason) end
  plan.keep(command.plan_id)
  local x = release.create(command, spec)
  settle.move(x, spec, command.actor)
  return { ok = true, x = x, created = true }
end
