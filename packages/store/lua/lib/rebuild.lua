-- Rebuilding a record that cannot be read, from what else says what it was (docs/adr/0035-damaged-records.md).
--
-- quarantined_records    the bytes that were found, the newest first: <execution_id> <time> <bytes>; of what is no record
--                        <kind>|<subject> in the place of the id, see lib/damage.lua

rebuild = {}

-- What an execution is by its indexes, and when it was created; nil where none has it. seen: what the outbox said last
local function standing(execution_id, seen)
  for status in pairs(generated.terminal) do
    local created = redis.call('ZSCORE', key('status:' .. status), execution_id)
    if created then return status, tonumber(created) end
  end
  local created = tonumber(redis.call('ZSCORE', key('active'), execution_id) or nil)
  if not created then return nil end
  if redis.call('ZSCORE', key('status:PENDING'), execution_id) then return 'PENDING', created end
  local holds = redis.call('SISMEMBER', key('slots:global'), execution_id) == 1
  if not holds or admission.is_admitted(execution_id) then return 'QUEUED', created end
  return seen == 'COMPLETING' and seen or 'RUNNING', created
end

-- Who has claimed it; an empty text where nobody says so.
local function holder_of(execution_id)
  for _, command in ipairs({ { 'ZRANGE', key('executors'), 0, -1 }, { 'SMEMBERS', key('evicted') } }) do
    for _, executor_id in ipairs(redis.call(unpack(command))) do
      if redis.call('SISMEMBER', key('held:' .. executor_id), execution_id) == 1 then return executor_id end
    end
  end
  return ''
end

-- A revision may have changed what the job requests since: where it waits, and what it holds, tell what it was.
local function learn_lane(x)
  for _, lane in ipairs(lanes.of_job(x.job_id)) do
    if redis.call('ZSCORE', key('lane:' .. lane), x.execution_id) then
      local parts = lanes.parts(lane)
      x.resource_pool, x.job_type, x.request = parts.pool, string.match(lane, '^[^|]*|([^|]*)|'), parts.request
      x.static_priority, x.priority = parts.priority ~= nil, parts.priority or x.priority
      return
    end
  end
  for _, limit in ipairs(redis.call('HKEYS', key('limits'))) do
    local kind, name = string.match(limit, '^(%a+):(.*)$')
    local field = kind == 'pool' and 'resource_pool' or kind == 'type' and 'job_type'
    if field and redis.call('SISMEMBER', key('slots:' .. limit), x.execution_id) == 1 then x[field] = name end
  end
end

-- What a chain hands on comes from the attempt before; nil where that cannot be read either.
local function of_chain(command)
  local before = command.before and record.load(command.before)
  if not before then return nil end
  local x = {}
  for _, name in ipairs(generated.fields_of_a_chain) do
    x[name] = before[name]
  end
  x.attempt_number = before.attempt_number + 1
  x.lost_attempts, x.handed_over, x.crashes = before.lost_attempts, before.handed_over, before.crashes
  x.parent_execution_id = record.chain_of(before)
  x.retried_by = command.known.retried_by
  -- The record that counted the latest may be the one that is lost.
  local checkpoint = math.max(x.checkpoint or 0, checkpoints.sequences(x))
  x.checkpoint = checkpoint > 0 and checkpoint
  return x
end

local function of_first(command, created)
  local x = command.known
  local spec = plan.of(x)
  x.request, x.static_priority = spec and spec.request, spec and spec.static_priority
  x.has_edges = spec and #spec.edges > 0
  x.pass, x.trigger_type, x.trigger_id, x.scheduled_time = 1, 'MANUAL', 'rebuilt', created
  x.attempt_number, x.lost_attempts, x.edges_met, x.edges_unmet = 1, 0, 0, 0
  return x
end

-- By which transitions an execution comes to a status; of those that end it the likeliest.
local PATHS = {
  PENDING = {},
  QUEUED = { 'ENQUEUE' },
  RUNNING = { 'ENQUEUE', 'CLAIM' },
  COMPLETING = { 'ENQUEUE', 'CLAIM', 'SUCCEED' },
  COMPLETED = { 'ENQUEUE', 'CLAIM', 'SUCCEED', 'COMPLETE' },
  FAILED = { 'ENQUEUE', 'CLAIM', 'FAIL' },
  TIMEOUT = { 'ENQUEUE', 'EXPIRE' },
  CANCELLED = { 'CANCEL' },
}

-- When it happened, and by whom, nobody knows any more.
local function retell(x, status, command)
  x.history = { { x.created_time, 'CREATE', false, false, false } }
  for _, event in ipairs(PATHS[status]) do
    x.history[#x.history + 1] = { x.created_time, event, false, false, 'time unknown' }
  end
  x.revision = #x.history
  x.history[#x.history + 1] = { now_ms, 'REBUILT', command.actor, false, command.detail }
end

local function describe(command, created)
  local x = of_chain(command) or of_first(command, created)
  x.execution_id = command.execution_id
  x.schema_version = generated.schema_version
  x.created_time = created
  return x
end

-- Whether nothing but its wait is lost.
local function can_wait_again(x)
  return x.parent_execution_id and (x.status == 'PENDING' or x.status == 'QUEUED')
end

local function keep_bytes(execution_id)
  local bytes = redis.pcall('GET', key('x:' .. execution_id))
  if type(bytes) ~= 'string' then bytes = redis.call('DUMP', key('x:' .. execution_id)) or '' end
  damage.keep(execution_id, bytes)
end

local function forget_waits(x)
  local line = x.line or 'job:' .. x.job_id
  for _, list in ipairs({ 'delayed', 'dependency_deadlines', 'queue_deadlines', 'window_held:' .. x.job_id, 'line:' .. line }) do
    redis.call('ZREM', key(list), x.execution_id)
  end
end

local function wait_again(x)
  transition.leave(x)
  x.status = 'PENDING'
  transition.delay(x, now_ms)
end

local function go_on(x, command)
  if x.status == 'COMPLETING' then
    transition.complete(x, { event = 'COMPLETE', actor = command.actor })
  elseif can_wait_again(x) then
    wait_again(x)
  else
    local stop = command['end']
    -- Whoever runs it has lost it, live or not: the nonce that its writes would have to carry is gone.
    local event = x.status == 'RUNNING' and 'LOSE' or 'WRITE_OFF'
    transition.perform(x, { event = event, actor = command.actor, reason = stop.reason, result = stop.result, failure = stop.failure,
      retry = x.parent_execution_id and stop.retry or nil, dead_letter = stop.dead_letter })
  end
end

-- command: see RebuildCommand in @phi/core. Returns its RebuildResult.
function rebuild.one(command)
  local _, problem = record.load(command.execution_id)
  if problem ~= 'CORRUPT_RECORD' and problem ~= 'UNKNOWN_EXECUTION' then return { word = 'READABLE' } end
  local status, created = standing(command.execution_id, command.seen and command.seen.status)
  if not status then return { word = 'UNKNOWN' } end
  keep_bytes(command.execution_id)
  local x = describe(command, created)
  x.status = status
  retell(x, can_wait_again(x) and 'PENDING' or status, command)
  if not generated.terminal[status] then learn_lane(x) end
  if status == 'RUNNING' or status == 'COMPLETING' then x.executor_id = holder_of(x.execution_id) end
  -- What it had begun to release is carried on, not begun again.
  if redis.call('ZSCORE', key('releasing'), x.execution_id) then x.releasing = { command.actor, false } end
  record.rebuild(x, status)
  if generated.terminal[status] then
    -- Nobody knows when; without a time it would never be over for whoever waits for its end, or removes what ended long ago.
    x.completed_time = now_ms
    x.reason = status ~= 'COMPLETED' and command['end'].reason
  else
    forget_waits(x)
    go_on(x, command)
  end
  return { word = 'REBUILT', was = status, status = x.status }
end
