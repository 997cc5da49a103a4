-- Admission: who may run now (Rules 5, 6 and 7; docs/adr/0005-lanes-and-parking.md, docs/adr/0015-placement.md).
--
-- to_rehome             pool that has become dedicated, or is not any more -> the last lane that was moved to where it belongs now
-- admitted              executions that hold their slots and are not claimed yet, by claim deadline

admission = {}

local CLAIM_DEADLINE_MS = 5000
local PROBES = 64
local BLOCKED_LOOKED_AT = 1000

on_begin(function()
  admission.freed = {}
  admission.wanted = false
  admission.nothing_waits = nil
  admission.queued = nil
  admission.looks_again = false
end)

-- Whether nobody could be passed over: what a slot given back in this call wakes is not in `ready` yet.
local function nothing_waits()
  if next(admission.freed) then return false end
  if admission.nothing_waits == nil then
    admission.nothing_waits = redis.call('EXISTS', key('ready'), key('ready_static'), key('ready_dedicated'),
      key('ready_dedicated_static'), key('to_wake')) == 0
  end
  return admission.nothing_waits
end

-- When what is admitted now counts as unclaimed.
function admission.claim_deadline()
  return now_ms + CLAIM_DEADLINE_MS
end

-- What keeps the head of a lane from its slots, the most specific first, or nil.
local function obstacle(lane)
  local parts = lanes.parts(lane)
  if windows.closed(parts.job_id) then return 'window:' .. parts.job_id end
  if limits.of(lane).paused then return 'paused:' .. parts.pool end
  local full = limits.first_full(lane)
  if full or not parts.request then return full end
  return parking.scarce_for(lane, parts.request, parts.shape)
end

-- A reservation is over, and with it those of the executors may have moved: whoever stood back for it is looked at again.
local function reservation_ended(lane)
  admission.freed[parking.amounts_of(lane)] = true
  admission.freed[parking.room_of(lane)] = true
  for _, reserved_for in pairs(reservation.of_executors()) do
    admission.freed[parking.room_of(reserved_for)] = true
  end
  admission.wanted = true
end

local function end_wait(execution_id, lane)
  if lanes.parts(lane).request and reservation.leave(execution_id, lane) then reservation_ended(lane) end
end

local function grant(execution_id, lane)
  local of = limits.of(lane)
  limits.take(execution_id, lane)
  redis.call('ZADD', key('admitted'), admission.claim_deadline(), execution_id)
  reply.admitted[#reply.admitted + 1] = of.dedicated and { execution_id, of.group } or execution_id
end

local function admit(execution_id, lane)
  local of, request = limits.of(lane), lanes.parts(lane).request
  if request then
    placement.put(execution_id, placement.choose(request, of.group, reservation.closed_to(lane)), request)
    end_wait(execution_id, lane)
  end
  grant(execution_id, lane)
end

-- Notes for whom room may have to be reserved. Returns false for a limit that is not about amounts.
local function note_blocked(execution_id, lane, limit)
  local scarce = parking.scarce_of(limit)
  if not scarce then return false end
  reservation.enter(scarce == parking.amounts_of(lane) and 'pool:' .. lanes.parts(lane).pool or 'executors', execution_id, lane)
  return true
end

-- Puts a lane where its head belongs: nowhere when empty, on the limit it is parked on, or in its queue.
local function place(lane, execution_id, score)
  local parked_on = redis.call('HGET', key('parked_on'), lane)
  admission.nothing_waits = nil
  if execution_id then
    lanes.enter(lane)
    redis.call('ZADD', parked_on and parking.parked_at(lane, parked_on) or parking.queue_of(lane), lanes.rank(lane, score), lane)
    -- Room may be reserved for this head already.
    if parked_on and note_blocked(execution_id, lane, parked_on) then admission.limit_changed(parking.scarce_of(parked_on)) end
    return
  end
  lanes.leave(lane)
  if parked_on then parking.unpark(lane, parked_on) else redis.call('ZREM', parking.queue_of(lane), lane) end
end

-- Tells every limit that a lane takes of.
local function each_limit(lane, tell)
  local counted = limits.of(lane).counted
  for index = 1, #counted do
    tell(counted[index].name)
  end
  if lanes.parts(lane).request then
    if limits.of(lane).capacity then tell(parking.amounts_of(lane)) end
    tell(parking.room_of(lane))
  end
end

function admission.enqueue(x)
  local lane = lanes.of(x)
  if admission.queued then admission.queued = admission.queued + 1 end
  if not exhaustion.queues_all() and nothing_waits() and limits.has_room(lane) and not obstacle(lane) then
    admit(x.execution_id, lane)
    return
  end
  redis.call('ZADD', key('lane:' .. lane), x.order_score, x.execution_id)
  admission.wanted = true
  -- Behind another the lane stands where it stood.
  if redis.call('ZRANK', key('lane:' .. lane), x.execution_id) == 0 then place(lane, x.execution_id, x.order_score) end
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

local function free_room(executor_id)
  for _, group in ipairs(placement.groups_of(executor_id)) do
    admission.freed['room:' .. group] = true
  end
  admission.wanted = true
end

-- Whether an executor may claim an admitted execution: it is placed there, or there is room for it.
function admission.has_room_on(executor_id, x)
  if not x.request or placement.of(x.execution_id) == executor_id then return true end
  local lane = lanes.of(x)
  return not reservation.closed_to(lane)[executor_id] and placement.fits(executor_id, x.request, limits.of(lane).group)
end

-- For one that an executor has claimed: it is placed there from now on.
function admission.claimed(x, executor_id)
  redis.call('ZREM', key('admitted'), x.execution_id)
  if not x.request or placement.of(x.execution_id) == executor_id then return end
  local before = placement.remove(x.execution_id, x.request)
  placement.put(x.execution_id, executor_id, x.request)
  if before then free_room(before) end
end

-- Offers what the limits of a lane have room for to whoever is parked on them.
local function pass_on(lane)
  each_limit(lane, function(limit) admission.freed[limit] = true end)
  admission.wanted = true
end

-- For one that has ended. Returns whether it held slots.
function admission.give_back(x)
  local lane = lanes.of(x)
  remote.finish(x, lane)
  if not limits.give_back(x.execution_id, lane) then return false end
  local executor_id = x.request and placement.remove(x.execution_id, x.request)
  if executor_id then free_room(executor_id) end
  pass_on(lane)
  return true
end

-- Where what takes over the slots of a remote job goes: where there is room, or else where there could be. nil where no executor could hold it.
local function home_of(x, lane)
  local group = limits.of(lane).group
  return placement.choose(x.request, group, reservation.closed_to(lane)) or placement.largest(x.request, group, {})
end

-- For y, the attempt after x, whose remote job goes on: it takes the slots over in the same script, so that they are never anybody else's, and
-- may be claimed at once. Where no executor has room for it now it is placed all the same, as one that comes back from a remote wait is: the
-- others wait for it, not it for them.
-- Returns false, with nothing done, where x did not wait for a remote module.
function admission.take_over(x, y)
  local lane = lanes.of(y)
  if not remote.finish(x, lane) then return false end
  limits.give_back(x.execution_id, lane)
  local executor_id = y.request and home_of(y, lane)
  if executor_id then placement.put(y.execution_id, executor_id, y.request) end
  grant(y.execution_id, lane)
  return true
end

-- For one that waits for a remote module from now on: what it does not use there is for others.
function admission.leave_place(x)
  local has_begun, executor_id = remote.begin(x)
  if not has_begun then return end
  if executor_id then free_room(executor_id) end
  local lane = lanes.of(x)
  if limits.of(lane).dedicated then admission.freed['places:' .. lanes.parts(lane).pool] = true end
  admission.wanted = true
end

-- Puts a lane where it belongs, after something was put in it or taken out, and offers what its limits may have room for: the lane may have
-- been woken for a slot that it does not take now.
local function settle_lane(lane)
  place(lane, lanes.head_of(lane))
  pass_on(lane)
end

admission.settle_lane = settle_lane

-- For one that leaves the queue unclaimed: out of its lane, or its slots given back.
function admission.leave_queue(x)
  redis.call('ZREM', key('admitted'), x.execution_id)
  if admission.give_back(x) then return end
  local lane = lanes.of(x)
  redis.call('ZREM', key('lane:' .. lane), x.execution_id)
  end_wait(x.execution_id, lane)
  settle_lane(lane)
end

-- Takes an admitted execution that nobody has claimed back to its lane.
local function put_back(x)
  local lane = lanes.of(x)
  redis.call('ZREM', key('admitted'), x.execution_id)
  limits.give_back(x.execution_id, lane)
  redis.call('ZADD', key('lane:' .. lane), x.order_score, x.execution_id)
  settle_lane(lane)
end

-- Offers what a lane's limits may have room for.
admission.offer = pass_on

-- Takes one that counts as admitted and does not hold all its slots back to its lane.
function admission.take_back(x)
  local lane = lanes.of(x)
  for _, set in ipairs(limits.of(lane).slots) do
    limits.leave(set, x.execution_id, lane)
  end
  if x.request then placement.remove(x.execution_id, x.request) end
  put_back(x)
end

-- Places what is placed on an executor and not claimed elsewhere, or takes it back to its lane: all of it, or as long as
-- is_overfull() says so.
function admission.displace(executor_id, is_overfull)
  for _, execution_id in ipairs(placement.list(executor_id)) do
    if is_overfull and not is_overfull() then return end
    local x = admission.is_admitted(execution_id) and record.load(execution_id)
    if x then
      local lane = lanes.of(x)
      placement.remove(execution_id, x.request)
      -- What took over the slots of a remote job keeps them.
      local other = x.took_over and home_of(x, lane) or placement.choose(x.request, limits.of(lane).group, reservation.closed_to(lane))
      if other then placement.put(execution_id, other, x.request) elseif not x.took_over then put_back(x) end
    end
  end
end

-- A limit has changed: look at what is parked on it.
function admission.limit_changed(limit)
  admission.freed[limit] = true
  admission.wanted = true
end

-- For a change that may end reservations, or bring room: look at everyone whom amounts keep waiting.
function admission.look_again()
  admission.looks_again = true
  admission.wanted = true
end

-- Moves lanes of a pool that has become dedicated, or is not any more, to where they belong now.
local function rehome(pool, after)
  local found = lanes.of_pool(pool, after, PROBES)
  for _, lane in ipairs(found) do
    local parked_on = redis.call('HGET', key('parked_on'), lane)
    if parked_on and starts_with(parked_on, 'room:') then
      parking.unpark(lane, parked_on)
      parked_on = nil
    end
    if not parked_on then
      for _, queue in ipairs({ 'ready', 'ready_static', 'ready_dedicated', 'ready_dedicated_static' }) do
        redis.call('ZREM', key(queue), lane)
      end
      place(lane, lanes.head_of(lane))
    end
  end
  if #found < PROBES then
    redis.call('HDEL', key('to_rehome'), pool)
  else
    redis.call('HSET', key('to_rehome'), pool, found[#found])
    reply.more = true
  end
end

-- For a pool that was changed. has_moved: it has become dedicated, or is not any more
function admission.pool_changed(pool, has_moved)
  for _, kind in ipairs({ 'pool:', 'paused:', 'places:', 'amounts:' }) do
    admission.limit_changed(kind .. pool)
  end
  admission.look_again()
  if has_moved then rehome(pool) end
end

-- What keeps a head from its slots after it was noted that it does: room may be reserved for it then, rather than for another.
local function obstacle_once_noted(lane, execution_id)
  local full, noted = obstacle(lane), nil
  while full and full ~= noted and note_blocked(execution_id, lane, full) do
    noted = full
    full = obstacle(lane)
  end
  return full
end

-- Takes the head of a lane in a queue, or parks the lane. next_score: of the one behind the head, if there is one.
local function probe(lane, queue, execution_id, score, next_score)
  local full = obstacle_once_noted(lane, execution_id)
  if full then
    redis.call('ZREM', queue, lane)
    parking.park(lane, full, score)
    -- The other limits of the lane may have woken it for a slot that it does not take now.
    local parked_with = parking.scarce_of(full) or full
    each_limit(lane, function(limit)
      if limit ~= parked_with then parking.wake(limit) end
    end)
    return
  end
  redis.call('ZREM', key('lane:' .. lane), execution_id)
  admit(execution_id, lane)
  if next_score then
    redis.call('ZADD', queue, lanes.rank(lane, next_score), lane)
  else
    redis.call('ZREM', queue, lane)
    lanes.leave(lane)
    admission.nothing_waits = nil
  end
end

-- What an earlier call left over.
function admission.resume()
  for _, limit in ipairs(redis.call('SMEMBERS', key('to_wake'))) do
    redis.call('SREM', key('to_wake'), limit)
    admission.freed[limit] = true
  end
  local to_rehome = redis.call('HGETALL', key('to_rehome'))
  for index = 1, #to_rehome, 2 do
    rehome(to_rehome[index], to_rehome[index + 1])
  end
  admission.wanted = true
end

-- The queues whose lanes there is room for.
local function open_queues()
  local shared, found = limits.shared(), {}
  if exhaustion.queues_all() or limits.global_room() <= 0 then return found end
  local function add(queue)
    found[#found + 1] = queue
    if shared.static_lanes > 0 then found[#found + 1] = queue .. '_static' end
  end
  if limits.common_room() > 0 then add('ready') end
  if shared.dedicated_pools > 0 then add('ready_dedicated') end
  return found
end

local function waits_longer(lane, other)
  local x, y = record.load(lanes.head_of(lane) or ''), record.load(lanes.head_of(other) or '')
  return x and y and lanes.waits_since(x) < lanes.waits_since(y)
end

-- The lane that comes next, and the queue it is in: by the priority that its head has come to; among equals who waits longer.
local function next_lane()
  local best, best_queue, most = nil, nil, nil
  for _, queue in ipairs(open_queues()) do
    local head = redis.call('ZRANGE', key(queue), 0, 0, 'WITHSCORES')
    local lane = head[1]
    local urgency = lane and lanes.urgency(lane, tonumber(head[2]))
    if lane and (not best or urgency > most or urgency == most and waits_longer(lane, best)) then
      best, best_queue, most = lane, key(queue), urgency
    end
  end
  return best, best_queue
end

-- Returns how many lanes may still be looked at.
local function admit_ready(probes)
  while probes > 0 do
    local lane, queue = next_lane()
    if not lane then return probes end
    local heads = redis.call('ZRANGE', key('lane:' .. lane), 0, 1, 'WITHSCORES')
    if heads[1] then probe(lane, queue, heads[1], heads[2], heads[4]) else redis.call('ZREM', queue, lane) end
    probes = probes - 1
  end
  return 0
end

local function wake_freed()
  local freed = admission.freed
  admission.freed = {}
  for limit in pairs(freed) do
    parking.wake(limit)
  end
end

-- Gives freed slots to what waits, best first. Bounded: reply.more tells when a bound was met.
function admission.run()
  if not admission.wanted then return end
  if admission.looks_again then
    for _, lane in ipairs(reservation.blocked_lanes(BLOCKED_LOOKED_AT)) do
      pass_on(lane)
    end
  end
  local probes = PROBES
  repeat
    wake_freed()
    probes = admit_ready(probes)
  until probes == 0 or not next(admission.freed)
  if probes > 0 then return end
  for limit in pairs(admission.freed) do
    parking.wake_later(limit)
  end
  reply.more = true
end
