-- Leases: one for each executor process, by Redis' time.
--
-- executors             executor_id -> when its lease runs out
-- executor:<id>         what it offers and what people want to know of it
-- held:<id>             the executions it has claimed
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

-- What all executors together offer, one prefetched for each place.
function lease.count_places()
  local places = 0
  for _, executor_id in ipairs(redis.call('ZRANGE', key('executors'), 0, -1)) do
    places = places + 2 * tonumber(redis.call('HGET', key('executor:' .. executor_id), 'places') or '0')
  end
  redis.call('HSET', key('limits'), 'places', places)
end
