-- Plans: what the root of a run starts, as it stood when the run began.
--
-- plan:<plan_id>    job:<job_id> -> packed job with its edges; dependents:<job_id> -> packed list of job ids

local plan = {}

on_begin(function()
  plan.known = {}
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

-- The job as a plan has it, edges included; false where the plan does not hold it.
function plan.job(plan_id, job_id)
  return read_plan(plan_id, 'job:' .. job_id)
end

-- The job of an execution as its own run's plan has it.
function plan.of(x)
  return plan.job(x.plan_id, x.job_id)
end

function plan.dependents(x)
  return read_plan(x.plan_id, 'dependents:' .. x.job_id) or {}
end
