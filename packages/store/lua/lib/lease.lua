-- Leases: one for each executor process, by Redis' time.

local lease = {}

function lease.is_live(executor_id)
  local expires = redis.call('ZSCORE', key('executors'), executor_id)
  return expires and tonumber(expires) > now_ms
end

-- What all live executors together offer, one prefetched for each place.
function lease.count_places()
  local places = 0
  for _, executor_id in ipairs(redis.call('ZRANGE', key('executors'), 0, -1)) do
    places = places + 2 * tonumber(redis.call('HGET', key('executor:' .. executor_id), 'places') or '0')
  end
  redis.call('HSET', key('limits'), 'places', places)
end
