-- Invariant 1: an open execution has somebody who will move it. What waits for its turn, a time or a slot is in an index (indexes); here
-- is what waits for a decision or for its executor.

movers = {}

-- A result that was recorded is published in the same call, or by the executor at once.
local COMPLETING_AT_MOST_MS = 60000

-- Edges of one execution that a check reads: of more it sees only that some are gone.
local EDGES_READ = 100

local function check_pending(x)
  local spec = plan.of(x)
  if plan.is_awaited(x.plan_id, x.job_id) then return findings.of_execution('UNREADABLE', x, 'its plan ' .. x.plan_id .. ' cannot be read') end
  if not spec then
    findings.of_execution('PLAN_MISSING', x, 'its plan ' .. x.plan_id .. ' is lost', function()
      transition.abandon_without_plan(x, 'fsck')
    end)
    return
  end
  if not indexes.waits(x) then return end
  if rebuild_edges.were_damaged(x, spec, EDGES_READ) then
    -- Looking at them has decided them anew, where a call may write.
    findings.of_execution('UNREADABLE', x, 'what its dependencies are decided by could not be read', function()
      settle.move(x, spec, 'fsck')
    end)
    return
  end
  local stands = standing.of(x, spec)
  if stands == 'waiting' then return end
  findings.of_execution('PENDING_UNMOVED', x, 'its dependencies are decided (' .. stands .. ') and it waits all the same', function()
    settle.move(x, spec, 'fsck')
  end)
end

local function check_executor(x)
  local id = x.executor_id or ''
  if redis.call('ZSCORE', key('executors'), id) or redis.call('SISMEMBER', key('evicted'), id) == 1 then return end
  findings.of_execution('EXECUTOR_UNKNOWN', x, 'its executor ' .. id .. ' holds no lease, and nobody is to take back what it held', function()
    redis.call('SADD', key('evicted'), id)
  end)
end

local function succeeded_at(x)
  for index = #x.history, 1, -1 do
    if x.history[index][2] == 'SUCCEED' then return x.history[index][1] end
  end
  return 0
end

local function check_completing(x)
  if x.releasing or now_ms - succeeded_at(x) < COMPLETING_AT_MOST_MS then return end
  findings.of_execution('COMPLETING_STUCK', x, 'its result was recorded more than a minute ago and nobody completes it', function()
    return transition.attempt({ event = 'COMPLETE', execution_id = x.execution_id, nonce = x.nonce, actor = 'fsck' }).ok
  end)
end

function movers.check(x)
  if x.status == 'PENDING' then return check_pending(x) end
  if x.status ~= 'RUNNING' and x.status ~= 'COMPLETING' then return end
  check_executor(x)
  if x.status == 'COMPLETING' then check_completing(x) end
end

-- For a line that executions wait their turn in.
function movers.check_line(line)
  local x = gate.stopped_in(line)
  if not x then return end
  findings.add('LINE_STOPPED', 'line', line, 'nothing keeps ' .. x.execution_id .. ' any more, whose turn it is', function()
    gate.look_at('line:' .. line)
  end)
end

function movers.check_lane(lane)
  local problem = parking.misplaced(lane)
  if problem then findings.add('LANE_MISPLACED', 'lane', lane, problem, function() admission.settle_lane(lane) end) end
  local limit = parking.in_vain_on(lane)
  if not limit then return end
  findings.add('LANE_PARKED_IN_VAIN', 'lane', lane, 'is parked on ' .. limit .. ', which has room', function()
    admission.limit_changed(limit)
  end)
end

-- A run is open as long as any of its executions is, or a release of one.
function movers.check_run(run_id)
  local stored = tonumber(redis.call('HGET', key('run:' .. run_id), 'open') or nil)
  if not stored then return end
  local members = key('run_executions:' .. run_id)
  local open = 0
  for _, list in ipairs({ 'active', 'releasing' }) do
    open = open + redis.call('ZINTERCARD', 2, members, key(list)) + (redis.call('ZSCORE', key(list), run_id) and 1 or 0)
  end
  if open == stored then return end
  findings.add('RUN_COUNT_WRONG', 'run', run_id, string.format('counts %d open executions and releases instead of %d', stored, open),
    function() run.correct(run_id, open) end)
end
