-- Admission: who may run now (Rules 5, 6 and 7).
--
-- What waits stands in lanes: one for each job and pool, its members in order of their score. Lanes whose
-- head might be admitted are in `ready`, ordered by that head. A lane whose head meets a full limit of its
-- own is parked on it, the most specific first, so that it costs nothing until that limit gives a slot
-- back. A full global limit blocks every lane alike, so they stay in `ready`.
--
-- Whoever holds a slot is a member of slots:<limit> for each of its limits: taking and giving back are
-- idempotent, and the members say who holds them.

local admission = { freed = {}, woken_from = {} }

local CLAIM_DEADLINE_MS = 5000
local PROBES = 64

local function limits_of(lane)
  local pool, job_type, job_id = string.match(lane, '^([^|]*)|([^|]*)|(.*)$')
  return { 'job:' .. job_id, 'pool:' .. pool, 'type:' .. job_type }
end

local function lane_of(x)
  return x.resource_pool .. '|' .. x.job_type .. '|' .. x.job_id
end

local function room(limit)
  local allowed = redis.call('HGET', key('limits'), limit)
  if not allowed then return math.huge end
  return tonumber(allowed) - redis.call('SCARD', key('slots:' .. limit))
end

-- `places` is what the live executors offer; without any, nothing is admitted.
local function global_room()
  local values = redis.call('HMGET', key('limits'), 'global', 'places')
  local held = redis.call('SCARD', key('slots:global'))
  return math.min(tonumber(values[1] or 'inf'), tonumber(values[2] or '0')) - held
end

local function first_full(limits)
  for _, limit in ipairs(limits) do
    if room(limit) <= 0 then return limit end
  end
  return nil
end

local function head_of(lane)
  local head = redis.call('ZRANGE', key('lane:' .. lane), 0, 0, 'WITHSCORES')
  return head[1], head[2]
end

local function admit(execution_id, limits)
  redis.call('SADD', key('slots:global'), execution_id)
  for _, limit in ipairs(limits) do
    redis.call('SADD', key('slots:' .. limit), execution_id)
  end
  redis.call('ZADD', key('admitted'), now_ms + CLAIM_DEADLINE_MS, execution_id)
  reply.admitted[#reply.admitted + 1] = execution_id
end

-- Puts a lane where its head belongs: nowhere when empty, on the limit it is parked on, or in `ready`.
local function place(lane)
  local parked_on = redis.call('HGET', key('parked_on'), lane)
  local queue = parked_on and key('parked:' .. parked_on) or key('ready')
  local execution_id, score = head_of(lane)
  if execution_id then
    redis.call('ZADD', queue, score, lane)
    return
  end
  redis.call('ZREM', queue, lane)
  if parked_on then redis.call('HDEL', key('parked_on'), lane) end
end

local function park(lane, limit, score)
  redis.call('ZREM', key('ready'), lane)
  redis.call('ZADD', key('parked:' .. limit), score, lane)
  redis.call('HSET', key('parked_on'), lane, limit)
end

-- Moves as many parked lanes to `ready` as the limit has room for.
local function wake(limit, at_most)
  local parked = key('parked:' .. limit)
  local count = math.min(room(limit), at_most)
  if count <= 0 then return end
  local heads = redis.call('ZRANGE', parked, 0, count - 1, 'WITHSCORES')
  for index = 1, #heads, 2 do
    local lane = heads[index]
    redis.call('ZREM', parked, lane)
    redis.call('HDEL', key('parked_on'), lane)
    redis.call('ZADD', key('ready'), heads[index + 1], lane)
    admission.woken_from[lane] = limit
  end
end

function admission.enqueue(x)
  local lane = lane_of(x)
  local limits = limits_of(lane)
  local nothing_waits = redis.call('EXISTS', key('ready')) == 0
  if nothing_waits and global_room() > 0 and not first_full(limits) then
    admit(x.execution_id, limits)
    return
  end
  redis.call('ZADD', key('lane:' .. lane), x.order_score, x.execution_id)
  place(lane)
  admission.wanted = true
end

function admission.holds_slot(execution_id)
  return redis.call('SISMEMBER', key('slots:global'), execution_id) == 1
end

function admission.is_admitted(execution_id)
  return redis.call('ZSCORE', key('admitted'), execution_id) ~= false
end

-- For one that leaves QUEUED or a running state for good.
function admission.leave(x)
  local lane = lane_of(x)
  redis.call('ZREM', key('admitted'), x.execution_id)
  redis.call('HDEL', key('deliveries'), x.execution_id)
  if redis.call('SREM', key('slots:global'), x.execution_id) == 1 then
    for _, limit in ipairs(limits_of(lane)) do
      redis.call('SREM', key('slots:' .. limit), x.execution_id)
      admission.freed[limit] = true
    end
    admission.wanted = true
  elseif redis.call('ZREM', key('lane:' .. lane), x.execution_id) == 1 then
    place(lane)
  end
end

local function probe(lane, execution_id, score)
  local limits = limits_of(lane)
  local full = first_full(limits)
  local woken_from = admission.woken_from[lane]
  if full then
    park(lane, full, score)
    admission.woken_from[lane] = nil
    -- The slot this lane was woken for is still free: it goes to the next one parked there.
    if woken_from and woken_from ~= full then wake(woken_from, 1) end
    return
  end
  redis.call('ZREM', key('lane:' .. lane), execution_id)
  admit(execution_id, limits)
  place(lane)
end

-- A limit has changed: look at what is parked on it.
function admission.limit_changed(limit)
  admission.freed[limit] = true
  admission.wanted = true
end

-- Gives freed slots to what waits, best first. Bounded: reply.more tells when a bound was met.
function admission.run()
  if not admission.wanted then return end
  for limit in pairs(admission.freed) do
    wake(limit, PROBES)
  end
  for _ = 1, PROBES do
    local lane = redis.call('ZRANGE', key('ready'), 0, 0)[1]
    if not lane or global_room() <= 0 then return end
    local execution_id, score = head_of(lane)
    if execution_id then probe(lane, execution_id, score) else redis.call('ZREM', key('ready'), lane) end
  end
  reply.more = true
end
