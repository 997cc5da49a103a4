-- Renews the claim deadline of admitted executions that nobody has claimed yet.
--
-- keys[1]  key prefix of the namespace and cell
-- args     pairs of execution_id and its fate: past the deadline 'again' (its delivery is gone: number the next one) or 'wait';
--          at any time 'returned' (who took delivery had no room): numbered at once the first times, left to its deadline after
-- Returns  pairs of execution_id and the number of the delivery to make, for what is to be delivered again
-- Writes   claim deadlines, delivery numbers

local DELIVERY_KEPT_SECONDS = 86400
local RETURNED_AT_ONCE = 3

local function number_delivery(execution_id)
  local number = redis.call('INCR', key('delivery:' .. execution_id))
  redis.call('EXPIRE', key('delivery:' .. execution_id), DELIVERY_KEPT_SECONDS)
  return number
end

local function may_return(execution_id)
  return tonumber(redis.call('GET', key('delivery:' .. execution_id)) or 0) < RETURNED_AT_ONCE
end

function functions.redeliver(args)
  local deliveries = {}
  for index = 1, #args, 2 do
    local execution_id, fate = args[index], args[index + 1]
    local deadline = redis.call('ZSCORE', key('admitted'), execution_id)
    local is_its_turn = fate == 'returned' and deadline and may_return(execution_id)
    if deadline and tonumber(deadline) <= now_ms or is_its_turn then
      redis.call('ZADD', key('admitted'), admission.claim_deadline(), execution_id)
      if fate ~= 'wait' then
        deliveries[#deliveries + 1] = execution_id
        deliveries[#deliveries + 1] = number_delivery(execution_id)
      end
    end
  end
  return deliveries
end
