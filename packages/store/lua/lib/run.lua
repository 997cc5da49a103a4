-- Runs: one pass of a pipeline, from its root execution on. A run ends when nothing in it is open any more.
--
-- runs              run_id, by the creation of its root
-- run:<run_id>      counts of a run that has more than its root; a run of one is its root's record

run = {}

local function run_key(run_id)
  return key('run:' .. run_id)
end

-- An execution, or an unfinished release, that keeps the run open from now on. Whatever joins a run joins while its
-- root is still open, so that the first one counts the root as well.
function run.join(run_id)
  if redis.call('HEXISTS', run_key(run_id), 'open') == 0 then
    redis.call('HSET', run_key(run_id), 'open', 2)
  elseif redis.call('HINCRBY', run_key(run_id), 'open', 1) == 1 then
    redis.call('HDEL', run_key(run_id), 'finished')
  end
end

function run.leave(run_id)
  if redis.call('EXISTS', run_key(run_id)) == 0 then return end
  if redis.call('HINCRBY', run_key(run_id), 'open', -1) == 0 then redis.call('HSET', run_key(run_id), 'finished', now_ms) end
end

-- Sets how many executions and releases keep a run open, where it was wrong.
function run.correct(run_id, open)
  redis.call('HSET', run_key(run_id), 'open', open)
  if open == 0 then redis.call('HSETNX', run_key(run_id), 'finished', now_ms) else redis.call('HDEL', run_key(run_id), 'finished') end
end

-- Has a run that may have had no more than its root, and that has ended, counted.
function run.begin(run_id)
  redis.call('HSETNX', run_key(run_id), 'open', 0)
end

-- Opens a run again that may have ended, for another pass.
function run.reopen(run_id, number)
  run.begin(run_id)
  redis.call('HSET', run_key(run_id), 'pass', number)
end

-- What the outcome of a chain is to its run. What its dependencies cancelled, or damage of
-- what was to decide them, counts as failed: the work was not done.
local function field_of(x)
  if x.status == 'FAILED' or x.status == 'TIMEOUT' then return 'failed' end
  if x.status ~= 'CANCELLED' or starts_with(x.reason or '', 'SKIP_') then return nil end
  local is_undone = starts_with(x.reason or '', 'DEP_') or starts_with(x.reason or '', 'STATE_')
  return is_undone and 'failed' or 'cancelled'
end

-- The outcome of a chain that is run again.
function run.forget(x)
  local field = field_of(x)
  local counted = field and tonumber(redis.call('HGET', run_key(x.run_id), field) or 0) > 0
  if counted then redis.call('HINCRBY', run_key(x.run_id), field, -1) end
end

-- The outcome of a chain.
function run.outcome(x)
  local field = field_of(x)
  if field and redis.call('EXISTS', run_key(x.run_id)) == 1 then redis.call('HINCRBY', run_key(x.run_id), field, 1) end
end
