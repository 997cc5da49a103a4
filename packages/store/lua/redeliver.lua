-- Renews the claim deadline of admitted executions that nobody has claimed yet.
--
-- KEYS[1]  key prefix of the namespace and cell
-- ARGV     pairs of execution_id and 'again' (its delivery is gone: number the next one) or 'wait'
-- Returns  pairs of execution_id and the number of the delivery to make, for 'again' only
-- Writes   claim deadlines, delivery numbers

-- @include lib/context

local CLAIM_DEADLINE_MS = 5000
local deliveries = {}
for index = 1, #ARGV, 2 do
  local execution_id = ARGV[index]
  local deadline = redis.call('ZSCORE', key('admitted'), execution_id)
  if deadline and tonumber(deadline) <= now_ms then
    redis.call('ZADD', key('admitted'), now_ms + CLAIM_DEADLINE_MS, execution_id)
    if ARGV[index + 1] == 'again' then
      deliveries[#deliveries + 1] = execution_id
      deliveries[#deliveries + 1] = redis.call('HINCRBY', key('deliveries'), execution_id, 1)
    end
  end
end
return deliveries
