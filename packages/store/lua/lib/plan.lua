-- Plans: what the root of a run starts, as it stood when the run began.
--
-- plan:<plan_id>    job:<job_id> -> packed job with its edges; dependents:<job_id> -> packed list of job ids;
--                   complete -> written last: a plan without it was cut off and is not used

plan = {}

on_begin(function()
  plan.known = {}
  plan.kept = {}
end)

local function read_plan(plan_id, field)
  local name = plan_id .. '/' .. field
  local known = plan.known[name]
  if known == nil then
    local packed = redis.call('HGET', key('plan:' .. plan_id), field)
    known = packed and cmsgpack.unpack(packed) or false
    plan.known[name] = known
  end
  return known
end

function plan.is_complete(plan_id)
  return read_plan(plan_id, 'complete') == true
end

-- The same as in src/plans.ts: far longer than any run may wait.
local PLAN_KEPT_SECONDS = 7776000

-- Lets a plan outlive its last use, not its first.
function plan.keep(plan_id)
  if plan.kept[plan_id] then return end
  plan.kept[plan_id] = true
  redis.call('EXPIRE', key('plan:' .. plan_id), PLAN_KEPT_SECONDS)
end

-- The job as a plan has it, edges included; false where the plan does not hold it.
function plan.job(plan_id, job_id)
  return read_plan(plan_id, 'job:' .. job_id)
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

function plan.dependents(x)
  return read_plan(x.plan_id, 'dependents:' .. x.job_id) or {}
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
