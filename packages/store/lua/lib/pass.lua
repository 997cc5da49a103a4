-- Passes: a run that is run again from some of its jobs on (docs/adr/0019-passes.md).
--
-- pass:<run_id>:<number>   op: the request that opened it; job:<job_id>: a job that it runs again, 'from' for those that it begins with,
--                          'after' for those that come after. The first pass has none
-- run:<run_id>             pass: the number of the latest one

pass = {}

function pass.latest(run_id)
  return tonumber(redis.call('HGET', key('run:' .. run_id), 'pass') or 1)
end

local function pass_key(run_id, number)
  return key('pass:' .. run_id .. ':' .. string.format('%d', number))
end

function pass.id_of(run_id, number, job_id)
  return derive_id('dependent', namespace, run_id, string.format('%d', number), job_id)
end

local function holds(run_id, number, job_id)
  return redis.call('HEXISTS', pass_key(run_id, number), 'job:' .. job_id) == 1
end

-- Whether the chain of an execution has not ended.
local function is_open(y)
  local last = record.latest(y.execution_id)
  return last ~= nil and not generated.terminal[last.status]
end

-- The newest execution of a job in a run, from a pass down: the first of its chain. nil where there is none.
local function newest(run_id, job_id, from)
  for number = from, 1, -1 do
    local y = record.load(pass.id_of(run_id, number, job_id))
    if y then return y end
  end
  local root = record.load(run_id)
  return root and root.job_id == job_id and root or nil
end

-- The execution of a planned job that an outcome of x decides edges of: the newest one of the run, as x may be of an earlier pass than it.
-- Returns it, or nil and the id under which it is to be created, or nothing where the outcome concerns nobody.
function pass.find(x, job_id)
  local id = pass.id_of(x.run_id, x.pass, job_id)
  local y, problem = record.load(id)
  -- One that cannot be read is left alone: it is not for this build, or for recovery.
  if problem and problem ~= 'UNKNOWN_EXECUTION' then return nil end
  if x.pass == 1 and not (y and generated.terminal[y.status]) then return y, id end
  local found = newest(x.run_id, job_id, pass.latest(x.run_id))
  -- One that is open goes on in the place of one that would be created.
  local goes_on = found and (found.pass >= x.pass or not holds(x.run_id, x.pass, job_id) or is_open(found))
  if goes_on then return found end
  return nil, id
end

-- Whether a later pass than that of x runs its job again, or has.
function pass.runs_again(x)
  for number = x.pass + 1, pass.latest(x.run_id) do
    if holds(x.run_id, number, x.job_id) then return true end
  end
  return false
end

-- Whether the pass of an execution, or one before it, is still to run a job again.
local function is_to_come(y, job_id, upstream)
  for number = (upstream and upstream.pass or 0) + 1, y.pass do
    if holds(y.run_id, number, job_id) then return true end
  end
  return false
end

-- The latest attempt of what a job came to in the run, as an execution of it goes by it: nil where there is none, or where a pass runs
-- it again. from: the latest pass that counts
local function upstream_of(y, job_id, from)
  local upstream = newest(y.run_id, job_id, from)
  if not upstream or is_to_come(y, job_id, upstream) then return nil end
  return record.latest(upstream.execution_id)
end

function pass.upstream_of(y, job_id)
  return upstream_of(y, job_id, y.pass)
end

-- Decides the edges of an execution whose upstreams no pass runs again, by what these came to before.
function pass.take_over(y, spec)
  for _, edge in ipairs(spec.edges) do
    local last = edge.inside and upstream_of(y, edge.upstream_job_id, y.pass - 1)
    if last and generated.terminal[last.status] then
      local outcome = outcomes.of(last, last.status)
      outcome.seq = last.outcome_seq or 0
      edges.decide_inside(y, spec, outcome)
    end
  end
end

-- What a chain came to does not count any more: y runs in its place.
local function replace(last, y)
  run.forget(last)
  dead_letters.remove(last)
  last.rerun_by = y.execution_id
  record.touch(last)
end

-- What the job came to in an earlier pass does not count for the run any more.
function pass.replaces(y)
  local earlier = newest(y.run_id, y.job_id, y.pass - 1)
  local last = earlier and record.latest(earlier.execution_id)
  if not last then return end
  replace(last, y)
end

-- The plan that a chain runs again by, and its job there.
local function planned(last, command)
  local plan_id = command.plan_id or last.plan_id
  return plan_id, plan.is_complete(plan_id) and plan.job(plan_id, last.job_id)
end

local function rerun(root, number, command)
  local last = record.latest(root.execution_id)
  local plan_id, spec = planned(last, command)
  plan.keep(plan_id)
  local y = release.create({
    execution_id = pass.id_of(last.run_id, number, last.job_id), job_id = last.job_id, run_id = last.run_id, pass = number,
    plan_id = plan_id, trigger_type = 'MANUAL', trigger_id = command.op, scheduled_time = last.scheduled_time,
    parameters = last.parameters, manual = last.manual, propagate = last.propagate, depth = last.depth,
    ignore_dependencies = true, actor = command.actor, detail = command.detail,
  }, spec)
  replace(last, y)
  -- What its upstreams brought then is what it finds now.
  redis.call('COPY', key('edges:' .. record.chain_of(last)), key('edges:' .. y.execution_id))
  if y.edges_decided then y.edges_decided = redis.call('HLEN', key('edges:' .. y.execution_id)) end
  settle.move(y, spec, command.actor)
  return y
end

local function obstacle(root, command)
  local last, problem = record.latest(root.execution_id)
  if not last then return problem end
  if last.run_id ~= command.run_id then return 'UNKNOWN_EXECUTION' end
  if not generated.terminal[last.status] then return 'OPEN' end
  local _, spec = planned(last, command)
  if not spec then return 'UNKNOWN_PLAN' end
  local code = exhaustion.rejects(spec.priority)
  return code and 'EXHAUSTED', code
end

-- Of a run that is removed.
function pass.forget(run_id, number)
  redis.call('UNLINK', pass_key(run_id, number))
end

-- Opens a pass; see rerun-run.lua.
function pass.open(command)
  local number = command.expected_pass + 1
  local latest = pass.latest(command.run_id)
  if latest == number and redis.call('HGET', pass_key(command.run_id, number), 'op') == command.op then
    return { ok = true, pass = number, repeated = true }
  end
  if history.is_removing(command.run_id) then return { ok = false, refusal = 'UNKNOWN_EXECUTION' } end
  if latest ~= command.expected_pass then return { ok = false, refusal = 'STALE_PASS' } end
  if command.capacity and admission.count_queued() >= command.capacity then return { ok = false, refusal = 'QUEUE_FULL' } end
  for _, root in ipairs(command.roots) do
    local refusal, reason = obstacle(root, command)
    if refusal then return { ok = false, refusal = refusal, reason = reason } end
  end
  run.reopen(command.run_id, number)
  redis.call('HSET', pass_key(command.run_id, number), 'op', command.op)
  for _, job_id in ipairs(command.members) do
    redis.call('HSET', pass_key(command.run_id, number), 'job:' .. job_id, 'after')
  end
  for _, root in ipairs(command.roots) do
    local y = rerun(root, number, command)
    redis.call('HSET', pass_key(command.run_id, number), 'job:' .. y.job_id, 'from')
  end
  return { ok = true, pass = number, repeated = false }
end
