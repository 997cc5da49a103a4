-- Invariant 2: what is claimed has a nonce and a fence; along a chain no nonce comes again, and the fence grows.

fences = {}

function fences.check(x)
  local was_claimed = x.started_time or x.status == 'RUNNING' or x.status == 'COMPLETING'
  if was_claimed and not (x.nonce and x.fence and x.executor_id) then
    local lacks = not x.nonce and 'nonce' or not x.fence and 'fence' or 'executor'
    return findings.of_execution('FENCE_MISSING', x, 'was claimed and has no ' .. lacks)
  end
  local after = x.fence and x.retried_by and record.load(x.retried_by)
  if not after or not after.nonce then return end
  if after.nonce == x.nonce then
    findings.of_execution('FENCE_NOT_GROWN', after, 'runs under the nonce of the attempt before it')
  end
  if after.fence <= x.fence then
    findings.of_execution('FENCE_NOT_GROWN', after, string.format('has the fence %.0f after %.0f', after.fence, x.fence))
  end
end
