-- Renews the claim deadline of admitted executions that nobody has claimed yet.
--
-- keys[1]  key prefix of the namespace and cell
-- args     pairs of execution_id and 'again' (its delivery is gone: number the next one) or 'wait'
-- Returns  pairs of execution_id and the number of the delivery to make, for 'again' only
-- Writes   claim deadlines, delivery numbers

local DELIVERY_KEPT_SECONDS = 86400

local function number_delivery(execution_id)
  local number = redis.call('INCR', key('delivery:' .. execution_id))
  redis.call('EXPIRE', key('delivery:' .. execution_id), DELIVERY_KEPT_SECONDS)
  return number
end

function functions.redeliver(args)
  local deliveries = {}
  for index = 1, #args, 2 do
    local execution_id = args[index]
    local deadline = redis.call('ZSCORE', key('admitted'), execution_id)
    if deadline and tonumber(deadline) <= now_ms then
      redis.call('ZADD', key('admitted'), admission.claim_deadline(), execution_id)
      if args[index + 1] == 'again' then
        deliveries[#deliveries + 1] = execution_id
        deliveries[#deliveries + 1] = number_delivery(execution_id)
      end
    end
  end
  return deliveries
end
