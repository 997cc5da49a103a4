-- Settling a PENDING execution: what follows from how its edges stand (Rule 2; docs/adr/0016-outcomes.md).
--
-- gathering     job_id -> the execution that waits for outcomes from outside its run on behalf of the newest run

settle = {}

local function gathering_of(job_id)
  return (damage.call('GATHERING', job_id, 'HGET', 'gathering', job_id))
end

-- For one that leaves PENDING.
function settle.stop_waiting(y)
  if not y.has_edges then return end
  edges.stop_waiting(y)
  if gathering_of(y.job_id) == y.execution_id then redis.call('HDEL', key('gathering'), y.job_id) end
end

-- Whether the executions of a job contend for outcomes from outside, run against run: then the newest run's goes on and the others are
-- superseded. One with an EACH edge inside does not: each outcome of that upstream is to be taken.
local function gathers(y, spec)
  if y.manual or not outcomes.joins_runs(spec) then return false end
  for _, edge in ipairs(spec.edges) do
    if edge.inside and edge.join == 'EACH' then return false end
  end
  return true
end

-- For one that gives way to another of its job.
function settle.supersede(y, by)
  transition.perform(y, { event = 'SKIP', actor = 'release', reason = 'SKIP_007_SUPERSEDED', detail = by })
end

local function is_of_later_run(x, y)
  if x.scheduled_time ~= y.scheduled_time then return x.scheduled_time > y.scheduled_time end
  return x.created_time > y.created_time
end

-- Has an execution take the place of the one that waits on behalf of an earlier run, or give way to that of a later one.
-- Returns whether it goes on.
local function contend(y, spec)
  if y.edges_unmet > 0 or not standing.only_outside_is_open(y, spec) then return true end
  local open = gathering_of(y.job_id)
  local other = open and open ~= y.execution_id and record.load(open)
  local is_open = other and other.status == 'PENDING'
  if is_open and is_of_later_run(other, y) or edges.came_too_late(y, spec) then
    settle.supersede(y, open)
    return false
  end
  redis.call('HSET', key('gathering'), y.job_id, y.execution_id)
  if is_open then
    edges.take_place(y, spec, other)
    settle.supersede(other, y.execution_id)
  end
  return true
end

-- Lets an execution whose dependencies are met go to the gate, in the span that its temporal edges leave it.
function settle.let_in(y, spec, command)
  local opens, closes = -math.huge, math.huge
  if not y.ignore_dependencies then opens, closes = standing.time_frame(y, spec) end
  if now_ms > closes then
    transition.perform(y, { event = 'ABANDON', actor = command.actor, op = command.op, reason = 'DEP_006_WINDOW_MISSED' })
  elseif now_ms < opens then
    settle.stop_waiting(y)
    y.not_before = opens
    record.touch(y)
    gate.wait(y)
    redis.call('ZADD', key('delayed'), opens, y.execution_id)
  else
    gate.enter(y, spec, command)
  end
end

local function block(y, spec, actor)
  edges.consume_blocking(y, spec)
  local event, reason, detail = standing.why_blocked(y, spec)
  transition.perform(y, { event = event, actor = actor, reason = reason, detail = detail })
end

-- Moves a PENDING execution on if its edges allow it.
function settle.move(y, spec, actor)
  if y.status ~= 'PENDING' or y.hold or y.not_before then return end
  if not spec.enabled then
    transition.perform(y, { event = 'SKIP', actor = actor, reason = 'SKIP_004_JOB_DISABLED' })
    return
  end
  local waits = y.has_edges and not y.ignore_dependencies
  if waits and spec.in_cycle then
    transition.perform(y, { event = 'ABANDON', actor = actor, reason = 'DEP_002_CYCLE_DETECTED',
      detail = standing.describe_all(spec) })
    return
  end
  if waits and gathers(y, spec) and not contend(y, spec) then return end
  local stands = standing.of(y, spec)
  if waits and stands ~= 'waiting' and rebuild_edges.were_damaged(y, spec) then stands = standing.of(y, spec) end
  if waits and stands == 'ready' and edges.reopen_used(y, spec) then stands = standing.of(y, spec) end
  if stands == 'waiting' then
    gate.wait(y)
  elseif stands == 'ready' then
    if waits then edges.consume(y, spec) end
    settle.let_in(y, spec, { actor = actor })
  elseif stands == 'missing' then
    transition.perform(y, { event = 'ABANDON', actor = actor, reason = 'DEP_001_MISSING_UPSTREAM',
      detail = standing.describe_missing(spec) })
  else
    block(y, spec, actor)
  end
end
