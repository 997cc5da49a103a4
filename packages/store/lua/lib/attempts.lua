-- Invariant 5: the attempts of a chain are linked both ways, each follows a failure, and only the last one has the outcome. How many
-- there may be is the job's to say, and compared outside.

attempts = {}

local CODE = 'CHAIN_BROKEN'

local function check_next(x)
  if not x.retried_by then return end
  local after, problem = record.load(x.retried_by)
  -- What has ended may have been trimmed.
  if not after then
    if problem == 'UNKNOWN_EXECUTION' then
      findings.of_execution(CODE, x, 'was followed by ' .. x.retried_by .. ', which has no record')
    end
    return
  end
  if after.attempt_number ~= x.attempt_number + 1 or after.parent_execution_id ~= record.chain_of(x) then
    findings.of_execution(CODE, x, 'was followed by ' .. x.retried_by .. ', which says it is attempt ' .. after.attempt_number .. ' of '
      .. (after.parent_execution_id or 'none'))
  end
  if x.status ~= 'FAILED' and x.status ~= 'TIMEOUT' then
    findings.of_execution(CODE, x, 'is ' .. x.status .. ' and was followed by ' .. x.retried_by)
  end
end

local function check_before(x)
  if x.attempt_number == 1 then
    if x.parent_execution_id then findings.of_execution(CODE, x, 'is the first attempt, of ' .. x.parent_execution_id) end
    return
  end
  local before, problem = record.load(x.parent_execution_id or '')
  local is_open = not generated.terminal[x.status]
  while before and before.retried_by and before.retried_by ~= x.execution_id and before.attempt_number < x.attempt_number do
    before, problem = record.load(before.retried_by)
  end
  if not before then
    if is_open and problem == 'UNKNOWN_EXECUTION' then
      findings.of_execution(CODE, x, 'is attempt ' .. x.attempt_number .. ', and one before it has no record')
    end
  elseif before.retried_by ~= x.execution_id then
    findings.of_execution(CODE, x, 'is attempt ' .. x.attempt_number .. ', and none before it was followed by it')
  end
end

function attempts.check(x)
  if history.is_removing(x.run_id) then return end
  check_next(x)
  check_before(x)
end
