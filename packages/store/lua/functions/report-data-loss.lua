-- Enters a loss of data, or widens what is known of it: each process has seen another last mark.
--
-- keys[1]  key prefix of the namespace and cell
-- args     packed { loss_id, kind, kept_until?, lost_until }, who found it
-- Returns  'NEW' or 'KNOWN'; 'NEW' also to the one who found it and asks again, since it may not have had the answer
-- Writes   `data_losses`: loss_id -> packed loss

function functions.report_data_loss(args)
  local loss = cmsgpack.unpack(args[1])
  local at = key('data_losses')
  local packed = redis.call('HGET', at, loss.loss_id)
  if packed then
    local known = cmsgpack.unpack(packed)
    if loss.lost_until > known.lost_until then
      known.lost_until = loss.lost_until
      redis.call('HSET', at, loss.loss_id, cmsgpack.pack(known))
    end
    return known.found_by == args[2] and not known.acknowledged_time and 'NEW' or 'KNOWN'
  end
  loss.found_time, loss.found_by = now_ms, args[2]
  redis.call('HSET', at, loss.loss_id, cmsgpack.pack(loss))
  return 'NEW'
end
