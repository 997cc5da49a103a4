-- Edges: the dependencies of a PENDING execution, and what has decided them (Rule 2).
--
-- edges:<execution_id>     dependency_id -> packed { verdict, execution_id, job_id, seq } of the upstream
-- outcomes                 job_id -> packed { seq, latest, success }: its latest outcome, and the latest COMPLETED
-- consumed                 dependency of a job -> the highest seq it has used up
-- waiters:<job_id>         PENDING executions that wait for an outcome of the job from outside their run, by creation
-- dependency_deadlines     PENDING executions, by the time at which their wait ends

edges = {}

local function edges_key(execution_id)
  return key('edges:' .. execution_id)
end

local function consumption(job_id, edge)
  return job_id .. '|' .. edge.dependency_id
end

function edges.consumed_seq(job_id, edge)
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

function edges.decide(y, edge, outcome)
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

-- The same for an execution that may have been planned by another run, at another revision of its job.
function edges.decide_by_id(y, spec, dependency_id, outcome)
  for _, edge in ipairs(spec.edges) do
    if edge.dependency_id == dependency_id then edges.decide(y, edge, outcome) end
  end
end

-- The deposited outcome that decides an edge from outside, or nil. One that would not meet it is waited out:
-- the upstream may yet succeed before the time-out.
function edges.outside_outcome(y, edge)
  local packed = redis.call('HGET', key('outcomes'), edge.upstream_job_id)
  if not packed then return nil end
  local outcomes = cmsgpack.unpack(packed)
  local outcome = outcomes[edge.dependency_type == 'SUCCESS' and 'success' or 'latest']
  if not outcome then return nil end
  local latest = y.manual or edge.join == 'LATEST'
  if not latest and outcome.seq <= edges.consumed_seq(y.job_id, edge) then return nil end
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

function edges.wait(y, spec)
  for _, edge in ipairs(spec.edges) do
    if not edge.inside then
      local outcome = edges.outside_outcome(y, edge)
      if outcome then edges.decide(y, edge, outcome)
      else redis.call('ZADD', key('waiters:' .. edge.upstream_job_id), y.created_time, y.execution_id) end
    end
  end
  local deadline = next_deadline(y, spec)
  if deadline < math.huge then redis.call('ZADD', key('dependency_deadlines'), deadline, y.execution_id) end
end

-- For one that leaves PENDING.
function edges.stop_waiting(y)
  if not y.has_edges then return end
  local spec = plan.of(y)
  redis.call('ZREM', key('dependency_deadlines'), y.execution_id)
  for _, edge in ipairs(spec.edges) do
    if not edge.inside then redis.call('ZREM', key('waiters:' .. edge.upstream_job_id), y.execution_id) end
  end
end

function edges.consume(y, spec)
  if y.manual then return end
  for _, edge in ipairs(spec.edges) do
    local packed = redis.call('HGET', edges_key(y.execution_id), edge.dependency_id)
    local seq = packed and cmsgpack.unpack(packed).seq or 0
    if seq > edges.consumed_seq(y.job_id, edge) then redis.call('HSET', key('consumed'), consumption(y.job_id, edge), seq) end
  end
end

-- Whether an upstream is not registered at all.
local function misses_upstream(spec)
  for _, edge in ipairs(spec.edges) do
    if edge.missing then return true end
  end
  return false
end

-- ready: its dependencies are met. blocked: they cannot be met any more. missing: an upstream is not registered.
-- waiting: none of these yet.
function edges.standing(y, spec)
  local total = #spec.edges
  if y.ignore_dependencies or total == 0 then return 'ready' end
  if spec.require_all then
    if y.edges_unmet > 0 then return 'blocked' end
    if misses_upstream(spec) then return 'missing' end
    return y.edges_met == total and 'ready' or 'waiting'
  end
  if y.edges_met > 0 then return 'ready' end
  return y.edges_unmet == total and 'blocked' or 'waiting'
end

-- Whether an execution may leave PENDING for QUEUED; a retry's dependencies were met by its first attempt.
function edges.is_ready(y)
  return y.attempt_number > 1 or edges.standing(y, plan.of(y)) == 'ready'
end

-- Whether the wait for an edge has run out. Where the edge that was due has been decided meanwhile, the
-- deadline moves to the next one.
function edges.has_timed_out(y)
  local deadline = next_deadline(y, plan.of(y))
  if deadline <= now_ms then return true end
  if deadline == math.huge then redis.call('ZREM', key('dependency_deadlines'), y.execution_id)
  else redis.call('ZADD', key('dependency_deadlines'), deadline, y.execution_id) end
  return false
end

-- Makes an outcome known to runs other than its own. A manual run keeps to itself unless asked to propagate.
-- Returns the outcome's seq, or nil where it was not deposited.
function edges.deposit(x, status)
  if x.manual and not x.propagate then return nil end
  local packed = redis.call('HGET', key('outcomes'), x.job_id)
  local outcomes = packed and cmsgpack.unpack(packed) or { seq = 0 }
  outcomes.seq = outcomes.seq + 1
  local outcome = { execution_id = x.execution_id, job_id = x.job_id, status = status, reason = x.reason or nil,
    scheduled_time = x.scheduled_time, seq = outcomes.seq }
  outcomes.latest = outcome
  if status == 'COMPLETED' then outcomes.success = outcome end
  redis.call('HSET', key('outcomes'), x.job_id, cmsgpack.pack(outcomes))
  return outcome.seq
end
