-- Plans: what the root of a run starts, as it stood when the run began.
--
-- plan:<plan_id>    job:<job_id> -> sealed job with its edges; dependents:<job_id> -> sealed list of job ids, of every job;
--                   complete -> written last: a plan without it was cut off and is not used
--                   lost -> beside nothing else: it was damaged, and could not be made again
--
-- An entry that cannot be read, or is gone, leaves what it decides undecided until recovery has made the plan again
-- (docs/adr/0038-damaged-state.md).

plan = {}

-- Told apart from false, the entry of a plan that is lost.
local UNREADABLE = {}

on_begin(function()
  plan.known = {}
  plan.kept = {}
  plan.lost = {}
end)

local function is_lost(plan_id)
  if plan.lost[plan_id] == nil then
    plan.lost[plan_id] = damage.call('PLAN', plan_id, 'HEXISTS', 'plan:' .. plan_id, 'lost') == 1
  end
  return plan.lost[plan_id]
end

-- Builds before 38 wrote no list for a job without dependents.
local function may_be_absent(plan_id, field)
  return starts_with(field, 'dependents:') and redis.call('HGET', key('plan:' .. plan_id), 'complete') == '\195'
end

local function examine(plan_id, field)
  local packed = damage.call('PLAN', plan_id, 'HGET', 'plan:' .. plan_id, field)
  local value = sealed.unpack(packed)
  if value then return value end
  if is_lost(plan_id) then return false end
  if not packed and may_be_absent(plan_id, field) then return {} end
  damage.note('PLAN', plan_id, packed)
  return UNREADABLE
end

local function read_plan(plan_id, field)
  local name = plan_id .. '/' .. field
  local known = plan.known[name]
  if known == nil then
    known = examine(plan_id, field)
    plan.known[name] = known
  end
  return known
end

function plan.is_complete(plan_id)
  return damage.call('PLAN', plan_id, 'HEXISTS', 'plan:' .. plan_id, 'complete') == 1
end

-- The same as in src/plans.ts: far longer than any run may wait.
local PLAN_KEPT_SECONDS = 7776000

-- Lets a plan outlive its last use, not its first.
function plan.keep(plan_id)
  if plan.kept[plan_id] then return end
  plan.kept[plan_id] = true
  redis.call('EXPIRE', key('plan:' .. plan_id), PLAN_KEPT_SECONDS)
end

-- The job as a plan has it, edges included; false where the plan is lost, or cannot be read (any more).
function plan.job(plan_id, job_id)
  local spec = read_plan(plan_id, 'job:' .. job_id)
  return spec ~= UNREADABLE and spec
end

-- Whether that is only for now: recovery makes the plan again.
function plan.is_awaited(plan_id, job_id)
  return read_plan(plan_id, 'job:' .. job_id) == UNREADABLE
end

-- The job of an execution as its own run's plan has it.
function plan.of(x)
  return plan.job(x.plan_id, x.job_id)
end

-- The datasets that an execution publishes by its end.
function plan.produced_by(x)
  local spec = plan.of(x)
  return spec and spec.produces or {}
end

-- nil where they cannot be read for now.
function plan.dependents(x)
  local list = read_plan(x.plan_id, 'dependents:' .. x.job_id)
  if list == UNREADABLE then return nil end
  return list or {}
end

-- Whether all can be read that tells what follows from the end of an execution.
function plan.tells_of(x)
  return plan.dependents(x) ~= nil and not plan.is_awaited(x.plan_id, x.job_id)
end

-- Whether the jobs of its dependents can be read as well.
function plan.tells_dependents_of(x)
  for _, job_id in ipairs(plan.dependents(x) or {}) do
    if plan.is_awaited(x.plan_id, job_id) then return false end
  end
  return plan.tells_of(x)
end

-- What could not be made again: whoever goes by it ends without it.
function plan.give_up(plan_id)
  redis.call('UNLINK', key('plan:' .. plan_id))
  redis.call('HSET', key('plan:' .. plan_id), 'lost', now_ms)
  plan.kept[plan_id] = nil
  plan.keep(plan_id)
  plan.known, plan.lost = {}, {}
end

-- The graph that is registered now; plans are made from it.
local registered_graph

on_begin(function()
  registered_graph = nil
end)

function plan.graph_id()
  if registered_graph == nil then registered_graph = redis.call('HGET', key('meta'), 'graph_id') end
  return registered_graph
end
