-- Invariant 4: whoever depends on a chain that has ended has its outcome. By induction from the root of a run, nothing of its plan waits
-- for what will not come.

released = {}

on_begin(function()
  released.budget = 200
end)

-- Whether the outcome of x is still what others in its run go by: it has ended, and no later pass runs its job again.
local function counts(x)
  if not generated.terminal[x.status] or x.retried_by or x.releasing or not plan.is_complete(x.plan_id) then return false end
  return not history.is_removing(x.run_id) and not pass.runs_again(x)
end

-- How many dependents there are to look at.
function released.count(x)
  return counts(x) and #(plan.dependents(x) or {}) or 0
end

-- Whether a dependent waits for the outcome of x and does not have it.
local function lacks(y, x)
  if not indexes.waits(y) or not y.has_edges or y.ignore_dependencies then return false end
  local spec = plan.of(y)
  for _, edge in ipairs(spec and spec.edges or {}) do
    if edge.inside and edge.upstream_job_id == x.job_id and not edges.is_decided(y, edge) then return true end
  end
  return false
end

local function check_dependent(x, job_id)
  local spec = plan.job(x.plan_id, job_id)
  local y, id = pass.find(x, job_id)
  if not spec or not y and not id or y and not lacks(y, x) then return end
  findings.of_execution('DEPENDENT_NOT_RELEASED', x,
    'has ended, and ' .. job_id .. (y and ' (' .. y.execution_id .. ') waits for it' or ' was not created'), function()
      release.again(x)
      release.drain()
    end)
end

-- Returns the index of the dependent that comes next where there are more than one call may look at, or nil.
function released.check(x, from)
  local dependents = counts(x) and plan.dependents(x) or {}
  for index = from, #dependents do
    if released.budget <= 0 then return index end
    released.budget = released.budget - 1
    check_dependent(x, dependents[index])
  end
  return nil
end
