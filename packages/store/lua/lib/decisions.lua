-- Decisions: what has decided each edge of an execution, as it is stored.
--
-- edges:<execution_id>     edge -> sealed { verdict, dependency_id, execution_id, job_id, time, seq, ... } of the upstream's outcome
-- conditions               <execution_id>|<edge> of edges whose condition has to be evaluated, by when they were asked
--
-- Verdicts: met; waived: it does not matter any more; unmet; skip: the upstream was skipped, and that passes on; false: its condition
-- is false; asked: its condition is still to be evaluated, which Lua cannot. Edges with the same dependency_id are one dependency,
-- which any of them meets.
--
-- The record counts how many edges are decided: so what is gone is missed. Where a decision cannot be read they are decided anew.

decisions = {}

-- The field of the record that counts a verdict; none for one that is still open.
decisions.COUNTED_AS = { met = 'edges_met', waived = 'edges_met', unmet = 'edges_unmet', skip = 'edges_unmet', ['false'] = 'edges_unmet' }

on_begin(function()
  decisions.known = {}
end)

-- A command on the decisions of an execution.
function decisions.call(y, command, ...)
  return damage.call('EDGES', y.execution_id, command, 'edges:' .. y.execution_id, ...)
end

-- The executions whose outcomes have decided edges of a chain, whatever they came to.
function decisions.upstreams(y)
  local ids = {}
  local chain = record.chain_of(y)
  for _, packed in ipairs(damage.call('EDGES', chain, 'HVALS', 'edges:' .. chain) or {}) do
    local decision = sealed.unpack(packed)
    if decision then ids[#ids + 1] = decision.execution_id end
  end
  return ids
end

-- For one that is created in this call: nothing is decided yet, which the entry 0 says.
function decisions.begin(y)
  decisions.known[y.execution_id] = { [0] = true }
  y.edges_decided = y.has_edges and 0
end

local function known_of(y)
  local known = decisions.known[y.execution_id]
  if not known then
    known = {}
    decisions.known[y.execution_id] = known
    if y.edges_decided and decisions.call(y, 'HLEN') ~= y.edges_decided then rebuild_edges.of(y) end
  end
  return decisions.known[y.execution_id]
end

-- What has decided an edge, or nil.
function decisions.of(y, edge)
  local known = known_of(y)
  local name = outcomes.edge_name(edge)
  if known[name] == nil and not known[0] then
    local packed = decisions.call(y, 'HGET', name)
    known[name] = sealed.unpack(packed) or false
    if packed and not known[name] then
      rebuild_edges.of(y, packed)
      known = decisions.known[y.execution_id]
    end
  end
  return known[name] or nil
end

function decisions.store(y, edge, decision)
  local name = outcomes.edge_name(edge)
  local was_decided = decisions.of(y, edge) ~= nil
  known_of(y)[name] = decision or false
  if y.edges_decided and was_decided ~= (decision ~= nil) then
    y.edges_decided = y.edges_decided + (decision and 1 or -1)
    record.touch(y)
  end
  if decision then redis.call('HSET', key('edges:' .. y.execution_id), name, sealed.pack(decision))
  else redis.call('HDEL', key('edges:' .. y.execution_id), name) end
end

-- The verdict of a dependency with several edges: any of them meets it, and all have to fail for it to fail.
local function verdict_of_several(y, spec, dependency_id)
  local verdicts = {}
  for _, edge in ipairs(spec.edges) do
    if edge.dependency_id == dependency_id then
      local decision = decisions.of(y, edge)
      verdicts[decision and decision.verdict or 'none'] = true
    end
  end
  if verdicts.met then return 'met' end
  if verdicts.none or verdicts.asked then return nil end
  return verdicts.waived and 'waived' or verdicts.unmet and 'unmet' or verdicts['false'] and 'false' or 'skip'
end

function decisions.verdict(y, spec, edge)
  if edge.other_producers then return verdict_of_several(y, spec, edge.dependency_id) end
  local decision = decisions.of(y, edge)
  return decision and decision.verdict
end

local function recount(y, before, after)
  local was, is = decisions.COUNTED_AS[before or ''], decisions.COUNTED_AS[after or '']
  if was then y[was] = y[was] - 1 end
  if is then y[is] = y[is] + 1 end
  record.touch(y)
end

-- Of the condition of an edge, among all that are asked.
function decisions.condition_name(y, edge)
  return y.execution_id .. '|' .. outcomes.edge_name(edge)
end

-- decision: nil where the edge is open again.
function decisions.write(y, spec, edge, decision)
  local before = decisions.verdict(y, spec, edge)
  decisions.store(y, edge, decision)
  if decision and decision.verdict == 'asked' then
    redis.call('ZADD', key('conditions'), now_ms, decisions.condition_name(y, edge))
    reply.conditions = true
  elseif edge.condition then
    redis.call('ZREM', key('conditions'), decisions.condition_name(y, edge))
  end
  recount(y, before, decisions.verdict(y, spec, edge))
end
