-- Somebody has seen to the losses of data. They are remembered for a while: a process that finds one late must not report it anew.
--
-- keys[1]  key prefix of the namespace and cell
-- Returns  list of packed losses
-- Writes   `data_losses`

local REMEMBERED_MS = 30 * 24 * 3600 * 1000

function functions.acknowledge_data_losses()
  local at = key('data_losses')
  local seen_to = {}
  for _, packed in ipairs(redis.call('HVALS', at)) do
    local loss = cmsgpack.unpack(packed)
    if not loss.acknowledged_time then
      seen_to[#seen_to + 1] = packed
      loss.acknowledged_time = now_ms
      redis.call('HSET', at, loss.loss_id, cmsgpack.pack(loss))
    elseif loss.acknowledged_time < now_ms - REMEMBERED_MS then
      redis.call('HDEL', at, loss.loss_id)
    end
  end
  return seen_to
end
