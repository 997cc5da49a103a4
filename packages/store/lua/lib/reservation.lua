-- Reservations: room that is kept free for a head which smaller ones have passed for long enough (docs/adr/0015-placement.md).
-- They are not stored: they follow from who is blocked since when, and from what the pools and executors have at the moment.
--
-- blocked                <execution_id>|<lane> -> when the head of the lane was first kept waiting by amounts, in ms
-- blocked:pool:<pool>    those of them that the pool's capacity has kept waiting
-- blocked:executors      those that the executors' room has

reservation = {}

-- So long smaller ones may pass.
local PASSED_FOR_MS = 60000
-- A head that cannot use its reservation now is passed over; so many are looked at.
local LOOKED_AT = 128

local function forget()
  reservation.pools = {}
  reservation.executors = nil
end

on_begin(forget)

local function entry_of(execution_id, lane)
  return execution_id .. '|' .. lane
end

-- scarce: pool:<pool> or executors
function reservation.enter(scarce, execution_id, lane)
  local entry = entry_of(execution_id, lane)
  redis.call('ZADD', key('blocked'), 'NX', now_ms, entry)
  redis.call('ZADD', key('blocked:' .. scarce), 'NX', redis.call('ZSCORE', key('blocked'), entry), entry)
  forget()
end

-- For one that waits no more. Returns whether room may have been reserved for it.
function reservation.leave(execution_id, lane)
  local entry = entry_of(execution_id, lane)
  local since = redis.call('ZSCORE', key('blocked'), entry)
  if not since then return false end
  redis.call('ZREM', key('blocked'), entry)
  redis.call('ZREM', key('blocked:pool:' .. lanes.parts(lane).pool), entry)
  redis.call('ZREM', key('blocked:executors'), entry)
  forget()
  return tonumber(since) <= now_ms - PASSED_FOR_MS
end

-- Whether the head of a lane could start if only it had the room: no other is to wait for one that cannot.
local function can_use(lane)
  local parts, of = lanes.parts(lane), limits.of(lane)
  if of.paused or windows.closed(parts.job_id) then return false end
  if of.capacity and amounts.times(parts.request, of.capacity) < 1 then return false end
  return placement.can_hold(parts.request, of.group)
end

-- The lanes whose heads have been blocked for long enough, the longest first.
local function overdue(scarce)
  local entries = redis.call('ZRANGEBYSCORE', key('blocked:' .. scarce), '-inf', now_ms - PASSED_FOR_MS, 'LIMIT', 0, LOOKED_AT)
  local found = {}
  for _, entry in ipairs(entries) do
    local lane = string.match(entry, '^[^|]*|(.*)$')
    if can_use(lane) then found[#found + 1] = lane end
  end
  return found
end

-- The lane that what a pool has left is reserved for, or nil.
function reservation.of_pool(pool)
  if reservation.pools[pool] == nil then reservation.pools[pool] = overdue('pool:' .. pool)[1] or false end
  return reservation.pools[pool] or nil
end

-- Executors that are reserved: executor_id -> lane. Each is for one, and each lane has one.
function reservation.of_executors()
  if reservation.executors then return reservation.executors end
  local taken = {}
  for _, lane in ipairs(overdue('executors')) do
    local executor_id = placement.largest(lanes.parts(lane).request, limits.of(lane).group, taken)
    if executor_id then taken[executor_id] = lane end
  end
  reservation.executors = taken
  return taken
end

-- Executors that are reserved for others than a lane.
function reservation.closed_to(lane)
  local closed = {}
  for executor_id, reserved_for in pairs(reservation.of_executors()) do
    if reserved_for ~= lane then closed[executor_id] = true end
  end
  return closed
end

-- The lanes of all heads that amounts keep waiting; at most so many.
function reservation.blocked_lanes(at_most)
  local found = {}
  for _, entry in ipairs(redis.call('ZRANGE', key('blocked'), 0, at_most - 1)) do
    found[#found + 1] = string.match(entry, '^[^|]*|(.*)$')
  end
  return found
end
