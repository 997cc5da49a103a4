-- What a trigger holds: events in order of acceptance, one due time, and the number of the next flush
-- (docs/adr/0010-events.md). A trigger is named by <job_id>|<trigger_id>.
--
-- batch:<trigger>       its events: <number>|<bytes>|<depth>
-- trigger:<trigger>     flushes: how many there were, which numbers the next; flushed: when it last started an
--                       execution; plan_id: of its job when it began to hold
-- event:<number>        the event as JSON text
-- event_number          the latest number
-- triggers_due          triggers that hold events, by due time
-- holding:<job_id>      trigger_id -> digest of the configuration under which it holds events
-- busy_triggers:<job_id>  triggers that were due while the job was busy

batch = {}

local EVENTS_AT_ONCE = 1000
local INLINE_BYTES = 196608
-- Of an event that an execution refers to: as long as a plan, and so longer than any run may wait.
local REFERENCED_SECONDS = 7776000

-- The end of a chain makes it due sooner; this only bounds what a lost one costs.
local BUSY_PAUSE_MS = 10000
local FULL_PAUSE_MS = 1000

function batch.name(of)
  return of.job_id .. '|' .. of.trigger_id
end

function batch.is_empty(name)
  return redis.call('EXISTS', key('batch:' .. name)) == 0
end

-- The earliest time at which a trigger may start an execution again.
local function rested_ms(name, debounce_ms)
  if debounce_ms == 0 then return 0 end
  return tonumber(redis.call('HGET', key('trigger:' .. name), 'flushed') or 0) + debounce_ms
end

function batch.is_rested(name, debounce_ms)
  return rested_ms(name, debounce_ms) <= now_ms
end

-- debounce_ms: 0 where nobody will ask
function batch.note_start(name, debounce_ms)
  if debounce_ms > 0 then redis.call('HSET', key('trigger:' .. name), 'flushed', now_ms) end
end

local function await_chain(of, name)
  redis.call('SADD', key('busy_triggers:' .. of.job_id), name)
  redis.call('ZADD', key('triggers_due'), now_ms + BUSY_PAUSE_MS, name)
end

local function await_room(name)
  redis.call('ZADD', key('triggers_due'), now_ms + FULL_PAUSE_MS, name)
end

-- What waits for the chains of a job is looked at again.
function batch.chain_ended(job_id)
  local names = redis.call('SMEMBERS', key('busy_triggers:' .. job_id))
  if #names == 0 then return end
  redis.call('DEL', key('busy_triggers:' .. job_id))
  for _, name in ipairs(names) do
    redis.call('ZADD', key('triggers_due'), 'XX', now_ms, name)
  end
end

-- Sets the due time of a trigger that begins to hold. why: BUSY or QUEUE_FULL where the event would have started an
-- execution but for that.
local function begin_to_hold(delivery, name, why)
  redis.call('HSET', key('holding:' .. delivery.job_id), delivery.trigger_id, delivery.digest)
  redis.call('HSET', key('trigger:' .. name), 'plan_id', delivery.plan_id)
  plan.keep(delivery.plan_id)
  if why == 'BUSY' then return await_chain(delivery, name) end
  if why == 'QUEUE_FULL' then return await_room(name) end
  local due_ms = math.max(now_ms + delivery.window_ms, rested_ms(name, delivery.debounce_ms))
  redis.call('ZADD', key('triggers_due'), due_ms, name)
end

function batch.append(delivery, event, depth, why)
  local name = batch.name(delivery)
  local number = string.format('%.0f', redis.call('INCR', key('event_number')))
  redis.call('SET', key('event:' .. number), event)
  local entry = number .. '|' .. #event .. '|' .. depth
  if redis.call('RPUSH', key('batch:' .. name), entry) == 1 then begin_to_hold(delivery, name, why) end
end

local function read(entries)
  local held = {}
  local room = INLINE_BYTES
  for index, entry in ipairs(entries) do
    local number, bytes, depth = string.match(entry, '^(%d+)|(%d+)|(%d+)$')
    local fits = tonumber(bytes) <= room
    if fits then room = room - tonumber(bytes) end
    held[index] = { key = key('event:' .. number), number = number, depth = tonumber(depth), fits = fits }
  end
  return held
end

-- Fills in the text of each event: itself or, beyond what fits and where it is lost, a reference.
local function fill_in(held)
  local inline = {}
  for _, event in ipairs(held) do
    if event.fits then inline[#inline + 1] = event.key end
  end
  local texts = #inline > 0 and redis.call('MGET', unpack(inline)) or {}
  local at = 0
  for _, event in ipairs(held) do
    if event.fits then at = at + 1 end
    event.text = event.fits and texts[at] or '{"$ref":"event:' .. event.number .. '"}'
  end
end

local function parameters_of(held)
  local texts = {}
  for index, event in ipairs(held) do
    texts[index] = event.text
  end
  return '{"events":[' .. table.concat(texts, ',') .. ']}'
end

local function depth_of(held)
  local depth = 0
  for _, event in ipairs(held) do
    depth = math.max(depth, event.depth)
  end
  return depth
end

local function release_bodies(held)
  for _, event in ipairs(held) do
    if event.fits then redis.call('UNLINK', event.key) else redis.call('EXPIRE', event.key, REFERENCED_SECONDS) end
  end
end

local function stop_holding(command, name)
  redis.call('ZREM', key('triggers_due'), name)
  redis.call('HDEL', key('holding:' .. command.job_id), command.trigger_id)
  redis.call('SREM', key('busy_triggers:' .. command.job_id), name)
end

-- Takes the head of the list off. What is left is due at once. Returns how much that is.
local function take(command, name, held)
  redis.call('LTRIM', key('batch:' .. name), #held, -1)
  redis.call('HSET', key('trigger:' .. name), 'flushed', now_ms)
  redis.call('HINCRBY', key('trigger:' .. name), 'flushes', 1)
  release_bodies(held)
  local rest = redis.call('LLEN', key('batch:' .. name))
  if rest == 0 then stop_holding(command, name) else redis.call('ZADD', key('triggers_due'), now_ms, name) end
  return rest
end

-- Why a trigger is not flushed now, or nil; what it has to wait for is entered.
local function obstacle(command, name, plan_id)
  if tonumber(redis.call('ZSCORE', key('triggers_due'), name) or 0) > now_ms then return 'NOT_DUE' end
  if command.waits and events.is_busy(command.job_id) then
    await_chain(command, name)
    return 'BUSY'
  end
  if events.is_rejected({ plan_id = plan_id, job_id = command.job_id }) then
    await_room(name)
    return 'EXHAUSTED'
  end
  if events.room(command.capacity) < 1 then
    await_room(name)
    return 'QUEUE_FULL'
  end
end

-- Starts one execution from the head of what a trigger holds; see flush-trigger.lua.
function batch.flush(command)
  local name = batch.name(command)
  local flushes, plan_id = unpack(redis.call('HMGET', key('trigger:' .. name), 'flushes', 'plan_id'))
  flushes = flushes or '0'
  if command.flush and command.flush ~= tonumber(flushes) then return { ok = false, refusal = 'STALE_FLUSH' } end
  local held = read(redis.call('LRANGE', key('batch:' .. name), 0, EVENTS_AT_ONCE - 1))
  if #held == 0 then
    stop_holding(command, name)
    return { ok = false, refusal = 'EMPTY' }
  end
  local refusal = not command.force and obstacle(command, name, command.plan_id or plan_id)
  if refusal then return { ok = false, refusal = refusal } end
  fill_in(held)
  local execution_id = derive_id('flush', namespace, command.job_id, command.trigger_id, flushes)
  local result = create.one({
    execution_id = execution_id, run_id = execution_id, plan_id = command.plan_id or plan_id, job_id = command.job_id,
    graph_id = command.graph_id, trigger_type = 'EVENT', trigger_id = command.trigger_id, parameters = parameters_of(held),
    line = events.line_of(command), depth = depth_of(held), actor = command.actor, is_accepted = true,
  })
  if result.refusal == 'UNKNOWN_PLAN' or result.refusal == 'STALE_GRAPH' then return result end
  if not result.created then
    -- Whatever stands under that id, readable or not: these events are not in it.
    redis.call('HINCRBY', key('trigger:' .. name), 'flushes', 1)
    return { ok = false, refusal = 'STALE_FLUSH' }
  end
  return { ok = true, execution_id = execution_id, events = #held, rest = take(command, name, held) }
end

-- For triggers that are about to change; what one flush does not take is left.
function batch.flush_all(commands)
  for _, command in ipairs(commands) do
    batch.flush(command)
  end
end
