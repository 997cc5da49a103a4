-- Release of dependents: what happens when the chain of an execution has its outcome.
--
-- An edge inside the run is decided by the outcome of this run, an edge from outside by the latest outcome
-- that its join accepts (docs/adr/0004-release-in-the-completing-script.md). A dependent is created PENDING
-- at its first release under a derived id, and queued when its last edge is decided: a replay finds it there.
--
-- gathering     job_id -> the one open execution that gathers outcomes from several runs
-- waking        executions to be looked at, each with the job whose outcome they waited for
-- releasing     execution_id -> index of the dependent that comes next, where a bound was met

release = {}

local DEPENDENTS_AT_ONCE = 100

on_begin(function()
  release.queue = {}
  release.budget = DEPENDENTS_AT_ONCE
end)

local CANNOT_RUN = { blocked = 'DEP_004_UPSTREAM_NOT_MET', missing = 'DEP_001_MISSING_UPSTREAM' }

-- For one that leaves PENDING.
function release.stop_waiting(y)
  if not y.has_edges then return end
  edges.stop_waiting(y)
  if redis.call('HGET', key('gathering'), y.job_id) == y.execution_id then redis.call('HDEL', key('gathering'), y.job_id) end
end

-- Moves a PENDING execution on if its edges allow it.
function release.settle(y, spec, actor)
  if y.status ~= 'PENDING' then return end
  if not spec.enabled then
    transition.perform(y, { event = 'SKIP', actor = actor, reason = 'SKIP_004_JOB_DISABLED' })
    return
  end
  local standing = edges.standing(y, spec)
  if standing == 'waiting' then
    gate.wait(y)
  elseif standing == 'ready' then
    edges.consume(y, spec)
    gate.enter(y, spec, { actor = actor })
  else
    local event = y.skip_reason and 'SKIP' or 'ABANDON'
    transition.perform(y, { event = event, actor = actor, reason = y.skip_reason or CANNOT_RUN[standing] })
  end
end

-- Creates the PENDING execution of a planned job and looks at its edges from outside.
-- command: what it has beside the plan; see create-execution.lua.
function release.create(command, spec)
  local y = record.create({
    execution_id = command.execution_id, job_id = command.job_id, run_id = command.run_id, pass = command.pass or 1,
    plan_id = command.plan_id, job_revision = spec.revision, job_type = spec.job_type,
    resource_pool = spec.resource_pool, priority = spec.priority,
    trigger_type = command.trigger_type, trigger_id = command.trigger_id,
    scheduled_time = command.scheduled_time or now_ms, parameters = command.parameters,
    manual = command.manual, propagate = command.propagate, ignore_dependencies = command.ignore_dependencies, line = command.line, has_edges = #spec.edges > 0,
    attempt_number = 1, lost_attempts = 0, edges_met = 0, edges_unmet = 0,
    depth = command.depth ~= 0 and command.depth,
  }, command)
  if y.run_id == y.execution_id then writes.zadd('runs', now_ms, y.run_id) else run.join(y.run_id) end
  if not y.ignore_dependencies and #spec.edges > 0 then edges.wait(y, spec) end
  return y
end

local function gathers(x, spec)
  if x.manual then return false end
  for _, edge in ipairs(spec.edges) do
    if not edge.inside and edge.join ~= 'LATEST' then return true end
  end
  return false
end

local function dependent_id(x, job_id, gathering)
  if not gathering then return derive_id('dependent', namespace, x.run_id, tostring(x.pass), job_id) end
  local open = redis.call('HGET', key('gathering'), job_id)
  if open then return open end
  local number = redis.call('HINCRBY', key('gatherings'), job_id, 1)
  local id = derive_id('gathering', namespace, job_id, tostring(number))
  redis.call('HSET', key('gathering'), job_id, id)
  return id
end

-- The edges of a dependent that an outcome decides inside its run, those used up already left out.
local function decided_by(x, spec, outcome, gathering)
  local found = {}
  for _, edge in ipairs(spec.edges) do
    local used_up = gathering and outcome.seq and outcome.seq <= edges.consumed_seq(spec.job_id, edge)
    if edge.inside and edge.upstream_job_id == x.job_id and not used_up then found[#found + 1] = edge end
  end
  return found
end

-- A cascading cancellation reaches a dependent by every edge but COMPLETION, so that clean-up runs. Returns whether it did.
local function cascade_to(y, decided, outcome)
  for _, edge in ipairs(decided) do
    if edge.dependency_type ~= 'COMPLETION' then
      local onward = outcome.cascade == 'ALL_DOWNSTREAM' and outcome.cascade or 'NONE'
      cancel.chain({ execution_id = y.execution_id, actor = 'cascade', reason = 'CANCEL_002_CASCADED', cascade = onward })
      return true
    end
  end
  return false
end

local function release_one(x, job_id, outcome)
  local spec = plan.job(x.plan_id, job_id)
  local gathering = gathers(x, spec)
  local decided = decided_by(x, spec, outcome, gathering)
  if #decided == 0 then return end
  local id = dependent_id(x, job_id, gathering)
  local y = record.load(id) or release.create({
    execution_id = id, job_id = job_id, run_id = x.run_id, pass = x.pass, plan_id = x.plan_id,
    trigger_type = 'DEPENDENCY', trigger_id = decided[1].dependency_id, scheduled_time = x.scheduled_time,
    manual = x.manual, propagate = x.propagate, depth = x.depth, actor = 'release',
  }, spec)
  if outcome.cascade and cascade_to(y, decided, outcome) then return end
  if y.status ~= 'PENDING' then return end
  if (x.depth or 0) > (y.depth or 0) then y.depth = x.depth end
  local own = plan.of(y)
  for _, edge in ipairs(decided) do
    edges.decide_by_id(y, own, edge.dependency_id, outcome)
  end
  release.settle(y, own, 'release')
end

-- Looks again at an execution that waits for an outcome of a job from outside its run.
local function wake_waiter(job_id, execution_id)
  local y = record.load(execution_id)
  if not y or y.status ~= 'PENDING' then return end
  local spec = plan.of(y)
  for _, edge in ipairs(spec.edges) do
    if edge.upstream_job_id == job_id and not edge.inside then
      local outcome = edges.outside_outcome(y, edge)
      if outcome then edges.decide(y, edge, outcome) end
    end
  end
  release.settle(y, spec, 'release')
end

-- All that wait for a job, oldest first; what is more than one call may wake is put on a list for the next.
local function wake_waiters(job_id)
  local waiting = redis.call('ZRANGE', key('waiters:' .. job_id), 0, -1)
  for index, execution_id in ipairs(waiting) do
    if release.budget > 0 then
      release.budget = release.budget - 1
      wake_waiter(job_id, execution_id)
    else
      redis.call('RPUSH', key('waking'), job_id .. '|' .. execution_id)
      reply.more = true
    end
  end
end

local function resume_waking()
  while release.budget > 0 do
    local entry = redis.call('LPOP', key('waking'))
    if not entry then return end
    release.budget = release.budget - 1
    wake_waiter(string.match(entry, '^(.*)|([^|]*)$'))
  end
  if redis.call('EXISTS', key('waking')) == 1 then reply.more = true end
end

-- Begins the release of everything that waits for x. Returns true where there is nothing to release inside
-- the run; otherwise the release is queued and release.drain() carries it on.
-- command: what ends the chain; its actor and op are kept for the COMPLETED that the last batch writes.
function release.start(x, status, command)
  x.outcome_seq = edges.deposit(x, status) or false
  if x.outcome_seq then wake_waiters(x.job_id) end
  if #plan.dependents(x) == 0 then return true end
  run.join(x.run_id)
  release.queue[#release.queue + 1] = { x = x, from = 1 }
  x.releasing = { command.actor or false, command.op or false }
  record.touch(x)
  return false
end

local function finished(x)
  local begun_by = x.releasing
  x.releasing = false
  record.touch(x)
  redis.call('ZREM', key('releasing'), x.execution_id)
  if x.status == 'COMPLETING' then transition.perform(x, { event = 'COMPLETE', actor = begun_by[1], op = begun_by[2] }) end
  run.leave(x.run_id)
end

-- Releases dependents of x from an index on. Returns the index that comes next, or nil when all are released.
local function release_from(x, from)
  local status = x.status == 'COMPLETING' and 'COMPLETED' or x.status
  local outcome = { execution_id = x.execution_id, job_id = x.job_id, status = status, reason = x.reason or nil,
    seq = x.outcome_seq or nil, cascade = status == 'CANCELLED' and x.cascade or nil }
  local dependents = plan.dependents(x)
  for index = from, #dependents do
    if release.budget <= 0 then return index end
    release.budget = release.budget - 1
    release_one(x, dependents[index], outcome)
  end
  return nil
end

-- Carries on what earlier calls left over.
function release.resume()
  gate.resume()
  resume_waking()
  for index, execution_id in ipairs(redis.call('ZRANGE', key('releasing'), 0, 9)) do
    local x, problem = record.load(execution_id)
    if x and x.releasing then
      release.queue[#release.queue + 1] = { x = x, from = tonumber(redis.call('ZSCORE', key('releasing'), execution_id)) }
    elseif problem ~= 'UPGRADE_REQUIRED' then
      redis.call('ZREM', key('releasing'), execution_id)
    end
  end
end

local drained

on_begin(function()
  drained = 0
end)

local function drain_queue()
  while release.queue[drained + 1] do
    drained = drained + 1
    local item = release.queue[drained]
    local next_index = release_from(item.x, item.from)
    if next_index then
      redis.call('ZADD', key('releasing'), next_index, item.x.execution_id)
      reply.more = true
    else
      finished(item.x)
    end
  end
end

-- What a release lets through the gate may end chains, and what the gate skips is released.
function release.drain()
  repeat
    drain_queue()
    gate.run()
  until not release.queue[drained + 1]
end
