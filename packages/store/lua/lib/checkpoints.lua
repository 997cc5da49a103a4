-- Checkpoints of a chain, in two slots (docs/adr/0023-time-limits-and-checkpoints.md).
--
-- checkpoints:<chain_id>   each field of a slot as <slot>.<field>; of no more use once the chain has completed

checkpoints = {}

function checkpoints.key_of(x)
  return key('checkpoints:' .. record.chain_of(x))
end

-- The numbers of what is in the two slots of a chain; 0 where there is nothing.
function checkpoints.sequences(x)
  local first, second = unpack(redis.call('HMGET', checkpoints.key_of(x), '0.sequence', '1.sequence'))
  return tonumber(first or '') or 0, tonumber(second or '') or 0
end
