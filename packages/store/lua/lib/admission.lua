-- Admission: who may run now (Rules 5, 6 and 7; docs/adr/0005-lanes-and-parking.md).
--
-- lane:<lane>        what waits of one job in one pool, in order of score
-- ready              lanes that may be admitted, by the score of their head
-- parked:<limit>     lanes whose head met that limit full, or window:<job_id>, the job's window closed
-- parked_on          lane -> the limit it is parked on
-- to_wake            limits with room whose parked lanes were more than one call could wake
-- admitted           executions that hold their slots and are not claimed yet, by claim deadline

admission = {}

local CLAIM_DEADLINE_MS = 5000
local PROBES = 64

on_begin(function()
  admission.freed = {}
  admission.wanted = false
  admission.nothing_waits = nil
  admission.queued = nil
end)

local function lane_of(x)
  return x.resource_pool .. '|' .. x.job_type .. '|' .. x.job_id
end

-- Whether nobody could be passed over: what a slot given back in this call wakes is not in `ready` yet.
local function nothing_waits()
  if next(admission.freed) then return false end
  if admission.nothing_waits == nil then
    admission.nothing_waits = redis.call('EXISTS', key('ready'), key('to_wake')) == 0
  end
  return admission.nothing_waits
end

local function head_of(lane)
  local head = redis.call('ZRANGE', key('lane:' .. lane), 0, 0, 'WITHSCORES')
  return head[1], head[2]
end

-- When what is admitted now counts as unclaimed.
function admission.claim_deadline()
  return now_ms + CLAIM_DEADLINE_MS
end

local function admit(execution_id, lane)
  limits.take(execution_id, lane)
  redis.call('ZADD', key('admitted'), admission.claim_deadline(), execution_id)
  reply.admitted[#reply.admitted + 1] = execution_id
end

-- Puts a lane where its head belongs: nowhere when empty, on the limit it is parked on, or in `ready`.
local function place(lane)
  local parked_on = redis.call('HGET', key('parked_on'), lane)
  local queue = parked_on and key('parked:' .. parked_on) or key('ready')
  admission.nothing_waits = nil
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

-- Moves as many parked lanes to `ready` as the limit has room for; what is more than one call may look at is
-- left to the next.
local function wake(limit)
  local parked = key('parked:' .. limit)
  local room = limits.room(limit)
  if room <= 0 then return end
  local heads = redis.call('ZRANGE', parked, 0, math.min(room, PROBES) - 1, 'WITHSCORES')
  for index = 1, #heads, 2 do
    local lane = heads[index]
    redis.call('ZREM', parked, lane)
    redis.call('HDEL', key('parked_on'), lane)
    redis.call('ZADD', key('ready'), heads[index + 1], lane)
  end
  if room > PROBES and redis.call('EXISTS', parked) == 1 then
    redis.call('SADD', key('to_wake'), limit)
    reply.more = true
  end
end

function admission.enqueue(x)
  local lane = lane_of(x)
  if admission.queued then admission.queued = admission.queued + 1 end
  if not exhaustion.queues_all() and nothing_waits() and limits.global_room() > 0 and not limits.first_full(lane) then
    admit(x.execution_id, lane)
    return
  end
  redis.call('ZADD', key('lane:' .. lane), x.order_score, x.execution_id)
  admission.wanted = true
  -- Behind another the lane stands where it stood.
  if redis.call('ZRANK', key('lane:' .. lane), x.execution_id) == 0 then place(lane) end
end

-- How many are queued: all that is open but what is PENDING, and what has slots and is claimed.
function admission.count_queued()
  if not admission.queued then
    admission.queued = redis.call('ZCARD', key('active')) - redis.call('ZCARD', key('status:PENDING'))
      - redis.call('SCARD', key('slots:global')) + redis.call('ZCARD', key('admitted'))
  end
  return admission.queued
end

function admission.is_admitted(execution_id)
  return redis.call('ZSCORE', key('admitted'), execution_id) ~= false
end

function admission.claimed(execution_id)
  redis.call('ZREM', key('admitted'), execution_id)
end

-- For one that leaves the queue unclaimed: out of its lane, or its slots given back.
function admission.leave_queue(x)
  redis.call('ZREM', key('admitted'), x.execution_id)
  if admission.give_back(x) then return end
  local lane = lane_of(x)
  redis.call('ZREM', key('lane:' .. lane), x.execution_id)
  place(lane)
  -- The lane may have been woken for a slot that it does not take now.
  admission.pass_on(lane)
end

-- Offers what the limits of a lane have room for to whoever is parked on them.
function admission.pass_on(lane)
  local found = limits.of(lane)
  for index = 1, #found do
    admission.freed[found[index].name] = true
  end
  admission.wanted = true
end

-- For one that has ended. Returns whether it held slots.
function admission.give_back(x)
  local lane = lane_of(x)
  if not limits.give_back(x.execution_id, lane) then return false end
  admission.pass_on(lane)
  return true
end

-- A limit has changed: look at what is parked on it.
function admission.limit_changed(limit)
  admission.freed[limit] = true
  admission.wanted = true
end

-- Takes the head of a lane in `ready`, or parks the lane. next_score: of the one behind the head, if there is one.
local function probe(lane, execution_id, score, next_score)
  local full = limits.first_full(lane)
  if full then
    park(lane, full, score)
    -- The other limits of the lane may have woken it for a slot that it does not take now.
    for _, limit in ipairs(limits.of(lane)) do
      if limit.name ~= full then wake(limit.name) end
    end
    return
  end
  redis.call('ZREM', key('lane:' .. lane), execution_id)
  admit(execution_id, lane)
  if next_score then
    redis.call('ZADD', key('ready'), next_score, lane)
  else
    redis.call('ZREM', key('ready'), lane)
    admission.nothing_waits = nil
  end
end

-- What an earlier call could not wake.
function admission.resume()
  for _, limit in ipairs(redis.call('SMEMBERS', key('to_wake'))) do
    redis.call('SREM', key('to_wake'), limit)
    admission.freed[limit] = true
  end
  admission.wanted = true
end

-- Gives freed slots to what waits, best first. Bounded: reply.more tells when a bound was met.
function admission.run()
  if not admission.wanted then return end
  for limit in pairs(admission.freed) do
    wake(limit)
  end
  if exhaustion.queues_all() then return end
  for _ = 1, PROBES do
    local lane = redis.call('ZRANGE', key('ready'), 0, 0)[1]
    if not lane or limits.global_room() <= 0 then return end
    local heads = redis.call('ZRANGE', key('lane:' .. lane), 0, 1, 'WITHSCORES')
    if heads[1] then probe(lane, heads[1], heads[2], heads[4]) else redis.call('ZREM', key('ready'), lane) end
  end
  reply.more = true
end
