-- Execution records: one packed value each, read and written as a whole.
-- Every record a call touches is loaded once, changed in memory and written once by record.flush(), with
-- its indexes, counters and outbox entry (docs/adr/0003-one-packed-record-per-execution.md).
--
-- x:<execution_id>           the record
-- active                     executions that have not ended, by creation
-- status:<status>            those that wait PENDING and those that have ended, by creation
-- job_executions:<job_id>    executions of a job, by creation
-- run_executions:<run_id>    executions of a run beside its root, by creation
-- counters, stats:<bucket>   how many came to a status, in all and in five minutes
-- outbox                     what changed, for whoever follows
-- dependency_errors          executions that a dependency has ended, to be reported; dependency_error_counts: how many, by code

record = {}

local STATS_BUCKET_MS = 300000
local INDEXED = { PENDING = true, COMPLETED = true, FAILED = true, TIMEOUT = true, CANCELLED = true }

on_begin(function()
  record.loaded = {}
  record.order = {}
end)

local function remember(x, stored_status)
  local entry = { x = x, stored_status = stored_status, events = {} }
  record.loaded[x.execution_id] = entry
  record.order[#record.order + 1] = entry
  return x
end

-- A record ends in a text of eight characters, the beginning of the checksum of what comes before it (docs/adr/0035).
local SEAL = '\168'
local SEAL_BYTES = 9

-- Returns the values of a packed record; nil where it is damaged.
local function unseal(packed)
  if type(packed) ~= 'string' then return nil end
  local readable, values, checksum, rest = pcall(cmsgpack.unpack, packed)
  if not readable or type(values) ~= 'table' or rest ~= nil then return nil end
  local is_whole
  if checksum == nil then is_whole = values[1] == generated.unsealed_version
  else is_whole = checksum == sealed.checksum_of(string.sub(packed, 1, -SEAL_BYTES - 1)) end
  return is_whole and values or nil
end

-- The values that a later build has appended: kept as they are, while both builds run.
local function appended_to(values)
  if #values == generated.record_fields then return nil end
  local appended = {}
  for at = generated.record_fields + 1, #values do
    appended[#appended + 1] = values[at]
  end
  return appended
end

local function values_of(x)
  local values = generated.to_values(x)
  if x.appended then
    for _, value in ipairs(x.appended) do
      values[#values + 1] = value
    end
  end
  return values
end

-- Returns the record, or nil and a refusal.
function record.load(execution_id)
  local entry = record.loaded[execution_id]
  if entry then return entry.x end
  local packed = redis.pcall('GET', key('x:' .. execution_id))
  if not packed then return nil, 'UNKNOWN_EXECUTION' end
  local values = unseal(packed)
  if not values then return nil, 'CORRUPT_RECORD' end
  if values[1] ~= generated.schema_version and values[1] ~= generated.unsealed_version then return nil, 'UPGRADE_REQUIRED' end
  local x = generated.to_record(values)
  x.appended = appended_to(values)
  x.schema_version = generated.schema_version
  return remember(x, x.status)
end

-- Whether an execution is to be there although its record is not: rebuilding it needs whatever else says what it was.
function record.is_missed(execution_id)
  return redis.call('ZSCORE', key('active'), execution_id) ~= false
end

-- Whether what load answered with a problem may all the same be an execution that counts: what cannot be read, and what is missed.
function record.may_be(execution_id, problem)
  return problem ~= nil and (problem ~= 'UNKNOWN_EXECUTION' or record.is_missed(execution_id))
end

-- Takes up what was rebuilt of a record that could not be read. stored_status: that its indexes have
function record.rebuild(x, stored_status)
  remember(x, stored_status)
  record.touch(x)
end

-- The chain of an attempt: the id of its first one.
function record.chain_of(x)
  return x.parent_execution_id or x.execution_id
end

-- The latest attempt of a chain, by any of its attempts.
function record.latest(execution_id)
  local x, unknown = record.load(execution_id)
  while x and x.retried_by do
    x, unknown = record.load(x.retried_by)
  end
  return x, unknown
end

local function tell(x, event, command)
  x.history[#x.history + 1] = { now_ms, event, command.actor or false, command.op or false,
    command.detail or command.reason or false }
end

local function move(x, event, to, command)
  x.status = to
  x.revision = x.revision + 1
  tell(x, event, command)
  local events = record.loaded[x.execution_id].events
  events[#events + 1] = event
end

-- x: every field that is not false; the rest is filled in here.
function record.create(x, command)
  x.schema_version = generated.schema_version
  x.revision = 0
  x.history = {}
  x.created_time = now_ms
  remember(x, false)
  move(x, 'CREATE', 'PENDING', command)
  writes.zadd('active', now_ms, x.execution_id)
  writes.zadd('job_executions:' .. x.job_id, now_ms, x.execution_id)
  if x.run_id ~= x.execution_id then writes.zadd('run_executions:' .. x.run_id, now_ms, x.execution_id) end
  return x
end

function record.transition(x, event, command)
  move(x, event, generated.transitions[x.status][event].to, command)
end

-- Whether the history has a note, of an operation.
function record.was_noted(x, note, op)
  for _, entry in ipairs(x.history) do
    if entry[2] == note and entry[4] == op then return true end
  end
  return false
end

-- Adds to the history what is no transition, once for each operation. command: { note, op, actor, detail }
function record.note(x, command)
  if record.was_noted(x, command.note, command.op) then return end
  tell(x, command.note, command)
  record.touch(x)
end

-- For a change that is no transition.
function record.touch(x)
  record.loaded[x.execution_id].dirty = true
end

-- The answer an earlier call with the same operation got, or nil.
function record.earlier_answer(x, command)
  if not command.op then return nil end
  local status, revision = nil, 0
  for _, entry in ipairs(x.history) do
    if not generated.notes[entry[2]] then
      revision = revision + 1
      status = status and generated.transitions[status][entry[2]].to or 'PENDING'
    end
    if entry[2] == command.event and entry[4] == command.op then
      return { ok = true, status = status, revision = revision, repeated = true }
    end
  end
  return nil
end

local function index(x, stored_status)
  if stored_status == x.status then return end
  if INDEXED[stored_status] then writes.zrem('status:' .. stored_status, x.execution_id) end
  if INDEXED[x.status] then writes.zadd('status:' .. x.status, x.created_time, x.execution_id) end
  writes.count('counters', x.status)
  if generated.terminal[x.status] then
    writes.zrem('active', x.execution_id)
    writes.count('stats:' .. string.format('%d', math.floor(now_ms / STATS_BUCKET_MS)), x.status)
  end
end

local function write(entry)
  local x = entry.x
  local body = cmsgpack.pack(values_of(x))
  entry.packed = body .. SEAL .. sealed.checksum_of(body)
  redis.call('SET', key('x:' .. x.execution_id), entry.packed)
  index(x, entry.stored_status)
  writes.publish(x.execution_id, table.concat({ x.status, x.revision, x.job_id, x.run_id, table.concat(entry.events, ',') }, '|'))
end

function record.flush()
  local order = record.order
  for at = 1, #order do
    local entry = order[at]
    if #entry.events > 0 or entry.dirty then write(entry) end
  end
  writes.flush()
end

-- The record as it is stored, packed, after record.flush().
function record.packed(x)
  return record.loaded[x.execution_id].packed or redis.call('GET', key('x:' .. x.execution_id))
end
