-- Invariant 1: what a trigger holds is started by a flush, and what waits for a flush has something to start.

trigger_batches = {}

-- So many events of a batch are looked at: those that the next flush takes.
local EVENTS_AT_MOST = 1000

local function job_of(name)
  return string.match(name, '^([^|]*)|(.*)$')
end

-- What says that a trigger holds events.
local function marks_of(name)
  local job_id, trigger_id = job_of(name)
  return {
    { name = 'triggers_due', is_there = redis.call('ZSCORE', key('triggers_due'), name),
      add = function() redis.call('ZADD', key('triggers_due'), now_ms, name) end,
      remove = function() redis.call('ZREM', key('triggers_due'), name) end },
    -- Nobody knows any more under which configuration: as under none, so that the next registration has it flushed first.
    { name = 'holding:' .. job_id, is_there = redis.call('HGET', key('holding:' .. job_id), trigger_id),
      add = function() redis.call('HSET', key('holding:' .. job_id), trigger_id, '') end,
      remove = function() redis.call('HDEL', key('holding:' .. job_id), trigger_id) end },
    { name = 'busy_triggers:' .. job_id, is_there = redis.call('SISMEMBER', key('busy_triggers:' .. job_id), name) == 1, is_optional = true,
      remove = function() redis.call('SREM', key('busy_triggers:' .. job_id), name) end },
  }
end

local function check_marks(name, size)
  for _, mark in ipairs(marks_of(name)) do
    if size == 0 and mark.is_there then
      findings.add('FLUSH_LEFT', 'trigger', name, 'stands in ' .. mark.name .. ' and holds no events', mark.remove)
    elseif size > 0 and not mark.is_there and not mark.is_optional then
      findings.add('BATCH_UNFLUSHED', 'trigger', name, string.format('holds %d events and is not in %s', size, mark.name), mark.add)
    end
  end
end

-- Of a job that is not registered any more the plan says what it was.
local function check_plan(name)
  local job_id = job_of(name)
  if redis.call('HEXISTS', key('jobs'), job_id) == 1 then return end
  local plan_id = redis.call('HGET', key('trigger:' .. name), 'plan_id')
  if plan_id and plan.is_complete(plan_id) and plan.job(plan_id, job_id) then return end
  findings.add('BATCH_STRANDED', 'trigger', name, 'holds events of a job that is neither registered nor in a plan that is kept')
end

-- An entry that no flush can read would end every flush.
local function rewrite(name, index, entry, number, size)
  return function()
    if not number then return redis.call('LREM', key('batch:' .. name), 1, entry) end
    local depth = string.match(entry, '^%d+|[^|]*|(%d+)$') or '0'
    redis.call('LSET', key('batch:' .. name), index, number .. '|' .. string.format('%d', size) .. '|' .. depth)
  end
end

-- Returns the number that an entry begins with, and the size that it says; nil where it cannot be read.
local function read(entry)
  local number, bytes = string.match(entry, '^(%d+)|(%d+)|%d+$')
  return number or string.match(entry, '^(%d+)|'), tonumber(bytes)
end

local function check_events(name)
  local lost, removed = 0, 0
  for index, entry in ipairs(redis.call('LRANGE', key('batch:' .. name), 0, EVENTS_AT_MOST - 1)) do
    local number, bytes = read(entry)
    local size = number and redis.call('STRLEN', key('event:' .. number))
    if bytes and size == 0 then lost = lost + 1
    elseif not bytes or bytes ~= size then
      findings.add('BATCH_ENTRY_WRONG', 'trigger', name, 'its entry ' .. entry .. ' does not say what its event is',
        rewrite(name, index - 1 - removed, entry, number, size))
      if findings.repairs and not number then removed = removed + 1 end
    end
  end
  if lost > 0 then findings.add('EVENT_LOST', 'trigger', name, string.format('%d of the events that it holds are not there any more', lost)) end
end

-- name: <job_id>|<trigger_id>
function trigger_batches.check(name)
  if not job_of(name) then return end
  check_events(name)
  local size = redis.call('LLEN', key('batch:' .. name))
  check_marks(name, size)
  if size > 0 then check_plan(name) end
end
