-- Runs: one pass of a pipeline, from its root execution on. A run ends when nothing in it is open any more.

local run = {}

local function run_key(run_id)
  return key('run:' .. run_id)
end

function run.start(x)
  redis.call('HSET', run_key(x.run_id), 'job_id', x.job_id, 'trigger_type', x.trigger_type, 'created', now_ms,
    'status', 'running')
  redis.call('ZADD', key('runs'), now_ms, x.run_id)
end

-- delta: executions and unfinished releases that keep the run open.
function run.open(run_id, delta)
  local open = redis.call('HINCRBY', run_key(run_id), 'open', delta)
  if open > 0 then return end
  local counts = redis.call('HMGET', run_key(run_id), 'failed', 'cancelled')
  local status = 'succeeded'
  if counts[1] then status = 'failed' elseif counts[2] then status = 'cancelled' end
  redis.call('HSET', run_key(run_id), 'status', status, 'finished', now_ms)
end

-- The outcome of a chain. What its dependencies cancelled counts as failed: the work was not done.
function run.outcome(x)
  local field = nil
  if x.status == 'FAILED' or x.status == 'TIMEOUT' then field = 'failed' end
  if x.status == 'CANCELLED' then
    if starts_with(x.reason or '', 'DEP_') then field = 'failed'
    elseif not starts_with(x.reason or '', 'SKIP_') then field = 'cancelled' end
  end
  if field then redis.call('HINCRBY', run_key(x.run_id), field, 1) end
end
