-- Release of dependents (Rule 2): what happens when the chain of an execution has its outcome.
--
-- An edge inside the run is decided by the outcome of this run, an edge from outside by the latest outcome
-- that its join accepts (docs/adr/0004-release-in-the-completing-script.md). A dependent is created PENDING
-- at its first release under a derived id, and queued when its last edge is decided: a replay finds it there.
--
-- edges:<execution_id>     dependency_id -> packed { verdict, upstream execution_id, seq }
-- outcomes                 job_id -> packed { seq, latest, success }: its latest outcome, and the latest COMPLETED
-- consumed                 dependency of a job -> the highest seq it has used up
-- waiters:<job_id>         PENDING executions that wait for an outcome of the job from outside their run
-- gathering                job_id -> the one open execution that gathers outcomes from several runs
-- releasing                execution_id -> index of the dependent that comes next, where a bound was met

local release = {}

-- transition.lua and this file need each other: it fills this in.
local transition

local DEPENDENTS_AT_ONCE = 100

on_begin(function()
  release.queue = {}
  release.budget = DEPENDENTS_AT_ONCE
  release.plans = {}
end)

local function read_plan(plan_id, field)
  local name = plan_id .. '/' .. field
  local known = release.plans[name]
  if known == nil then
    local packed = redis.call('HGET', key('plan:' .. plan_id), field)
    known = packed and cmsgpack.unpack(packed) or false
    release.plans[name] = known
  end
  return known
end

-- The job as the run's plan has it, edges included; false where the plan does not hold it.
function release.planned(plan_id, job_id)
  return read_plan(plan_id, 'job:' .. job_id)
end
local planned = release.planned

local function dependents_of(x)
  return read_plan(x.plan_id, 'dependents:' .. x.job_id) or {}
end

local function edges_key(execution_id)
  return key('edges:' .. execution_id)
end

local function consumption(job_id, edge)
  return job_id .. '|' .. edge.dependency_id
end

local function consumed_seq(job_id, edge)
  return tonumber(redis.call('HGET', key('consumed'), consumption(job_id, edge)) or '0')
end

-- What an outcome means for an edge: met, unmet or waived.
local function judge(edge, outcome)
  if starts_with(outcome.reason or '', 'SKIP_') then
    return edge.skip_on_upstream_skip and 'skip' or 'waived'
  end
  if edge.dependency_type == 'COMPLETION' then return 'met' end
  return outcome.status == 'COMPLETED' and 'met' or 'unmet'
end

local COUNTED_AS = { met = 'edges_met', waived = 'edges_met', unmet = 'edges_unmet', skip = 'edges_unmet' }

local function decide(y, edge, outcome)
  local verdict = judge(edge, outcome)
  local earlier = redis.call('HGET', edges_key(y.execution_id), edge.dependency_id)
  if earlier then
    local before = COUNTED_AS[cmsgpack.unpack(earlier).verdict]
    y[before] = y[before] - 1
  end
  y[COUNTED_AS[verdict]] = y[COUNTED_AS[verdict]] + 1
  redis.call('HSET', edges_key(y.execution_id), edge.dependency_id,
    cmsgpack.pack({ verdict = verdict, execution_id = outcome.execution_id, job_id = outcome.job_id, seq = outcome.seq or 0 }))
  if verdict == 'skip' then y.skip_reason = 'SKIP_005_UPSTREAM_SKIPPED' end
  record.touch(y)
end

-- The deposited outcome that decides an edge from outside, or nil. One that would not meet it is waited out:
-- the upstream may yet succeed before the time-out.
local function outside_outcome(y, edge)
  local packed = redis.call('HGET', key('outcomes'), edge.upstream_job_id)
  if not packed then return nil end
  local outcomes = cmsgpack.unpack(packed)
  local outcome = outcomes[edge.dependency_type == 'SUCCESS' and 'success' or 'latest']
  if not outcome then return nil end
  local latest = y.manual or edge.join == 'LATEST'
  if not latest and outcome.seq <= consumed_seq(y.job_id, edge) then return nil end
  return outcome
end

-- When the wait for the first undecided edge ends; math.huge where no edge bounds it.
local function next_deadline(y, spec)
  local deadline = math.huge
  for _, edge in ipairs(spec.edges) do
    if edge.timeout_ms and redis.call('HEXISTS', edges_key(y.execution_id), edge.dependency_id) == 0 then
      deadline = math.min(deadline, y.created_time + edge.timeout_ms)
    end
  end
  return deadline
end

local function wait_for_edges(y, spec)
  for _, edge in ipairs(spec.edges) do
    if not edge.inside then
      local outcome = outside_outcome(y, edge)
      if outcome then decide(y, edge, outcome)
      else redis.call('SADD', key('waiters:' .. edge.upstream_job_id), y.execution_id) end
    end
  end
  local deadline = next_deadline(y, spec)
  if deadline < math.huge then redis.call('ZADD', key('dependency_deadlines'), deadline, y.execution_id) end
end

-- For one that leaves PENDING.
function release.stop_waiting(y)
  if not y.has_edges then return end
  local spec = planned(y.plan_id, y.job_id)
  redis.call('ZREM', key('dependency_deadlines'), y.execution_id)
  for _, edge in ipairs(spec.edges) do
    if not edge.inside then redis.call('SREM', key('waiters:' .. edge.upstream_job_id), y.execution_id) end
  end
  if redis.call('HGET', key('gathering'), y.job_id) == y.execution_id then redis.call('HDEL', key('gathering'), y.job_id) end
end

local function consume(y, spec)
  if y.manual then return end
  for _, edge in ipairs(spec.edges) do
    local packed = redis.call('HGET', edges_key(y.execution_id), edge.dependency_id)
    local seq = packed and cmsgpack.unpack(packed).seq or 0
    if seq > consumed_seq(y.job_id, edge) then redis.call('HSET', key('consumed'), consumption(y.job_id, edge), seq) end
  end
end

-- ready: its dependencies are met. blocked: they cannot be met any more. waiting: neither yet.
local function standing(y, spec)
  local total = #spec.edges
  if y.ignore_dependencies or total == 0 then return 'ready' end
  if spec.require_all then
    if y.edges_unmet > 0 then return 'blocked' end
    return y.edges_met == total and 'ready' or 'waiting'
  end
  if y.edges_met > 0 then return 'ready' end
  return y.edges_unmet == total and 'blocked' or 'waiting'
end

-- Whether an execution may leave PENDING for QUEUED; a retry's dependencies were met by its first attempt.
function release.is_ready(y)
  return y.attempt_number > 1 or standing(y, planned(y.plan_id, y.job_id)) == 'ready'
end

-- Whether the wait for an edge has run out. Where the edge that was due has been decided meanwhile, the
-- deadline moves to the next one.
function release.has_timed_out(y)
  local deadline = next_deadline(y, planned(y.plan_id, y.job_id))
  if deadline <= now_ms then return true end
  if deadline == math.huge then redis.call('ZREM', key('dependency_deadlines'), y.execution_id)
  else redis.call('ZADD', key('dependency_deadlines'), deadline, y.execution_id) end
  return false
end

-- Moves a PENDING execution on if its edges allow it.
function release.settle(y, spec, actor)
  if y.status ~= 'PENDING' then return end
  if not spec.enabled then
    transition.perform(y, { event = 'SKIP', actor = actor, reason = 'SKIP_004_JOB_DISABLED' })
    return
  end
  local standing_now = standing(y, spec)
  if standing_now == 'waiting' then return end
  if standing_now == 'ready' then
    consume(y, spec)
    transition.perform(y, { event = 'ENQUEUE', actor = actor })
  else
    local event = y.skip_reason and 'SKIP' or 'ABANDON'
    transition.perform(y, { event = event, actor = actor, reason = y.skip_reason or 'DEP_004_UPSTREAM_NOT_MET' })
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
    manual = command.manual, propagate = command.propagate, ignore_dependencies = command.ignore_dependencies, has_edges = #spec.edges > 0,
    attempt_number = 1, lost_attempts = 0, edges_met = 0, edges_unmet = 0,
  }, command)
  if y.run_id == y.execution_id then writes.zadd('runs', now_ms, y.run_id) else run.join(y.run_id) end
  if not y.ignore_dependencies and #spec.edges > 0 then wait_for_edges(y, spec) end
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
local function edges_from(x, spec, outcome, gathering)
  local found = {}
  for _, edge in ipairs(spec.edges) do
    local used_up = gathering and outcome.seq and outcome.seq <= consumed_seq(spec.job_id, edge)
    if edge.inside and edge.upstream_job_id == x.job_id and not used_up then found[#found + 1] = edge end
  end
  return found
end

local function release_one(x, job_id, outcome)
  local spec = planned(x.plan_id, job_id)
  local gathering = gathers(x, spec)
  local edges = edges_from(x, spec, outcome, gathering)
  if #edges == 0 then return end
  local id = dependent_id(x, job_id, gathering)
  local y = record.load(id) or release.create({
    execution_id = id, job_id = job_id, run_id = x.run_id, pass = x.pass, plan_id = x.plan_id,
    trigger_type = 'DEPENDENCY', trigger_id = edges[1].dependency_id, scheduled_time = x.scheduled_time,
    manual = x.manual, propagate = x.propagate, actor = 'release',
  }, spec)
  if y.status ~= 'PENDING' then return end
  for _, edge in ipairs(edges) do
    decide(y, edge, outcome)
  end
  release.settle(y, spec, 'release')
end

local function wake_waiters(outcome)
  for _, execution_id in ipairs(redis.call('SMEMBERS', key('waiters:' .. outcome.job_id))) do
    local y = record.load(execution_id)
    local spec = y and y.status == 'PENDING' and planned(y.plan_id, y.job_id)
    for _, edge in ipairs(spec and spec.edges or {}) do
      if edge.upstream_job_id == outcome.job_id and not edge.inside then
        local accepted = outside_outcome(y, edge)
        if accepted then decide(y, edge, accepted) end
      end
    end
    if spec then release.settle(y, spec, 'release') end
  end
end

-- Makes an outcome known to runs other than its own. A manual run keeps to itself unless asked to propagate.
local function deposit(x, status)
  if x.manual and not x.propagate then return nil end
  local packed = redis.call('HGET', key('outcomes'), x.job_id)
  local outcomes = packed and cmsgpack.unpack(packed) or { seq = 0 }
  outcomes.seq = outcomes.seq + 1
  local outcome = { execution_id = x.execution_id, job_id = x.job_id, status = status, reason = x.reason or nil,
    scheduled_time = x.scheduled_time, seq = outcomes.seq }
  outcomes.latest = outcome
  if status == 'COMPLETED' then outcomes.success = outcome end
  redis.call('HSET', key('outcomes'), x.job_id, cmsgpack.pack(outcomes))
  wake_waiters(outcome)
  return outcome.seq
end

-- Begins the release of everything that waits for x. Returns true where there is nothing to release inside
-- the run; otherwise the release is queued and release.drain() carries it on.
-- command: what ends the chain; its actor and op are kept for the COMPLETED that the last batch writes.
function release.start(x, status, command)
  x.outcome_seq = deposit(x, status) or false
  if #dependents_of(x) == 0 then return true end
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
    seq = x.outcome_seq or nil }
  local dependents = dependents_of(x)
  for index = from, #dependents do
    if release.budget <= 0 then return index end
    release.budget = release.budget - 1
    release_one(x, dependents[index], outcome)
  end
  return nil
end

-- Carries on what earlier calls left over.
function release.resume()
  for index, execution_id in ipairs(redis.call('ZRANGE', key('releasing'), 0, 9)) do
    local x = record.load(execution_id)
    if x and x.releasing then
      release.queue[#release.queue + 1] = { x = x, from = tonumber(redis.call('ZSCORE', key('releasing'), execution_id)) }
    else
      redis.call('ZREM', key('releasing'), execution_id)
    end
  end
end

function release.drain()
  local at = 1
  while release.queue[at] do
    local item = release.queue[at]
    local next_index = release_from(item.x, item.from)
    if next_index then
      redis.call('ZADD', key('releasing'), next_index, item.x.execution_id)
      reply.more = true
    else
      finished(item.x)
    end
    at = at + 1
  end
end
