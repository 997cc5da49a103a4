-- Edges: the dependencies of a PENDING execution, and what has decided them (Rule 2).
--
-- edges:<execution_id>     edge -> sealed { verdict, dependency_id, execution_id, job_id, time, seq, ... } of the upstream's outcome
-- waiters:<job_id>         PENDING executions that wait for an outcome of the job from outside their run, by creation
-- conditions               <execution_id>|<edge> of edges whose condition has to be evaluated, by when they were asked
-- dependency_deadlines     PENDING executions, by the time at which their wait ends
--
-- Verdicts: met; waived: it does not matter any more; unmet; skip: the upstream was skipped, and that passes on; false: its condition
-- is false; asked: its condition is still to be evaluated, which Lua cannot. Edges with the same dependency_id are one dependency,
-- which any of them meets.
--
-- The record counts how many edges are decided: so what is gone is missed. Where a decision cannot be read they are decided anew, from what
-- the upstreams' records and outcomes say (docs/adr/0038-damaged-state.md).

edges = {}

-- returned: jobs whose outcomes were put back for whoever takes each of them
on_begin(function()
  edges.known = {}
  edges.returned = {}
  edges.damaged = {}
end)

local function edges_key(execution_id)
  return key('edges:' .. execution_id)
end

local function call(y, command, ...)
  return damage.call('EDGES', y.execution_id, command, 'edges:' .. y.execution_id, ...)
end

-- What an outcome means for an edge.
local function judge(edge, outcome)
  if starts_with(outcome.reason or '', 'SKIP_') then
    return edge.skip_on_upstream_skip and 'skip' or 'waived'
  end
  local is_met = outcome.status == 'COMPLETED'
  if edge.dependency_type == 'COMPLETION' then is_met = outcome.reason ~= 'CANCEL_002_CASCADED' end
  if edge.dependency_type == 'DATA_READY' then
    is_met = is_met or outcome.published ~= nil or outcomes.was_published(outcome, edge)
  end
  if not is_met then return 'unmet' end
  return edge.condition and 'asked' or 'met'
end

local COUNTED_AS = { met = 'edges_met', waived = 'edges_met', unmet = 'edges_unmet', skip = 'edges_unmet', ['false'] = 'edges_unmet' }

-- The executions whose outcomes have decided edges of a chain, whatever they came to.
function edges.upstreams(y)
  local ids = {}
  local chain = record.chain_of(y)
  for _, packed in ipairs(damage.call('EDGES', chain, 'HVALS', 'edges:' .. chain) or {}) do
    local decision = sealed.unpack(packed)
    if decision then ids[#ids + 1] = decision.execution_id end
  end
  return ids
end

-- For one that is created in this call: nothing is decided yet, which the entry 0 says.
function edges.begin(y)
  edges.known[y.execution_id] = { [0] = true }
  y.edges_decided = y.has_edges and 0
end

local rebuild

local function known_of(y)
  local known = edges.known[y.execution_id]
  if not known then
    known = {}
    edges.known[y.execution_id] = known
    if y.edges_decided and call(y, 'HLEN') ~= y.edges_decided then rebuild(y) end
  end
  return edges.known[y.execution_id]
end

local function decision_of(y, edge)
  local known = known_of(y)
  local name = outcomes.edge_name(edge)
  if known[name] == nil and not known[0] then
    local packed = call(y, 'HGET', name)
    known[name] = sealed.unpack(packed) or false
    if packed and not known[name] then
      rebuild(y, packed)
      known = edges.known[y.execution_id]
    end
  end
  return known[name] or nil
end

local function store(y, edge, decision)
  local name = outcomes.edge_name(edge)
  local was_decided = decision_of(y, edge) ~= nil
  known_of(y)[name] = decision or false
  if y.edges_decided and was_decided ~= (decision ~= nil) then
    y.edges_decided = y.edges_decided + (decision and 1 or -1)
    record.touch(y)
  end
  if decision then redis.call('HSET', edges_key(y.execution_id), name, sealed.pack(decision))
  else redis.call('HDEL', edges_key(y.execution_id), name) end
end

-- The verdict of a dependency with several edges: any of them meets it, and all have to fail for it to fail.
local function verdict_of_several(y, spec, dependency_id)
  local verdicts = {}
  for _, edge in ipairs(spec.edges) do
    if edge.dependency_id == dependency_id then
      local decision = decision_of(y, edge)
      verdicts[decision and decision.verdict or 'none'] = true
    end
  end
  if verdicts.met then return 'met' end
  if verdicts.none or verdicts.asked then return nil end
  return verdicts.waived and 'waived' or verdicts.unmet and 'unmet' or verdicts['false'] and 'false' or 'skip'
end

local function verdict_of(y, spec, edge)
  if edge.other_producers then return verdict_of_several(y, spec, edge.dependency_id) end
  local decision = decision_of(y, edge)
  return decision and decision.verdict
end

local function recount(y, before, after)
  local was, is = COUNTED_AS[before or ''], COUNTED_AS[after or '']
  if was then y[was] = y[was] - 1 end
  if is then y[is] = y[is] + 1 end
  record.touch(y)
end

local function condition_name(y, edge)
  return y.execution_id .. '|' .. outcomes.edge_name(edge)
end

-- decision: nil where the edge is open again.
local function write(y, spec, edge, decision)
  local before = verdict_of(y, spec, edge)
  store(y, edge, decision)
  if decision and decision.verdict == 'asked' then
    redis.call('ZADD', key('conditions'), now_ms, condition_name(y, edge))
    reply.conditions = true
  elseif edge.condition then
    redis.call('ZREM', key('conditions'), condition_name(y, edge))
  end
  recount(y, before, verdict_of(y, spec, edge))
end

-- from_queue: whether the outcome was taken from the queue of those that are taken once, where it goes back to if it is not used
local function decide(y, spec, edge, outcome, from_queue)
  write(y, spec, edge, { verdict = judge(edge, outcome), dependency_id = edge.dependency_id, execution_id = outcome.execution_id,
    job_id = outcome.job_id, time = outcome.time, seq = outcome.seq, outcome = from_queue and outcome or nil })
end

local LOST = 'STATE_009_DEPENDENCY_STATE_LOST'

-- What was taken once, and from nowhere else can be known: the edge is not met.
local function write_lost(y, spec, edge)
  write(y, spec, edge, { verdict = 'unmet', dependency_id = edge.dependency_id, execution_id = '', job_id = edge.upstream_job_id,
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
    rest[name] = sealed.unpack((call(y, 'HGET', name)))
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
    if earlier then write(y, spec, edge, earlier)
    elseif outcome then decide(y, spec, edge, outcome)
    else open[#open + 1] = { edge, taken_once } end
  end
  return open
end

-- Returns false where the outcome is to be taken once, and another execution of the job has taken it.
local function decide_one_inside(y, spec, edge, outcome)
  -- What a dataset's publication has decided stays; a producer that is run again may publish after all.
  local earlier = edge.dependency_type == 'DATA_READY' and decision_of(y, edge)
  if earlier and earlier.verdict ~= 'unmet' and earlier.verdict ~= 'skip' then return true end
  if edge.join ~= 'EACH' or outcome.seq == 0 or not outcomes.joins_runs(spec) then
    decide(y, spec, edge, outcome)
    return true
  end
  local first = outcomes.take_turn(y.job_id, edge, outcome)
  if first then decide(y, spec, edge, first, first ~= outcome) end
  return first ~= nil
end

-- Decides what an outcome of the own run decides. Returns false where another execution of the job has taken it.
function edges.decide_inside(y, spec, outcome)
  for _, edge in ipairs(spec.edges) do
    if edge.inside and edge.upstream_job_id == outcome.job_id and edges.concerns(edge, outcome) then
      if not decide_one_inside(y, spec, edge, outcome) then return false end
    end
  end
  return true
end

-- Whether an outcome says anything about an edge: a publication only to those that wait for that dataset.
function edges.concerns(edge, outcome)
  if not outcome.published then return true end
  return edge.dependency_type == 'DATA_READY' and (edge.dataset or outcome.published) == outcome.published
end

-- Whether the nominal time of an execution lies in the window that a temporal edge from outside opens after its upstream's.
local function is_in_window(y, edge, outcome)
  local window = edge.window
  if not window then return true end
  local after = y.scheduled_time - outcome.time
  return after >= (window.after_ms or -math.huge) and after <= (window.within_ms or math.huge)
end

-- Whether an outcome comes too early, by nominal time, for any execution from this one on.
local function is_outdated(y, edge, outcome)
  return edge.window ~= nil and y.scheduled_time - outcome.time > (edge.window.within_ms or math.huge)
end

local function takes_each(y, edge)
  return edge.join == 'EACH' and not y.manual
end

-- The outcome from outside that decides an edge now, or nil.
local function outside_outcome(y, edge)
  if not takes_each(y, edge) then
    local outcome = outcomes.newest_for(edge)
    if not outcome or not is_in_window(y, edge, outcome) then return nil end
    local again = y.manual or edge.join == 'LATEST'
    return (again or not outcomes.is_consumed(y.job_id, edge, outcome)) and outcome or nil
  end
  local outcome = outcomes.take_each(y.job_id, edge)
  while outcome and is_outdated(y, edge, outcome) do
    outcome = outcomes.take_each(y.job_id, edge)
  end
  if outcome and not is_in_window(y, edge, outcome) then
    outcomes.put_back(y.job_id, edge, outcome)
    return nil
  end
  return outcome
end

-- Looks for the outcome of an edge from outside, or a newer one than the one that has decided it.
local function look_outside(y, spec, edge)
  local decision = decision_of(y, edge)
  if decision and (takes_each(y, edge) or decision.verdict == 'waived') then return end
  local outcome = outside_outcome(y, edge)
  if not outcome or decision and not outcomes.is_newer(outcome, decision) then return end
  decide(y, spec, edge, outcome, takes_each(y, edge))
end

-- Decides the edges from outside again that nothing inside the run tells of.
-- open: { edge, whether its outcomes are taken once }; decided: how many edges had been decided
local function look_for(y, spec, open, decided)
  for _, entry in ipairs(open) do
    local edge, taken_once = unpack(entry)
    if not edge.inside and not taken_once then look_outside(y, spec, edge) end
  end
  -- What is still missing then was taken once.
  for _, entry in ipairs(open) do
    local edge, taken_once = unpack(entry)
    if taken_once and y.edges_decided < decided then write_lost(y, spec, edge) end
  end
end

-- Decides the edges of an execution anew. bytes: what could not be read; nil where something is missing
rebuild = function(y, bytes)
  local spec = plan.of(y)
  edges.damaged[y.execution_id] = true
  if damage.only_reads or not spec then return end
  damage.note('EDGES', y.execution_id, bytes or false)
  local rest = read_rest(y, spec)
  redis.call('UNLINK', edges_key(y.execution_id))
  edges.known[y.execution_id] = { [0] = true }
  local decided = y.edges_decided or 0
  y.edges_met, y.edges_unmet, y.edges_decided = 0, 0, 0
  local open = decide_anew(y, spec, rest)
  look_for(y, spec, open, decided)
  record.touch(y)
end

-- For one that is about to move on by its edges: whether any was damaged, and is decided anew by now.
-- at_most: how many to look at; all where left out
function edges.were_damaged(y, spec, at_most)
  for index = 1, math.min(#spec.edges, at_most or #spec.edges) do
    decision_of(y, spec.edges[index])
  end
  return edges.damaged[y.execution_id] == true
end

local function await_outside(y, edge)
  redis.call('ZADD', key('waiters:' .. edge.upstream_job_id), y.created_time, y.execution_id)
end

-- Has an execution wait where another one of its job has waited, so that what came first still goes first.
function edges.take_place(y, spec, other)
  for _, edge in ipairs(spec.edges) do
    local waiters = key('waiters:' .. edge.upstream_job_id)
    local since = not edge.inside and redis.call('ZSCORE', waiters, other.execution_id)
    if since then redis.call('ZADD', waiters, 'XX', since, y.execution_id) end
  end
end

-- When the wait for the first open edge ends; math.huge where no edge bounds it.
function edges.next_deadline(y, spec)
  local deadline = math.huge
  for _, edge in ipairs(spec.edges) do
    if edge.timeout_ms and not verdict_of(y, spec, edge) then
      deadline = math.min(deadline, y.created_time + edge.timeout_ms)
    end
  end
  return deadline
end

local function note_deadline(y, spec)
  local deadline = edges.next_deadline(y, spec)
  if deadline == math.huge then redis.call('ZREM', key('dependency_deadlines'), y.execution_id)
  else redis.call('ZADD', key('dependency_deadlines'), deadline, y.execution_id) end
  return deadline
end

-- For one that is created: looks at its edges from outside and waits for those that are open.
function edges.wait(y, spec)
  local bounded = false
  for _, edge in ipairs(spec.edges) do
    bounded = bounded or edge.timeout_ms ~= nil
    if not edge.inside then
      look_outside(y, spec, edge)
      await_outside(y, edge)
    end
  end
  if bounded then note_deadline(y, spec) end
end

-- For one that waits for an outcome of a job from outside.
function edges.look_again(y, spec, job_id)
  for _, edge in ipairs(spec.edges) do
    if edge.upstream_job_id == job_id and not edge.inside then look_outside(y, spec, edge) end
  end
end

-- What was taken and not used goes back to its queue, for who comes next.
local function give_back_each(y, edge)
  local decision = decision_of(y, edge)
  if not decision or not decision.outcome or decision.used then return end
  outcomes.put_back(y.job_id, edge, decision.outcome)
  decision.used = true
  store(y, edge, decision)
  edges.returned[edge.upstream_job_id] = true
end

-- What is waited for by a plan that is lost is told by what is decided: edges by their names.
local function stop_waiting_without_plan(y)
  local all = call(y, 'HGETALL') or {}
  for index = 1, #all, 2 do
    redis.call('ZREM', key('conditions'), y.execution_id .. '|' .. all[index])
    local decision = sealed.unpack(all[index + 1])
    if decision then
      redis.call('ZREM', key('waiters:' .. decision.job_id), y.execution_id)
      if decision.outcome and not decision.used then
        outcomes.put_back(y.job_id, { dependency_id = all[index] }, decision.outcome)
        edges.returned[decision.job_id] = true
      end
    end
  end
end

-- For one that leaves PENDING, or is held.
function edges.stop_waiting(y)
  if not y.has_edges then return end
  redis.call('ZREM', key('dependency_deadlines'), y.execution_id)
  local spec = plan.of(y)
  if not spec then return stop_waiting_without_plan(y) end
  for _, edge in ipairs(spec.edges) do
    if edge.condition then redis.call('ZREM', key('conditions'), condition_name(y, edge)) end
    if not edge.inside then redis.call('ZREM', key('waiters:' .. edge.upstream_job_id), y.execution_id) end
    if takes_each(y, edge) then give_back_each(y, edge) end
  end
end

local function mark_used(y, edge, decision)
  if takes_each(y, edge) and decision.outcome then
    decision.used = true
    store(y, edge, decision)
  elseif decision.seq > 0 then
    outcomes.consume(y.job_id, edge, decision)
  end
end

-- For one whose dependencies are met: what has decided them is used up.
function edges.consume(y, spec)
  if y.manual then return end
  for _, edge in ipairs(spec.edges) do
    local decision = decision_of(y, edge)
    if decision then mark_used(y, edge, decision) end
  end
end

-- For one that is blocked: what blocks it is used up, so that it blocks nobody else.
function edges.consume_blocking(y, spec)
  if y.manual then return end
  for _, edge in ipairs(spec.edges) do
    local decision = takes_each(y, edge) and decision_of(y, edge)
    if decision and COUNTED_AS[decision.verdict] == 'edges_unmet' then mark_used(y, edge, decision) end
  end
end

-- Opens the edges again whose outcome another execution of the job has used up meanwhile. Returns whether there were any.
function edges.reopen_used(y, spec)
  if y.manual then return false end
  local reopened = false
  for _, edge in ipairs(spec.edges) do
    local decision = not edge.inside and edge.join == 'NEW' and decision_of(y, edge)
    if decision and outcomes.is_consumed(y.job_id, edge, decision) then
      write(y, spec, edge, nil)
      look_outside(y, spec, edge)
      reopened = true
    end
  end
  if reopened then note_deadline(y, spec) end
  return reopened
end

-- Whether another execution of the job has used up what an inside edge would have brought, or something newer.
function edges.came_too_late(y, spec)
  for _, edge in ipairs(spec.edges) do
    local decision = edge.inside and edge.join == 'NEW' and decision_of(y, edge)
    if decision and decision.seq > 0 and outcomes.is_consumed(y.job_id, edge, decision) then return true end
  end
  return false
end

-- By how much a run began after its nominal time.
local function lateness(y)
  local root = record.load(y.run_id)
  return root and math.max(0, root.created_time - root.scheduled_time) or 0
end

-- The span in which an execution may be queued by the windows of its temporal edges inside the run: from when on, until when.
function edges.time_frame(y, spec)
  local opens, closes = -math.huge, math.huge
  for _, edge in ipairs(spec.edges) do
    local decision = edge.window and edge.inside and decision_of(y, edge)
    if decision and decision.verdict == 'met' then
      local base = decision.time + lateness(y)
      opens = math.max(opens, base + (edge.window.after_ms or -math.huge))
      closes = math.min(closes, base + (edge.window.within_ms or math.huge))
    end
  end
  return opens, closes
end

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
function edges.describe_missing(spec)
  return names_of(spec, function(edge) return edge.missing end)
end

function edges.describe_all(spec)
  return names_of(spec, function() return true end)
end

-- The dependencies that nothing has decided yet, by their ids.
function edges.describe_open(y, spec)
  return names_of(spec, function(edge) return not verdict_of(y, spec, edge) end)
end

-- ready: its dependencies are met. blocked: they cannot be met any more. missing: an upstream is not registered.
-- waiting: none of these yet.
function edges.standing(y, spec)
  local total = count(spec)
  if y.ignore_dependencies or total == 0 then return 'ready' end
  if spec.require_all then
    if y.edges_unmet > 0 then return 'blocked' end
    if edges.describe_missing(spec) ~= '' then return 'missing' end
    return y.edges_met == total and 'ready' or 'waiting'
  end
  if y.edges_met > 0 then return 'ready' end
  return y.edges_unmet == total and 'blocked' or 'waiting'
end

-- Whether all that still decides comes from outside the run.
function edges.only_outside_is_open(y, spec)
  for _, edge in ipairs(spec.edges) do
    if edge.inside and not COUNTED_AS[verdict_of(y, spec, edge) or ''] then return false end
  end
  return true
end

-- Why a blocked execution cannot run: the event that ends it and the reason.
function edges.why_blocked(y, spec)
  local found = {}
  for _, edge in ipairs(spec.edges) do
    local decision = decision_of(y, edge)
    if decision then found[decision.verdict] = found[decision.verdict] or decision end
  end
  if found.unmet then return 'ABANDON', found.unmet.problem or 'DEP_004_UPSTREAM_NOT_MET', found.unmet.detail end
  if found['false'] then return 'SKIP', 'SKIP_006_CONDITION_FALSE', found['false'].dependency_id end
  return 'SKIP', 'SKIP_005_UPSTREAM_SKIPPED', found.skip and found.skip.execution_id
end

-- Whether an execution may leave PENDING for QUEUED; a retry's dependencies were met by its first attempt.
function edges.is_ready(y)
  return y.attempt_number > 1 or edges.standing(y, plan.of(y)) == 'ready'
end

-- Tells the names of the conditions that an execution waits for.
function edges.each_asked(y, spec, tell)
  for _, edge in ipairs(spec.edges) do
    local decision = edge.condition and decision_of(y, edge)
    if decision and decision.verdict == 'asked' then tell(condition_name(y, edge)) end
  end
end

-- Whether the condition of an edge, by its name, is still to be evaluated.
function edges.is_asked(y, spec, name)
  local is_asked = false
  edges.each_asked(y, spec, function(asked) is_asked = is_asked or asked == y.execution_id .. '|' .. name end)
  return is_asked
end

-- Whether anything has decided an edge.
function edges.is_decided(y, edge)
  return decision_of(y, edge) ~= nil
end

-- Whether the wait for an edge has run out. Where the edge that was due has been decided meanwhile, the
-- deadline moves to the next one.
function edges.has_timed_out(y)
  return note_deadline(y, plan.of(y)) <= now_ms
end

local ANSWERS = { ['true'] = 'met', ['false'] = 'false', failed = 'unmet' }

-- Takes the answer to a condition; see decide-conditions.lua. Returns whether it was still asked.
function edges.answer(y, spec, command)
  for _, edge in ipairs(spec.edges) do
    local decision = outcomes.edge_name(edge) == command.edge and decision_of(y, edge)
    if decision and decision.verdict == 'asked' and decision.execution_id == command.upstream_id then
      local answered = {}
      for name, value in pairs(decision) do
        answered[name] = value
      end
      answered.verdict = ANSWERS[command.answer]
      if command.answer == 'failed' then answered.problem, answered.detail = 'DEP_007_CONDITION_FAILED', command.detail end
      write(y, spec, edge, answered)
      return true
    end
  end
  return false
end
