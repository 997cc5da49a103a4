-- Edges: the dependencies of a PENDING execution, and what decides them (Rule 2).
--
-- waiters:<job_id>         PENDING executions that wait for an outcome of the job from outside their run, by creation
-- dependency_deadlines     PENDING executions, by the time at which their wait ends
--
-- What has decided them is in lib/decisions.lua, what that comes to in lib/standing.lua.

edges = {}

-- returned: jobs whose outcomes were put back for whoever takes each of them
on_begin(function()
  edges.returned = {}
end)

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

-- from_queue: whether the outcome was taken from the queue of those that are taken once, where it goes back to if it is not used
function edges.decide(y, spec, edge, outcome, from_queue)
  decisions.write(y, spec, edge, { verdict = judge(edge, outcome), dependency_id = edge.dependency_id, execution_id = outcome.execution_id,
    job_id = outcome.job_id, time = outcome.time, seq = outcome.seq, outcome = from_queue and outcome or nil })
end

-- Returns false where the outcome is to be taken once, and another execution of the job has taken it.
local function decide_one_inside(y, spec, edge, outcome)
  -- What a dataset's publication has decided stays; a producer that is run again may publish after all.
  local earlier = edge.dependency_type == 'DATA_READY' and decisions.of(y, edge)
  if earlier and earlier.verdict ~= 'unmet' and earlier.verdict ~= 'skip' then return true end
  if edge.join ~= 'EACH' or outcome.seq == 0 or not outcomes.joins_runs(spec) then
    edges.decide(y, spec, edge, outcome)
    return true
  end
  local first = outcomes.take_turn(y.job_id, edge, outcome)
  if first then edges.decide(y, spec, edge, first, first ~= outcome) end
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
function edges.look_outside(y, spec, edge)
  local decision = decisions.of(y, edge)
  if decision and (takes_each(y, edge) or decision.verdict == 'waived') then return end
  local outcome = outside_outcome(y, edge)
  if not outcome or decision and not outcomes.is_newer(outcome, decision) then return end
  edges.decide(y, spec, edge, outcome, takes_each(y, edge))
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
    if edge.timeout_ms and not decisions.verdict(y, spec, edge) then
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
      edges.look_outside(y, spec, edge)
      await_outside(y, edge)
    end
  end
  if bounded then note_deadline(y, spec) end
end

-- For one that waits for an outcome of a job from outside.
function edges.look_again(y, spec, job_id)
  for _, edge in ipairs(spec.edges) do
    if edge.upstream_job_id == job_id and not edge.inside then edges.look_outside(y, spec, edge) end
  end
end

-- What was taken and not used goes back to its queue, for who comes next.
local function give_back_each(y, edge)
  local decision = decisions.of(y, edge)
  if not decision or not decision.outcome or decision.used then return end
  outcomes.put_back(y.job_id, edge, decision.outcome)
  decision.used = true
  decisions.store(y, edge, decision)
  edges.returned[edge.upstream_job_id] = true
end

-- What is waited for by a plan that is lost is told by what is decided: edges by their names.
local function stop_waiting_without_plan(y)
  local all = decisions.call(y, 'HGETALL') or {}
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
    if edge.condition then redis.call('ZREM', key('conditions'), decisions.condition_name(y, edge)) end
    if not edge.inside then redis.call('ZREM', key('waiters:' .. edge.upstream_job_id), y.execution_id) end
    if takes_each(y, edge) then give_back_each(y, edge) end
  end
end

local function mark_used(y, edge, decision)
  if takes_each(y, edge) and decision.outcome then
    decision.used = true
    decisions.store(y, edge, decision)
  elseif decision.seq > 0 then
    outcomes.consume(y.job_id, edge, decision)
  end
end

-- For one whose dependencies are met: what has decided them is used up.
function edges.consume(y, spec)
  if y.manual then return end
  for _, edge in ipairs(spec.edges) do
    local decision = decisions.of(y, edge)
    if decision then mark_used(y, edge, decision) end
  end
end

-- For one that is blocked: what blocks it is used up, so that it blocks nobody else.
function edges.consume_blocking(y, spec)
  if y.manual then return end
  for _, edge in ipairs(spec.edges) do
    local decision = takes_each(y, edge) and decisions.of(y, edge)
    if decision and decisions.COUNTED_AS[decision.verdict] == 'edges_unmet' then mark_used(y, edge, decision) end
  end
end

-- Opens the edges again whose outcome another execution of the job has used up meanwhile. Returns whether there were any.
function edges.reopen_used(y, spec)
  if y.manual then return false end
  local reopened = false
  for _, edge in ipairs(spec.edges) do
    local decision = not edge.inside and edge.join == 'NEW' and decisions.of(y, edge)
    if decision and outcomes.is_consumed(y.job_id, edge, decision) then
      decisions.write(y, spec, edge, nil)
      edges.look_outside(y, spec, edge)
      reopened = true
    end
  end
  if reopened then note_deadline(y, spec) end
  return reopened
end

-- Whether another execution of the job has used up what an inside edge would have brought, or something newer.
function edges.came_too_late(y, spec)
  for _, edge in ipairs(spec.edges) do
    local decision = edge.inside and edge.join == 'NEW' and decisions.of(y, edge)
    if decision and decision.seq > 0 and outcomes.is_consumed(y.job_id, edge, decision) then return true end
  end
  return false
end

-- Tells the names of the conditions that an execution waits for.
function edges.each_asked(y, spec, tell)
  for _, edge in ipairs(spec.edges) do
    local decision = edge.condition and decisions.of(y, edge)
    if decision and decision.verdict == 'asked' then tell(decisions.condition_name(y, edge)) end
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
  return decisions.of(y, edge) ~= nil
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
    local decision = outcomes.edge_name(edge) == command.edge and decisions.of(y, edge)
    if decision and decision.verdict == 'asked' and decision.execution_id == command.upstream_id then
      local answered = {}
      for name, value in pairs(decision) do
        answered[name] = value
      end
      answered.verdict = ANSWERS[command.answer]
      if command.answer == 'failed' then answered.problem, answered.detail = 'DEP_007_CONDITION_FAILED', command.detail end
      decisions.write(y, spec, edge, answered)
      return true
    end
  end
  return false
end
