-- Placement: on which executor the amounts of an execution are reserved (docs/adr/0015-placement.md). What requests nothing is
-- placed nowhere.
--
-- serving:<group>           executor_id -> the amounts it has. A group is a dedicated pool, or '' for all other pools
-- placements                execution_id -> executor_id
-- placed_on:<executor_id>   the executions placed on it, from admission to their end

placement = {}

on_begin(function()
  placement.groups = {}
end)

-- The executors that serve a group, by id.
local function executors_of(group)
  local known = placement.groups[group]
  if known then return known end
  local fields = redis.call('HGETALL', key('serving:' .. group))
  known = {}
  local names = {}
  for index = 1, #fields, 2 do
    local name = 'executor:' .. fields[index]
    names[#names + 1] = name
    known[#known + 1] = { id = fields[index], name = name, total = amounts.parse(fields[index + 1]) }
  end
  table.sort(known, function(one, other) return one.id < other.id end)
  amounts.load(names)
  placement.groups[group] = known
  return known
end

-- Sets what an executor serves, and with what; total: nil where it takes nothing more.
function placement.serve(executor_id, groups, total)
  for _, group in ipairs(groups) do
    if total then redis.call('HSET', key('serving:' .. group), executor_id, total)
    else redis.call('HDEL', key('serving:' .. group), executor_id) end
  end
  placement.groups = {}
end

local function groups_in(pools)
  local groups = {}
  for pool in string.gmatch(pools, '[^,]+') do
    groups[#groups + 1] = pool
  end
  return #groups > 0 and groups or { '' }
end

-- The groups that an executor serves; none where it is not on the list.
function placement.groups_of(executor_id)
  local pools = redis.call('HGET', key('executor:' .. executor_id), 'pools')
  return pools and groups_in(pools) or {}
end

-- Whether any executor of a group could ever hold a request.
function placement.can_hold(request, group)
  for _, executor in ipairs(executors_of(group)) do
    if amounts.times(request, executor.total) >= 1 then return true end
  end
  return false
end

-- The executor with room for a request that has the least of it left, or nil.
-- closed: executors that are reserved for another lane
function placement.choose(request, group, closed)
  local best, least = nil, nil
  for _, executor in ipairs(executors_of(group)) do
    local used = amounts.used(executor.name)
    if not closed[executor.id] and amounts.times(request, executor.total, used) >= 1 then
      local left = amounts.room_left(request, executor.total, used)
      if not least or left < least then best, least = executor.id, left end
    end
  end
  return best
end

-- How many of a request the executors of a group have room for.
function placement.room(request, group, closed)
  local times = 0
  for _, executor in ipairs(executors_of(group)) do
    if not closed[executor.id] then
      times = times + math.max(0, amounts.times(request, executor.total, amounts.used(executor.name)))
    end
  end
  return times
end

-- Whether an executor has room for one more of a request.
function placement.fits(executor_id, request, group)
  for _, executor in ipairs(executors_of(group)) do
    if executor.id == executor_id then return amounts.times(request, executor.total, amounts.used(executor.name)) >= 1 end
  end
  return false
end

-- The executor that could hold a request most often if it were empty, or nil. taken: those that are out of the question
function placement.largest(request, group, taken)
  local best, most = nil, 0
  for _, executor in ipairs(executors_of(group)) do
    local times = amounts.times(request, executor.total)
    if not taken[executor.id] and times > most then best, most = executor.id, times end
  end
  return best
end

-- Whether what is placed on an executor is more than it has; total: what it has
function placement.is_overfull(executor_id, total)
  local used, has = amounts.used('executor:' .. executor_id), amounts.parse(total)
  for index = 1, 4 do
    if used[index] > has[index] then return true end
  end
  return false
end

function placement.of(execution_id)
  return redis.call('HGET', key('placements'), execution_id)
end

function placement.put(execution_id, executor_id, request)
  redis.call('HSET', key('placements'), execution_id, executor_id)
  if redis.call('SADD', key('placed_on:' .. executor_id), execution_id) == 1 then
    amounts.change('executor:' .. executor_id, request, 1)
  end
end

-- Takes an execution off the list of an executor alone. request: nil where nobody knows, or there is none
function placement.take_off(executor_id, execution_id, request)
  local was_counted = redis.call('SREM', key('placed_on:' .. executor_id), execution_id) == 1
  if was_counted and request then amounts.change('executor:' .. executor_id, request, -1) end
end

-- Returns the executor that it was placed on, or nil.
function placement.remove(execution_id, request)
  local executor_id = placement.of(execution_id)
  if not executor_id then return nil end
  redis.call('HDEL', key('placements'), execution_id)
  placement.take_off(executor_id, execution_id, request)
  return executor_id
end

function placement.list(executor_id)
  return redis.call('SMEMBERS', key('placed_on:' .. executor_id))
end
