-- Deciding the edges of an execution anew where a decision cannot be read or is gone, from what the records of its run and the outcomes
-- from outside say (docs/adr/0038-damaged-state.md).

rebuild_edges = {}

local damaged

on_begin(function()
  damaged = {}
end)

local LOST = 'STATE_009_DEPENDENCY_STATE_LOST'

-- What was taken once, and from nowhere else can be known: the edge is not met.
local function write_lost(y, spec, edge)
  decisions.write(y, spec, edge, { verdict = 'unmet', dependency_id = edge.dependency_id, execution_id = '', job_id = edge.upstream_job_id,
    time = 0, seq = 0, problem = LOST, detail = edge.dependency_id })
end

-- The outcome that an upstream in the run has told, or nil.
local function told_inside(y, edge)
  local last = pass.upstream_of(y, edge.upstream_job_id)
  if not last then return nil end
  local is_released = generated.terminal[last.status] or last.releasing and not last.releasing[3]
  if not is_released and not (last.published and edge.dependency_type == 'DATA_READY') then return nil end
  local outcome = outcomes.of(last, last.status == 'COMPLETING' and 'COMPLETED' or last.status)
  outcome.seq = last.outcome_seq or 0
  return (is_released or outcomes.was_published(outcome, edge)) and outcome or nil
end

-- Of what is left, what can be read.
local function read_rest(y, spec)
  local rest = {}
  for _, edge in ipairs(spec.edges) do
    local name = outcomes.edge_name(edge)
    rest[name] = sealed.unpack((decisions.call(y, 'HGET', name)))
  end
  return rest
end

-- Returns the edges of which neither what is left nor the run tells anything: each with whether its outcomes are taken once.
local function decide_anew(y, spec, rest)
  local open = {}
  for _, edge in ipairs(spec.edges) do
    local earlier = rest[outcomes.edge_name(edge)]
    local taken_once = edge.join == 'EACH' and not y.manual and (not edge.inside or outcomes.joins_runs(spec))
    local outcome = not earlier and edge.inside and not taken_once and told_inside(y, edge)
    if earlier then decisions.write(y, spec, edge, earlier)
    elseif outcome then edges.decide(y, spec, edge, outcome)
    else open[#open + 1] = { edge, taken_once } end
  end
  return open
end

-- Decides the edges from outside again that nothing inside the run tells of.
-- open: { edge, whether its outcomes are taken once }; decided: how many edges had been decided
local function look_for(y, spec, open, decided)
  for _, entry in ipairs(open) do
    local edge, taken_once = unpack(entry)
    if not edge.inside and not taken_once then edges.look_outside(y, spec, edge) end
  end
  -- What is still missing then was taken once.
  for _, entry in ipairs(open) do
    local edge, taken_once = unpack(entry)
    if taken_once and y.edges_decided < decided then write_lost(y, spec, edge) end
  end
end

-- Decides the edges of an execution anew. bytes: what could not be read; nil where something is missing
function rebuild_edges.of(y, bytes)
  local spec = plan.of(y)
  damaged[y.execution_id] = true
  if damage.only_reads or not spec then return end
  damage.note('EDGES', y.execution_id, bytes or false)
  local rest = read_rest(y, spec)
  redis.call('UNLINK', key('edges:' .. y.execution_id))
  decisions.known[y.execution_id] = { [0] = true }
  local decided = y.edges_decided or 0
  y.edges_met, y.edges_unmet, y.edges_decided = 0, 0, 0
  local open = decide_anew(y, spec, rest)
  look_for(y, spec, open, decided)
  record.touch(y)
end

-- For one that is about to move on by its edges: whether any was damaged, and is decided anew by now.
-- at_most: how many to look at; all where left out
function rebuild_edges.were_damaged(y, spec, at_most)
  for index = 1, math.min(#spec.edges, at_most or #spec.edges) do
    decisions.of(y, spec.edges[index])
  end
  return damaged[y.execution_id] == true
end
