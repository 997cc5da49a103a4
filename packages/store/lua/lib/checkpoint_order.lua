-- Invariant 8: the sequence of a chain's checkpoints never goes back, in its records or in its two slots.

checkpoint_order = {}

local CODE = 'CHECKPOINT_ORDER'

function checkpoint_order.check(x)
  if not x.checkpoint then return end
  local after = x.retried_by and record.load(x.retried_by)
  if x.retried_by then
    if after and (after.checkpoint or 0) < x.checkpoint then
      findings.of_execution(CODE, after, string.format('goes on from checkpoint %d after %d', after.checkpoint or 0, x.checkpoint))
    end
    return
  end
  local first, second = checkpoints.sequences(x)
  if math.max(first, second) > x.checkpoint then
    findings.of_execution(CODE, x, string.format('has saved %d checkpoints, and a slot holds number %d', x.checkpoint, math.max(first, second)))
  end
  if first > 0 and first == second then
    findings.of_execution(CODE, x, string.format('has number %d in both slots', first))
  end
end
