-- Parking: where the lanes that are not empty wait, and what wakes them (docs/adr/0005-lanes-and-parking.md,
-- docs/adr/0015-placement.md).
--
-- ready, ready_static   lanes that may be admitted, by the rank of their head: those that age, and those that do not
-- ready_dedicated, ready_dedicated_static   the same for lanes of dedicated pools, which need no place of a common executor
-- parked:<limit>        lanes whose head met that limit full; parked_static:<limit> those that do not age. A limit is one with a
--                       number, or window:<job_id>, the job's window is closed; paused:<pool>; amounts:<pool>|<amounts>, the
--                       pool's capacity has not so much left; room:<group>|<amounts>, none of its executors has
-- parked_on             lane -> the limit it is parked on
-- shapes:amounts:<pool>, shapes:room:<group>   the amounts that lanes are parked with
-- to_wake               limits with room whose parked lanes were more than one call could wake

parking = {}

-- So many lanes, aging or not, are woken for a limit at once.
local WOKEN_AT_ONCE = 64

-- Where a lane waits to be looked at.
function parking.queue_of(lane)
  local queue = limits.of(lane).dedicated and 'ready_dedicated' or 'ready'
  return key(lanes.parts(lane).priority and queue .. '_static' or queue)
end

-- Where it waits for a limit to have room.
function parking.parked_at(lane, limit)
  return key((lanes.parts(lane).priority and 'parked_static:' or 'parked:') .. limit)
end

-- What lanes of any request are parked on together, and the request; nothing for a limit that is not about amounts.
function parking.scarce_of(limit)
  return string.match(limit, '^(%a+:[^|]*)|(.*)$')
end

function parking.amounts_of(lane)
  return 'amounts:' .. lanes.parts(lane).pool
end

function parking.room_of(lane)
  return 'room:' .. limits.of(lane).group
end

-- What keeps the head of a lane that requests amounts from them, or nil.
function parking.scarce_for(lane, request, shape)
  local of = limits.of(lane)
  if of.capacity then
    local reserved_for = reservation.of_pool(lanes.parts(lane).pool)
    local is_reserved = reserved_for and reserved_for ~= lane
    if is_reserved or amounts.times(request, of.capacity, amounts.used(of.pool)) < 1 then return parking.amounts_of(lane) .. '|' .. shape end
  end
  if not placement.choose(request, of.group, reservation.closed_to(lane)) then return parking.room_of(lane) .. '|' .. shape end
  return nil
end

function parking.unpark(lane, limit)
  redis.call('ZREM', parking.parked_at(lane, limit), lane)
  redis.call('HDEL', key('parked_on'), lane)
  local scarce, shape = parking.scarce_of(limit)
  if scarce and redis.call('EXISTS', key('parked:' .. limit), key('parked_static:' .. limit)) == 0 then
    redis.call('SREM', key('shapes:' .. scarce), shape)
  end
end

function parking.park(lane, limit, score)
  redis.call('ZREM', parking.queue_of(lane), lane)
  redis.call('ZADD', parking.parked_at(lane, limit), lanes.rank(lane, score), lane)
  redis.call('HSET', key('parked_on'), lane, limit)
  local scarce, shape = parking.scarce_of(limit)
  if scarce then redis.call('SADD', key('shapes:' .. scarce), shape) end
end

function parking.wake_later(limit)
  redis.call('SADD', key('to_wake'), limit)
  reply.more = true
end

-- Moves at most so many of the lanes parked on a limit to their queues. Returns how many it moved.
local function wake_first(limit, at_most)
  local moved = 0
  local function move(list)
    local heads = redis.call('ZRANGE', key(list .. limit), 0, math.min(at_most, WOKEN_AT_ONCE) - 1, 'WITHSCORES')
    for index = 1, #heads, 2 do
      parking.unpark(heads[index], limit)
      redis.call('ZADD', parking.queue_of(heads[index]), heads[index + 1], heads[index])
      moved = moved + 1
    end
  end
  move('parked:')
  if limits.shared().static_lanes > 0 then move('parked_static:') end
  return moved
end

-- Moves as many parked lanes to their queues as a limit with a number has room for; what is more than one call may look at is
-- left to the next.
local function wake_counted(limit)
  local room = limits.room(limit)
  if room <= 0 then return end
  if wake_first(limit, room) >= WOKEN_AT_ONCE and room > WOKEN_AT_ONCE then parking.wake_later(limit) end
end

-- Wakes a lane that room is reserved for.
local function wake_reserved(lane, scarce)
  local parts = lanes.parts(lane)
  local limit = scarce .. '|' .. parts.shape
  if redis.call('HGET', key('parked_on'), lane) ~= limit or parking.scarce_for(lane, parts.request, parts.shape) == limit then return end
  local rank = redis.call('ZSCORE', parking.parked_at(lane, limit), lane)
  parking.unpark(lane, limit)
  redis.call('ZADD', parking.queue_of(lane), rank, lane)
end

-- How many of each request find room in a pool's capacity; reserved: lanes to look at besides.
local function pool_room(pool)
  local reserved_for = reservation.of_pool(pool)
  if reserved_for then return function() return 0 end, { reserved_for } end
  local capacity, used = limits.capacity(pool), amounts.used('pool:' .. pool)
  return function(request) return capacity and amounts.times(request, capacity, used) or math.huge end, {}
end

-- The same for the executors of a group.
local function executor_room(group)
  local closed, reserved = {}, {}
  for executor_id, lane in pairs(reservation.of_executors()) do
    closed[executor_id] = true
    if limits.of(lane).group == group then reserved[#reserved + 1] = lane end
  end
  return function(request) return placement.room(request, group, closed) end, reserved
end

-- Wakes what is parked for want of amounts: of each request as many as find room.
local function wake_scarce(scarce)
  local kind, name = string.match(scarce, '^(%a+):(.*)$')
  local times, reserved = (kind == 'room' and executor_room or pool_room)(name)
  for _, lane in ipairs(reserved) do
    wake_reserved(lane, scarce)
  end
  local left = WOKEN_AT_ONCE
  for _, shape in ipairs(redis.call('SMEMBERS', key('shapes:' .. scarce))) do
    local fitting = times(amounts.parse(shape))
    if fitting >= 1 then
      if left <= 0 then return parking.wake_later(scarce) end
      local moved = wake_first(scarce .. '|' .. shape, math.min(fitting, left))
      if moved >= left and fitting > left then parking.wake_later(scarce) end
      left = left - moved
    end
  end
end

function parking.wake(limit)
  if starts_with(limit, 'amounts:') or starts_with(limit, 'room:') then wake_scarce(limit) else wake_counted(limit) end
end

-- Why a lane is not where its head waits to be looked at, in words, or nil.
function parking.misplaced(lane)
  local is_empty = not lanes.head_of(lane)
  local parked_on = redis.call('HGET', key('parked_on'), lane)
  local stands = redis.call('ZSCORE', parked_on and parking.parked_at(lane, parked_on) or parking.queue_of(lane), lane)
  if is_empty then return (stands or parked_on or lanes.is_listed(lane)) and 'is empty, and waits all the same' or nil end
  if redis.call('HEXISTS', key('to_rehome'), lanes.parts(lane).pool) == 1 then return nil end
  if not stands then return 'is neither ready nor parked' end
  if not lanes.is_listed(lane) then return 'is not in the list of lanes' end
  return nil
end

-- The limit with a number that a lane is parked on although it has room, and nobody is to wake what is parked there; or nil.
function parking.in_vain_on(lane)
  local limit = redis.call('HGET', key('parked_on'), lane)
  local is_counted = limit and (starts_with(limit, 'job:') or starts_with(limit, 'pool:') or starts_with(limit, 'type:')
    or starts_with(limit, 'places:'))
  if not is_counted or limits.room(limit) <= 0 or redis.call('SISMEMBER', key('to_wake'), limit) == 1 then return nil end
  -- One woken lane that meets another limit stands for those parked behind it.
  if exhaustion.queues_all() or not limits.has_room(lane) then return nil end
  return limit
end
