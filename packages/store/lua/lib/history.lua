-- History: runs that have ended, and their removal once nothing refers to them (docs/adr/0031-retention.md).
--
-- run:<run_id>   removing: set while a run is removed in several calls, so that nobody runs it again meanwhile

history = {}

-- Whether a run is being removed: what is left of it does not fit together any more.
function history.is_removing(run_id)
  return redis.call('HEXISTS', key('run:' .. run_id), 'removing') == 1
end

local EXECUTIONS_AT_ONCE = 100

local function is_registered(job_id)
  return redis.call('HEXISTS', key('jobs'), job_id) == 1
end

-- Whether executions that are still to come may take the outcome of an execution.
function history.is_offered(x)
  return is_registered(x.job_id) and outcomes.is_offered(x)
end

-- The executions that have decided edges of an open one.
function history.used_by(execution_id)
  local y = record.load(execution_id)
  if not y or not y.has_edges or generated.terminal[y.status] then return {} end
  return decisions.upstreams(y)
end

local function has_ended(root)
  local open = redis.call('HGET', key('run:' .. root.run_id), 'open')
  if open then return tonumber(open) <= 0 end
  return generated.terminal[root.status] == true
end

-- Why an execution cannot be removed, or nil.
local function obstacle(execution_id)
  local x, problem = record.load(execution_id)
  if not x then return problem ~= 'UNKNOWN_EXECUTION' and problem or nil end
  if not generated.terminal[x.status] then return 'OPEN' end
  if redis.call('ZSCORE', key('dead_letters'), execution_id) then return 'DEAD_LETTER' end
  return history.is_offered(x) and 'OFFERED' or nil
end

-- With the last execution of a job that is gone goes what it came to. Its revisions stay: their numbers are never given twice.
local function forget_job(job_id)
  if is_registered(job_id) or redis.call('EXISTS', key('job_executions:' .. job_id)) == 1 then return end
  outcomes.forget(job_id)
end

local function remove(execution_id)
  local names = {}
  for _, kind in ipairs({ 'x', 'edges', 'logs', 'log_bytes', 'delivery', 'checkpoints' }) do
    names[#names + 1] = key(kind .. ':' .. execution_id)
  end
  local x = record.load(execution_id)
  redis.call('UNLINK', unpack(names))
  if not x then return end
  redis.call('ZREM', key('status:' .. x.status), execution_id)
  redis.call('ZREM', key('job_executions:' .. x.job_id), execution_id)
  forget_job(x.job_id)
end

local function remove_root(run_id)
  for number = 2, pass.latest(run_id) do
    pass.forget(run_id, number)
  end
  remove(run_id)
  redis.call('UNLINK', key('run:' .. run_id), key('run_executions:' .. run_id))
  redis.call('ZREM', key('runs'), run_id)
end

local function obstacle_of_run(run_id, ids)
  local root, problem = record.load(run_id)
  if not root and problem ~= 'UNKNOWN_EXECUTION' then return problem end
  if root and not has_ended(root) then return 'OPEN' end
  for _, execution_id in ipairs(ids) do
    local refusal = obstacle(execution_id)
    if refusal then return refusal end
  end
  return obstacle(run_id)
end

-- Removes a run, its root last, so many executions at a time. Returns { removed, more } or { refusal }.
function history.remove_run(run_id)
  local others = key('run_executions:' .. run_id)
  local ids = redis.call('ZRANGE', others, 0, EXECUTIONS_AT_ONCE - 1)
  local refusal = obstacle_of_run(run_id, ids)
  if refusal then return { refusal = refusal } end
  for _, execution_id in ipairs(ids) do
    remove(execution_id)
  end
  if #ids > 0 then redis.call('ZREM', others, unpack(ids)) end
  if redis.call('EXISTS', others) == 1 then
    redis.call('HSET', key('run:' .. run_id), 'removing', '1')
    return { removed = #ids, more = true }
  end
  remove_root(run_id)
  return { removed = #ids + 1, more = false }
end
