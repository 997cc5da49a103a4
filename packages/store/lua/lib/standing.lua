-- Standing: what the decided edges of an execution come to (Rule 2).

standing = {}

-- How many dependencies there are: the edges with the same dependency_id are one.
local function count(spec)
  if not spec.dependencies then
    local seen, total = {}, 0
    for _, edge in ipairs(spec.edges) do
      if not seen[edge.dependency_id] then total = total + 1 end
      seen[edge.dependency_id] = true
    end
    spec.dependencies = total
  end
  return spec.dependencies
end

local function names_of(spec, is_meant)
  local names = {}
  for _, edge in ipairs(spec.edges) do
    if is_meant(edge) then names[#names + 1] = edge.dependency_id end
  end
  return table.concat(names, ', ')
end

-- The dependencies whose upstream is not registered at all, by their ids; empty where there is none.
function standing.describe_missing(spec)
  return names_of(spec, function(edge) return edge.missing end)
end

function standing.describe_all(spec)
  return names_of(spec, function() return true end)
end

-- The dependencies that nothing has decided yet, by their ids.
function standing.describe_open(y, spec)
  return names_of(spec, function(edge) return not decisions.verdict(y, spec, edge) end)
end

-- ready: its dependencies are met. blocked: they cannot be met any more. missing: an upstream is not registered.
-- waiting: none of these yet.
function standing.of(y, spec)
  local total = count(spec)
  if y.ignore_dependencies or total == 0 then return 'ready' end
  if spec.require_all then
    if y.edges_unmet > 0 then return 'blocked' end
    if standing.describe_missing(spec) ~= '' then return 'missing' end
    return y.edges_met == total and 'ready' or 'waiting'
  end
  if y.edges_met > 0 then return 'ready' end
  return y.edges_unmet == total and 'blocked' or 'waiting'
end

-- Whether all that still decides comes from outside the run.
function standing.only_outside_is_open(y, spec)
  for _, edge in ipairs(spec.edges) do
    if edge.inside and not decisions.COUNTED_AS[decisions.verdict(y, spec, edge) or ''] then return false end
  end
  return true
end

-- Why a blocked execution cannot run: the event that ends it and the reason.
function standing.why_blocked(y, spec)
  local found = {}
  for _, edge in ipairs(spec.edges) do
    local decision = decisions.of(y, edge)
    if decision then found[decision.verdict] = found[decision.verdict] or decision end
  end
  if found.unmet then return 'ABANDON', found.unmet.problem or 'DEP_004_UPSTREAM_NOT_MET', found.unmet.detail end
  if found['false'] then return 'SKIP', 'SKIP_006_CONDITION_FALSE', found['false'].dependency_id end
  return 'SKIP', 'SKIP_005_UPSTREAM_SKIPPED', found.skip and found.skip.execution_id
end

-- By how much a run began after its nominal time.
local function lateness(y)
  local root = record.load(y.run_id)
  return root and math.max(0, root.created_time - root.scheduled_time) or 0
end

-- The span in which an execution may be queued by the windows of its temporal edges inside the run: from when on, until when.
function standing.time_frame(y, spec)
  local opens, closes = -math.huge, math.huge
  for _, edge in ipairs(spec.edges) do
    local decision = edge.window and edge.inside and decisions.of(y, edge)
    if decision and decision.verdict == 'met' then
      local base = decision.time + lateness(y)
      opens = math.max(opens, base + (edge.window.after_ms or -math.huge))
      closes = math.min(closes, base + (edge.window.within_ms or math.huge))
    end
  end
  return opens, closes
end

-- Whether an execution may leave PENDING for QUEUED; a retry's dependencies were met by its first attempt.
function standing.is_ready(y)
  return y.attempt_number > 1 or standing.of(y, plan.of(y)) == 'ready'
end
