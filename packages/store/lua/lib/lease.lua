-- Leases: one for each executor process, by Redis' time; and what each offers.
--
-- executors             executor_id -> when its lease runs out
-- executor:<id>         places, pools (with commas; empty for all that are not dedicated), amounts, and what people want to know
-- held:<id>             the executions it has claimed
-- vitals:<id>           of each body that it runs: its last heartbeat, the records so far, the stage, as last reported
-- evicted               executors that were taken off the list and still hold executions

lease = {}

on_begin(function()
  lease.known = {}
end)

function lease.is_live(executor_id)
  if lease.known[executor_id] == nil then
    local expires = redis.call('ZSCORE', key('executors'), executor_id)
    lease.known[executor_id] = expires ~= false and tonumber(expires) > now_ms
  end
  return lease.known[executor_id]
end

-- What all executors of each group together offer, one prefetched for each place. groups: those to be told of, whoever serves them
local function places_by_group(groups)
  local places = { [''] = 0 }
  for _, group in ipairs(groups) do
    places[group] = 0
  end
  for _, executor_id in ipairs(redis.call('ZRANGE', key('executors'), 0, -1)) do
    local offered = 2 * tonumber(redis.call('HGET', key('executor:' .. executor_id), 'places') or '0')
    for _, group in ipairs(placement.groups_of(executor_id)) do
      places[group] = (places[group] or 0) + offered
    end
  end
  return places
end

function lease.places_of(pool)
  return places_by_group({ pool })[pool]
end

-- Counts anew what the executors offer. groups: those that somebody has ceased to serve, or serves now
local function count_places(groups)
  local places = places_by_group(groups)
  local of_pools = {}
  for group, number in pairs(places) do
    if group ~= '' and redis.call('HEXISTS', key('limits'), 'places:' .. group) == 1 then of_pools[group] = number end
  end
  limits.set_places(places[''], of_pools)
end

local function groups_changed(groups)
  count_places(groups)
  for _, group in ipairs(groups) do
    admission.limit_changed('places:' .. group)
    admission.limit_changed('room:' .. group)
  end
  admission.look_again()
end

-- Puts an executor on the list with what it offers, or changes that; without places it takes nothing more.
-- offer: { places, pools, amounts, information }
function lease.register(executor_id, expires, offer)
  local groups = placement.groups_of(executor_id)
  placement.serve(executor_id, groups, nil)
  redis.call('ZADD', key('executors'), expires, executor_id)
  redis.call('HSET', key('executor:' .. executor_id), 'places', offer.places, 'pools', offer.pools, 'amounts', offer.amounts,
    'information', offer.information)
  for _, group in ipairs(placement.groups_of(executor_id)) do
    groups[#groups + 1] = group
  end
  placement.serve(executor_id, placement.groups_of(executor_id), offer.places > 0 and offer.amounts or nil)
  groups_changed(groups)
  admission.displace(executor_id, offer.places > 0 and function() return placement.is_overfull(executor_id, offer.amounts) end)
end

-- Keeps what an executor says of the bodies it runs, in the place of what it said before.
-- reports: execution_id, ms since its last heartbeat, records, stage, again and again
function lease.keep_vitals(executor_id, reports)
  local at = key('vitals:' .. executor_id)
  redis.call('DEL', at)
  if #reports == 0 then return end
  local ids, vitals = {}, {}
  for index = 1, #reports, 4 do
    ids[#ids + 1] = reports[index]
  end
  -- What it no longer holds has ended meanwhile.
  local held = redis.call('SMISMEMBER', key('held:' .. executor_id), unpack(ids))
  for index, id in ipairs(ids) do
    local silent_ms, records, stage = unpack(reports, index * 4 - 2, index * 4)
    if held[index] == 1 then
      vitals[#vitals + 1] = id
      vitals[#vitals + 1] = string.format('%.0f %.0f %s', now_ms - tonumber(silent_ms), tonumber(records), stage)
    end
  end
  if #vitals > 0 then redis.call('HSET', at, unpack(vitals)) end
end

-- Takes an executor off the list; what it still holds is for recovery to take back.
function lease.leave(executor_id)
  local groups = placement.groups_of(executor_id)
  placement.serve(executor_id, groups, nil)
  redis.call('ZREM', key('executors'), executor_id)
  redis.call('DEL', key('executor:' .. executor_id), key('vitals:' .. executor_id))
  if redis.call('EXISTS', key('held:' .. executor_id)) == 1 then redis.call('SADD', key('evicted'), executor_id) end
  groups_changed(groups)
  admission.displace(executor_id)
end
