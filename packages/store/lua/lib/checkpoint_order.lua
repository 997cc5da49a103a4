-- Invariant 8: the sequence of a chain's checkpoints never goes back, in its records or in its two slots.

checkpoint_order = {}

local function add(x, detail)
  findings.add('CHECKPOINT_ORDER', 'execution', x.execution_id, detail)
end

function checkpoint_order.check(x)
  if not x.checkpoint then return end
  local after = x.retried_by and record.load(x.retried_by)
  if x.retried_by then
    if after and (after.checkpoint or 0) < x.checkpoint then
      add(after, string.format('goes on from checkpoint %d after %d', after.checkpoint or 0, x.checkpoint))
    end
    return
  end
  local name = key('checkpoints:' .. (x.parent_execution_id or x.execution_id))
  local first, second = unpack(redis.call('HMGET', name, '0.sequence', '1.sequence'))
  first, second = tonumber(first or '') or 0, tonumber(second or '') or 0
  if math.max(first, second) > x.checkpoint then
    add(x, string.format('has saved %d checkpoints, and a slot holds number %d', x.checkpoint, math.max(first, second)))
  end
  if first > 0 and first == second then add(x, string.format('has number %d in both slots', first)) end
end
