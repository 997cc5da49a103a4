-- Mends what was found damaged beside records; see docs/adr/0038-damaged-state.md.
--
-- keys[1]  key prefix of the namespace and cell
-- args[1]  packed, one of
--          { plan = { plan_id, given_up, executions, actor } }: goes on after a plan was made again, or could not be, with those that go by it
--          { job_id }: registers the job as its latest revision has it
--          { schedule = { schedule_id, as? = { schedule, job_id, revision } } }: puts it in force anew; forgets it where there is no job
-- Returns  packed { results = { word }, admitted, more, conditions }; word is MENDED; READABLE where there is nothing to mend (any more);
--          GIVEN_UP for a plan; UNREADABLE where nothing says what it was
-- Writes   the plan, what waited for it and goes on or ends without it; the register; the schedule

local function open_ones(command)
  local open = {}
  for _, execution_id in ipairs(command.executions) do
    local x = record.load(execution_id)
    if x and x.plan_id == command.plan_id then open[#open + 1] = x end
  end
  return open
end

local function tells_of_all(open)
  for _, x in ipairs(open) do
    if not plan.tells_dependents_of(x) then return false end
  end
  return true
end

local function go_on(x, actor)
  if x.status ~= 'PENDING' then return end
  if not plan.of(x) then transition.abandon_without_plan(x, actor)
  elseif indexes.waits(x) then release.look_again(x, actor) end
end

local function mend_plan(command)
  local open = open_ones(command)
  local is_readable = tells_of_all(open)
  if command.given_up and not is_readable then plan.give_up(command.plan_id) end
  for _, x in ipairs(open) do
    go_on(x, command.actor)
  end
  release.resume()
  release.drain()
  admission.run()
  record.flush()
  if command.given_up then return is_readable and 'READABLE' or 'GIVEN_UP' end
  return is_readable and 'MENDED' or 'UNREADABLE'
end

local function mend_job(job_id)
  local packed = redis.call('HGET', key('jobs'), job_id)
  if not packed or sealed.unpack(packed) then return 'READABLE' end
  local revisions = key('job_revisions:' .. job_id)
  local latest = redis.call('HGET', revisions, redis.call('HLEN', revisions))
  if not sealed.unpack(latest) then return 'UNREADABLE' end
  damage.keep('JOB|' .. job_id, packed)
  redis.call('HSET', key('jobs'), job_id, latest)
  return 'MENDED'
end

local function mend_schedule(command)
  local id = command.schedule_id
  local suffix = 'schedule:' .. id
  if damage.call('SCHEDULE', id, 'HGET', suffix, 'job_id') then return 'READABLE' end
  redis.call('UNLINK', key(suffix))
  if command.as then
    tick.begin(command.as.schedule, command.as.job_id, command.as.revision)
  else
    redis.call('ZREM', key('due'), id)
    redis.call('SREM', key('schedules'), id)
  end
  return 'MENDED'
end

function functions.mend_state(args)
  local command = cmsgpack.unpack(args[1])
  if command.plan then reply.results[1] = mend_plan(command.plan)
  elseif command.job_id then reply.results[1] = mend_job(command.job_id)
  else reply.results[1] = mend_schedule(command.schedule) end
  return cmsgpack.pack(reply)
end
