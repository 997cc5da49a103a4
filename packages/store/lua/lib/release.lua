-- Release of dependents: what happens when the chain of an execution has its outcome.
--
-- An edge inside the run is decided by the outcome of this run, an edge from outside by the latest outcome
-- that its join accepts (docs/adr/0004-release-in-the-completing-script.md). A dependent is created PENDING
-- at its first release under a derived id, and queued when its last edge is decided: a replay finds it there.
--
-- waking        executions to be looked at, each with the job whose outcome they waited for
-- releasing     execution_id -> index of the dependent that comes next, where a bound was met
-- publishing    the same for what a dataset's publication releases: <execution_id>|<seq>|<dataset>

release = {}

local DEPENDENTS_AT_ONCE = 100

on_begin(function()
  release.queue = {}
  release.budget = DEPENDENTS_AT_ONCE
end)

-- Creates the PENDING execution of a planned job and looks at its edges from outside.
-- command: what it has beside the plan; see create-execution.lua.
function release.create(command, spec)
  local y = record.create({
    execution_id = command.execution_id, job_id = command.job_id, run_id = command.run_id, pass = command.pass or 1,
    plan_id = command.plan_id, job_revision = spec.revision, job_type = spec.job_type,
    resource_pool = spec.resource_pool, priority = spec.priority, request = spec.request, static_priority = spec.static_priority,
    trigger_type = command.trigger_type, trigger_id = command.trigger_id,
    scheduled_time = command.scheduled_time or now_ms, parameters = command.parameters,
    manual = command.manual, propagate = command.propagate, ignore_dependencies = command.ignore_dependencies, line = command.line, has_edges = #spec.edges > 0,
    attempt_number = 1, lost_attempts = 0, edges_met = 0, edges_unmet = 0,
    depth = command.depth ~= 0 and command.depth,
  }, command)
  if y.run_id == y.execution_id then writes.zadd('runs', now_ms, y.run_id) else run.join(y.run_id) end
  decisions.begin(y)
  if not y.ignore_dependencies and #spec.edges > 0 then edges.wait(y, spec) end
  return y
end

-- The edges of a dependent that an outcome decides inside its run.
local function decided_by(spec, outcome)
  local found = {}
  for _, edge in ipairs(spec.edges) do
    if edge.inside and edge.upstream_job_id == outcome.job_id and edges.concerns(edge, outcome) then found[#found + 1] = edge end
  end
  return found
end

-- A cascading cancellation reaches a dependent by every edge but COMPLETION, so that clean-up runs. Returns whether it did.
local function cascade_to(y, decided, outcome)
  for _, edge in ipairs(decided) do
    if edge.dependency_type ~= 'COMPLETION' then
      local onward = outcome.cascade == 'ALL_DOWNSTREAM' and outcome.cascade or 'NONE'
      cancel.chain({ execution_id = y.execution_id, actor = 'cascade', reason = 'CANCEL_002_CASCADED', cascade = onward })
      return true
    end
  end
  return false
end

local function create_dependent(x, spec, id, dependency_id)
  local y = release.create({
    execution_id = id, job_id = spec.job_id, run_id = x.run_id, pass = x.pass, plan_id = x.plan_id,
    trigger_type = 'DEPENDENCY', trigger_id = dependency_id, scheduled_time = x.scheduled_time,
    manual = x.manual, propagate = x.propagate, depth = x.depth, actor = 'release',
  }, spec)
  if y.pass > 1 then
    pass.replaces(y)
    pass.take_over(y, spec)
  end
  return y
end

-- Returns false where the dependent's job cannot be read for now.
local function release_one(x, job_id, outcome)
  local spec = plan.job(x.plan_id, job_id)
  if not spec then return not plan.is_awaited(x.plan_id, job_id) end
  local decided = decided_by(spec, outcome)
  if #decided == 0 then return true end
  local y, id = pass.find(x, job_id)
  if not y and not id then return true end
  y = y or create_dependent(x, spec, id, decided[1].dependency_id)
  if outcome.cascade and cascade_to(y, decided, outcome) then return true end
  -- What is held or delayed has its dependencies behind it: what has met them is used up.
  if y.status ~= 'PENDING' or y.hold or y.not_before then return true end
  if (x.depth or 0) > (y.depth or 0) then y.depth = x.depth end
  if edges.decide_inside(y, spec, outcome) then settle.move(y, spec, 'release') else settle.supersede(y, false) end
  return true
end

-- Looks again at an execution that waits for an outcome of a job from outside its run.
local function wake_waiter(job_id, execution_id)
  local y = record.load(execution_id)
  if not y or y.status ~= 'PENDING' then return end
  local spec = plan.of(y)
  if not spec then return end
  edges.look_again(y, spec, job_id)
  settle.move(y, spec, 'release')
end

-- For one whose plan is made again: what came meanwhile is found where it is.
function release.look_again(y, actor)
  local spec = plan.of(y)
  local has_looked = {}
  for _, edge in ipairs(spec.edges) do
    if not edge.inside and not has_looked[edge.upstream_job_id] then edges.look_again(y, spec, edge.upstream_job_id) end
    has_looked[edge.upstream_job_id] = true
  end
  settle.move(y, spec, actor)
end

-- All that wait for a job, oldest first; what is more than one call may wake is put on a list for the next.
local function wake_waiters(job_id)
  local waiting = redis.call('ZRANGE', key('waiters:' .. job_id), 0, -1)
  for index, execution_id in ipairs(waiting) do
    if release.budget > 0 then
      release.budget = release.budget - 1
      wake_waiter(job_id, execution_id)
    else
      redis.call('RPUSH', key('waking'), job_id .. '|' .. execution_id)
      reply.more = true
    end
  end
end

local function resume_waking()
  while release.budget > 0 do
    local entry = redis.call('LPOP', key('waking'))
    if not entry then return end
    release.budget = release.budget - 1
    wake_waiter(string.match(entry, '^(.*)|([^|]*)$'))
  end
  if redis.call('EXISTS', key('waking')) == 1 then reply.more = true end
end

-- untold: where its outcome is not deposited yet
local function begin(x, actor, op, untold)
  run.join(x.run_id)
  release.queue[#release.queue + 1] = { x = x, from = 1 }
  x.releasing = { actor or false, op or false, untold }
  record.touch(x)
end

-- What the outcome of x means for others is decided by the plan: its own job, its dependents and, for those who take each, theirs.
function release.can_tell(x)
  return plan.tells_of(x) and (not outcomes.is_taken_each(x.job_id) or plan.tells_dependents_of(x))
end

local function deposit(x, outcome)
  if outcomes.deposit(x, outcome) then wake_waiters(x.job_id) end
  x.outcome_seq = outcome.seq > 0 and outcome.seq
end

-- Begins the release of everything that waits for x. Returns true where there is nothing to release inside
-- the run; otherwise the release is queued and release.drain() carries it on.
-- command: what ends the chain; its actor and op are kept for the COMPLETED that the last batch writes.
function release.start(x, status, command)
  if not release.can_tell(x) then
    begin(x, command.actor, command.op, true)
    return false
  end
  deposit(x, outcomes.of(x, status))
  if #plan.dependents(x) == 0 then return true end
  begin(x, command.actor, command.op)
  return false
end

-- Releases the dependents of an execution that has ended once more: those who have its outcome are left as they are.
function release.again(x)
  if x.releasing then return end
  run.begin(x.run_id)
  begin(x, 'fsck')
end

-- Makes known that an execution which still runs has published a dataset: to its run and to others.
function release.publish(x, dataset)
  local outcome = outcomes.of(x, x.status, dataset)
  if outcomes.deposit(x, outcome) then wake_waiters(x.job_id) end
  if #(plan.dependents(x) or {}) > 0 then
    release.queue[#release.queue + 1] = { x = x, from = 1, published = dataset, seq = outcome.seq }
  end
end

-- Takes the answer to a condition; see decide-conditions.lua.
function release.answer(command)
  local y = record.load(command.execution_id)
  local spec = y and y.status == 'PENDING' and plan.of(y)
  if spec and edges.answer(y, spec, command) then
    settle.move(y, spec, command.actor)
    return 'DECIDED'
  end
  local is_awaited = y and y.status == 'PENDING' and not spec and plan.is_awaited(y.plan_id, y.job_id)
  if not is_awaited and not (spec and edges.is_asked(y, spec, command.edge)) then redis.call('ZREM', key('conditions'), command.execution_id .. '|' .. command.edge) end
  return 'STALE'
end

local function finished(x)
  local begun_by = x.releasing
  x.releasing = false
  record.touch(x)
  redis.call('ZREM', key('releasing'), x.execution_id)
  if x.status == 'COMPLETING' then transition.perform(x, { event = 'COMPLETE', actor = begun_by[1], op = begun_by[2] }) end
  run.leave(x.run_id)
end

local function outcome_of(item)
  local x = item.x
  if item.published then
    local outcome = outcomes.of(x, x.status, item.published)
    outcome.seq = item.seq
    return outcome
  end
  local outcome = outcomes.of(x, x.status == 'COMPLETING' and 'COMPLETED' or x.status)
  outcome.seq = x.outcome_seq or 0
  outcome.cascade = outcome.status == 'CANCELLED' and x.cascade or nil
  return outcome
end

-- Tells of an outcome what could not be told when it came. Returns whether that is done.
local function tell_late(x, outcome)
  if not release.can_tell(x) then return false end
  deposit(x, outcome)
  x.releasing[3] = nil
  record.touch(x)
  return true
end

-- Releases the dependents of an item's execution from its index on. Returns the index that comes next, or nil when all are released; and
-- whether the plan has to be made again first.
local function release_from(item)
  local outcome = outcome_of(item)
  local is_told = item.published or not item.x.releasing[3] or tell_late(item.x, outcome)
  local dependents = is_told and plan.dependents(item.x)
  if not dependents then return item.from, true end
  for index = item.from, #dependents do
    if release.budget <= 0 then return index end
    release.budget = release.budget - 1
    if not release_one(item.x, dependents[index], outcome) then return index, true end
  end
  return nil
end

local CURSORS_AT_ONCE, CURSORS_LOOKED_AT = 10, 200

local function can_go_on(x, from)
  if not release.can_tell(x) then return false end
  local next_job = plan.dependents(x)[from]
  return not next_job or not plan.is_awaited(x.plan_id, next_job)
end

-- Puts what a list of cursors says is unfinished in the queue. to_item: from a member's name to an item, or nil and why not. Those
-- that have to wait for their plan keep nobody else.
local function resume_cursors(list, to_item)
  local resumed = 0
  for _, member in ipairs(redis.call('ZRANGE', key(list), 0, CURSORS_LOOKED_AT - 1)) do
    if resumed == CURSORS_AT_ONCE then return end
    local item, problem = to_item(member)
    if item then item.from = tonumber(redis.call('ZSCORE', key(list), member)) end
    if item and can_go_on(item.x, item.from) then
      resumed = resumed + 1
      release.queue[#release.queue + 1] = item
    elseif not item and problem ~= 'UPGRADE_REQUIRED' and problem ~= 'CORRUPT_RECORD' then
      redis.call('ZREM', key(list), member)
    end
  end
end

-- Carries on what earlier calls left over.
function release.resume()
  gate.resume()
  resume_waking()
  resume_cursors('releasing', function(execution_id)
    local x, problem = record.load(execution_id)
    return x and x.releasing and { x = x }, problem
  end)
  resume_cursors('publishing', function(member)
    local execution_id, seq, dataset = string.match(member, '^([^|]*)|(%d+)|(.*)$')
    local x, problem = record.load(execution_id)
    return x and { x = x, published = dataset, seq = tonumber(seq) }, problem
  end)
end

local drained

on_begin(function()
  drained = 0
end)

local function note_cursor(item, next_index, is_stopped)
  local list, member = 'releasing', item.x.execution_id
  if item.published then
    list, member = 'publishing', string.format('%s|%.0f|%s', member, item.seq, item.published)
  end
  if next_index then
    redis.call('ZADD', key(list), next_index, member)
    if not is_stopped then reply.more = true end
  elseif item.published then
    redis.call('ZREM', key(list), member)
  end
end

local function drain_queue()
  while release.queue[drained + 1] do
    drained = drained + 1
    local item = release.queue[drained]
    local next_index, is_stopped = release_from(item)
    note_cursor(item, next_index, is_stopped)
    if not next_index and not item.published then finished(item.x) end
  end
end

local function wake_for_returned()
  local job_id = next(edges.returned)
  while job_id do
    edges.returned[job_id] = nil
    wake_waiters(job_id)
    job_id = next(edges.returned)
  end
end

-- A release lets executions through the gate and skips others; what that ends is released in turn, and what it gives back is taken.
function release.drain()
  repeat
    drain_queue()
    gate.run()
    wake_for_returned()
  until not release.queue[drained + 1] and not next(gate.wanted)
end
