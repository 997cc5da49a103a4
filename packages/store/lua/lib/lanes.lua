-- Lanes: what waits of one job and is all alike, so that only its head has to be looked at (docs/adr/0005, docs/adr/0015).
--
-- lane:<lane>    executions by when they began to wait; minus a minute for each point of priority, where that grows with age
-- lanes          every lane that is not empty, as job:<job_id>|<lane> and as pool:<lane>
--
-- A lane is named <pool>|<job_type>|<amounts>|<priority>|<job_id>: amounts where it requests any, and its priority where that stays
-- as it is.

lanes = {}

on_begin(function()
  lanes.known = {}
end)

-- One point of priority is worth a minute of waiting (Rule 5).
local POINT_US = 60000000
-- Above any present time in milliseconds: a higher priority that does not age goes before any wait.
local PRIORITY_MS = 4398046511104

function lanes.of(x)
  local request, priority = x.request and amounts.format(x.request) or '', x.static_priority and x.priority or ''
  return x.resource_pool .. '|' .. x.job_type .. '|' .. request .. '|' .. priority .. '|' .. x.job_id
end

-- request, priority: nil where it requests nothing, and where its priority grows with age
function lanes.parts(lane)
  local parts = lanes.known[lane]
  if not parts then
    local pool, job_type, request, priority, job_id = string.match(lane, '^([^|]*)|([^|]*)|([^|]*)|([^|]*)|(.*)$')
    parts = { pool = pool, job_type = job_type, job_id = job_id, request = amounts.parse(request), shape = request,
      priority = tonumber(priority) }
    lanes.known[lane] = parts
  end
  return parts
end

-- The first of a lane, and its order.
function lanes.head_of(lane)
  local head = redis.call('ZRANGE', key('lane:' .. lane), 0, 0, 'WITHSCORES')
  return head[1], head[2]
end

-- The order of an execution among those of its lane. What ages at the same rate never changes places.
function lanes.order_score(x)
  return next_us() - (x.static_priority and 0 or x.priority * POINT_US)
end

-- The order of a lane among those of its kind, aging or not, by that of its head.
function lanes.rank(lane, score)
  local priority = lanes.parts(lane).priority
  return priority and math.floor(score / 1000) - priority * PRIORITY_MS or score
end

-- The priority that the head of a lane has come to by now, in microseconds of waiting.
function lanes.urgency(lane, rank)
  local priority = lanes.parts(lane).priority
  return priority and priority * POINT_US or now_us - rank
end

-- Since when an execution counts as waiting, in microseconds: since the first attempt of its chain.
function lanes.waits_since(x)
  return x.order_score + (x.static_priority and 0 or x.priority * POINT_US)
end

local function entries_of(lane)
  return 'job:' .. lanes.parts(lane).job_id .. '|' .. lane, 'pool:' .. lane
end

local function count(lane, changed, by)
  if changed > 0 and lanes.parts(lane).priority then limits.count('static_lanes', by) end
end

-- For a lane that has a head now.
function lanes.enter(lane)
  local job_entry, pool_entry = entries_of(lane)
  count(lane, redis.call('ZADD', key('lanes'), 0, job_entry, 0, pool_entry), 1)
end

function lanes.is_listed(lane)
  local job_entry, pool_entry = entries_of(lane)
  return redis.call('ZSCORE', key('lanes'), job_entry) and redis.call('ZSCORE', key('lanes'), pool_entry)
end

-- For a lane that is empty now.
function lanes.leave(lane)
  count(lane, redis.call('ZREM', key('lanes'), entries_of(lane)), -1)
end

local function list(prefix, after, at_most)
  local from = after and '(' .. prefix .. after or '[' .. prefix
  local found = redis.call('ZRANGEBYLEX', key('lanes'), from, '(' .. prefix .. '\255', 'LIMIT', 0, at_most)
  for index = 1, #found do
    found[index] = string.sub(found[index], #prefix + 1)
  end
  return found
end

-- The lanes of a job that are not empty; a revision may have changed what its executions request.
function lanes.of_job(job_id)
  return list('job:' .. job_id .. '|', nil, -1)
end

-- How many lanes do not age; nil where there are more lanes than so many to look at.
function lanes.count_static(at_most)
  if redis.call('ZCARD', key('lanes')) > 2 * at_most then return nil end
  local found = 0
  for _, entry in ipairs(redis.call('ZRANGEBYLEX', key('lanes'), '[pool:', '(pool:\255')) do
    if lanes.parts(string.sub(entry, #'pool:' + 1)).priority then found = found + 1 end
  end
  return found
end

-- At most so many lanes of a pool that are not empty, after one of them.
function lanes.of_pool(pool, after, at_most)
  local found = list('pool:' .. pool .. '|', after and string.sub(after, #pool + 2), at_most)
  for index = 1, #found do
    found[index] = pool .. '|' .. found[index]
  end
  return found
end
