-- Forgets the losses of data: somebody has seen to them.
--
-- keys[1]  key prefix of the namespace and cell
-- Returns  list of packed losses
-- Writes   `data_losses`

function functions.acknowledge_data_losses()
  local losses = redis.call('HVALS', key('data_losses'))
  redis.call('DEL', key('data_losses'))
  return losses
end
