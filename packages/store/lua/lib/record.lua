-- Execution records: one packed value each, read and written as a whole.
-- Every record a script touches is loaded once, changed in memory and written once by record.flush(), with
-- its indexes, counters and outbox entry (docs/adr/0003-one-packed-record-per-execution.md).

local record = { loaded = {}, order = {} }

local STATS_BUCKET_MS = 300000
local STATS_KEPT_SECONDS = 90000
local OUTBOX_LENGTH = 10000

local function remember(x, stored_status)
  record.loaded[x.execution_id] = { x = x, stored_status = stored_status, events = {} }
  record.order[#record.order + 1] = x.execution_id
  return x
end

-- Returns the record, or nil and a refusal.
function record.load(execution_id)
  local entry = record.loaded[execution_id]
  if entry then return entry.x end
  local packed = redis.call('GET', key('x:' .. execution_id))
  if not packed then return nil, 'UNKNOWN_EXECUTION' end
  local values = cmsgpack.unpack(packed)
  if values[1] ~= generated.schema_version then return nil, 'UPGRADE_REQUIRED' end
  local x = {}
  for index, name in ipairs(generated.fields) do
    x[name] = values[index]
  end
  return remember(x, x.status)
end

local function note(x, event, to, command)
  x.status = to
  x.revision = x.revision + 1
  x.history[#x.history + 1] = { now_ms, event, command.actor or false, command.op or false, command.detail or false }
  local events = record.loaded[x.execution_id].events
  events[#events + 1] = event
  redis.call('HINCRBY', key('counters'), 'event:' .. event, 1)
end

-- x: every field that is not false; the rest is filled in here.
function record.create(x, command)
  for _, name in ipairs(generated.fields) do
    if x[name] == nil then x[name] = false end
  end
  x.schema_version = generated.schema_version
  x.revision = 0
  x.history = {}
  x.created_time = now_ms
  remember(x, false)
  note(x, 'CREATE', 'PENDING', command)
  redis.call('ZADD', key('job_executions:' .. x.job_id), now_ms, x.execution_id)
  if x.run_id ~= x.execution_id then redis.call('ZADD', key('run_executions:' .. x.run_id), now_ms, x.execution_id) end
  return x
end

function record.transition(x, event, command)
  note(x, event, generated.transitions[x.status][event].to, command)
end

-- The answer an earlier call with the same operation got: { status, revision }, or nil.
function record.earlier_answer(x, command)
  if not command.op then return nil end
  local status = 'PENDING'
  for revision, entry in ipairs(x.history) do
    if revision > 1 then status = generated.transitions[status][entry[2]].to end
    if entry[2] == command.event and entry[4] == command.op then
      return { ok = true, status = status, revision = revision, repeated = true }
    end
  end
  return nil
end

local function count_outcome(x)
  local bucket = key('stats:' .. string.format('%d', math.floor(now_ms / STATS_BUCKET_MS)))
  redis.call('HINCRBY', bucket, x.status, 1)
  redis.call('EXPIRE', bucket, STATS_KEPT_SECONDS)
end

local function write(entry)
  local x = entry.x
  local values = {}
  for index, name in ipairs(generated.fields) do
    values[index] = x[name]
  end
  redis.call('SET', key('x:' .. x.execution_id), cmsgpack.pack(values))
  if entry.stored_status ~= x.status then
    if entry.stored_status then redis.call('ZREM', key('status:' .. entry.stored_status), x.execution_id) end
    redis.call('ZADD', key('status:' .. x.status), now_ms, x.execution_id)
    if generated.terminal[x.status] then count_outcome(x) end
  end
  redis.call('XADD', key('outbox'), 'MAXLEN', '~', OUTBOX_LENGTH, '*',
    'execution_id', x.execution_id, 'job_id', x.job_id, 'run_id', x.run_id,
    'events', table.concat(entry.events, ','), 'status', x.status, 'revision', x.revision)
end

function record.flush()
  for _, execution_id in ipairs(record.order) do
    local entry = record.loaded[execution_id]
    if #entry.events > 0 or entry.dirty then write(entry) end
  end
end

-- For a change that is no transition.
function record.touch(x)
  record.loaded[x.execution_id].dirty = true
end
