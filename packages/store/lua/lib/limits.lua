-- Limits and who holds their slots (Rules 6 and 7; docs/adr/0005-lanes-and-parking.md, docs/adr/0015-placement.md).
--
-- limits             limit -> number: global, type:<job_type>, pool:<pool>, job:<job_id>; and beside them
--                    pool:<pool>       '-' for a pool that is known and has no limit of its own
--                    capacity:<pool>   amounts that its executions may request in sum
--                    paused:<pool>     nothing of it starts
--                    places            what the common executors offer
--                    places:<pool>     what the executors of a dedicated pool offer; only a dedicated pool has it
--                    enforcement       REJECT where intake is refused while the global limit is full
--                    apart             how many slots executions of dedicated pools hold
--                    remote            how many executions of common pools wait for a remote module, and use no place
--                    remote:<pool>     the same of each pool
--                    dedicated_pools, static_lanes   how many there are: who has none looks for none
-- slots:global       every execution that holds its slots
-- slots:<limit>      those of them that count against a type's or job's limit, or belong to a known pool
--
-- Slots are sets of ids: taking and giving back are idempotent, and the members say who holds them. Sums change only when a
-- membership has.

limits = {}

local SHARED = { 'global', 'places', 'enforcement', 'apart', 'dedicated_pools', 'static_lanes', 'remote' }

on_begin(function()
  limits.known = {}
  limits.held = {}
  limits.common = nil
end)

local function read_shared(values, from)
  limits.common = {
    global = tonumber(values[from] or generated.default_global_limit), places = tonumber(values[from + 1] or 0),
    rejects = values[from + 2] == 'REJECT', apart = tonumber(values[from + 3] or 0),
    dedicated_pools = tonumber(values[from + 4] or 0), static_lanes = tonumber(values[from + 5] or 0),
    remote = tonumber(values[from + 6] or 0),
  }
end

-- What every lane has in common.
function limits.shared()
  if not limits.common then read_shared(redis.call('HMGET', key('limits'), unpack(SHARED)), 1) end
  return limits.common
end

-- Changes a number of the above that counts.
function limits.count(field, by)
  local shared = limits.shared()
  shared[field] = shared[field] + by
  if redis.call('HINCRBY', key('limits'), field, by) == 0 then redis.call('HDEL', key('limits'), field) end
end

-- Every field of `limits`.
function limits.all()
  local fields, found = redis.call('HGETALL', key('limits')), {}
  for index = 1, #fields, 2 do
    found[fields[index]] = fields[index + 1]
  end
  return found
end

-- What holds for a lane. counted: the limits with a number that it takes slots of, the most specific first; slots: the sets
-- that its executions are in.
function limits.of(lane)
  local known = limits.known[lane]
  if known then return known end
  local parts = lanes.parts(lane)
  local pool, job, job_type = 'pool:' .. parts.pool, 'job:' .. parts.job_id, 'type:' .. parts.job_type
  local values = redis.call('HMGET', key('limits'), job, pool, job_type, 'places:' .. parts.pool, 'capacity:' .. parts.pool,
    'paused:' .. parts.pool, 'remote:' .. parts.pool, unpack(SHARED))
  if not limits.common then read_shared(values, 8) end
  local remote = tonumber(values[7] or 0)
  local counted, slots = {}, {}
  local function add(name, value, set)
    if not value then return end
    slots[#slots + 1] = set
    if tonumber(value) then counted[#counted + 1] = { name = name, set = set, number = tonumber(value) } end
  end
  add(job, values[1], job)
  add(pool, values[2], pool)
  add(job_type, values[3], job_type)
  if values[4] then counted[#counted + 1] = { name = 'places:' .. parts.pool, set = pool, number = tonumber(values[4]) + remote } end
  known = { counted = counted, slots = slots, pool = values[2] and pool, dedicated = values[4] ~= false,
    group = values[4] and parts.pool or '', capacity = amounts.parse(values[5]), paused = values[6] ~= false, remote = remote }
  limits.known[lane] = known
  return known
end

function limits.held_of(set)
  local held = limits.held[set]
  if not held then
    held = redis.call('SCARD', key('slots:' .. set))
    limits.held[set] = held
  end
  return held
end

-- How many more the global limit lets through, whoever they are.
function limits.global_room()
  return limits.shared().global - limits.held_of('global')
end

-- How many more the common executors have places for; without any, nothing is admitted.
function limits.common_room()
  local shared = limits.shared()
  return shared.places - (limits.held_of('global') - shared.apart - shared.remote)
end

-- Whether the namespace as a whole has room for one more of a lane.
function limits.has_room(lane)
  local is_dedicated = limits.of(lane).dedicated
  return limits.global_room() > 0 and (is_dedicated or limits.common_room() > 0)
end

-- The limit with a number that is full for a lane, or nil.
function limits.first_full(lane)
  local counted = limits.of(lane).counted
  for index = 1, #counted do
    if limits.held_of(counted[index].set) >= counted[index].number then return counted[index].name end
  end
  return nil
end

-- How many more a limit with a number lets through; any number where it is not set.
function limits.room(name)
  local number = tonumber(redis.call('HGET', key('limits'), name) or nil)
  if number and starts_with(name, 'places:') then
    number = number + tonumber(redis.call('HGET', key('limits'), (string.gsub(name, '^places:', 'remote:'))) or 0)
  end
  return number and number - limits.held_of((string.gsub(name, '^places:', 'pool:'))) or math.huge
end

local function change(command, set, execution_id, by)
  if redis.call(command, key('slots:' .. set), execution_id) == 0 then return false end
  if limits.held[set] then limits.held[set] = limits.held[set] + by end
  return true
end

-- For one of the sets that a lane's executions are in, with the sums that depend on it. Returns whether it changed.
local function change_one(command, set, execution_id, lane, by)
  if not change(command, set, execution_id, by) then return false end
  local found = limits.of(lane)
  if set ~= found.pool then return true end
  local request = lanes.parts(lane).request
  if request then amounts.change(set, request, by) end
  if found.dedicated then limits.count('apart', by) end
  return true
end

local function change_all(command, execution_id, lane, by)
  local slots = limits.of(lane).slots
  for index = 1, #slots do
    change_one(command, slots[index], execution_id, lane, by)
  end
end

-- For one that holds its slots but for that one, and for one that holds that one wrongly.
function limits.join(set, execution_id, lane)
  return change_one('SADD', set, execution_id, lane, 1)
end

function limits.leave(set, execution_id, lane)
  return change_one('SREM', set, execution_id, lane, -1)
end

function limits.take(execution_id, lane)
  change('SADD', 'global', execution_id, 1)
  change_all('SADD', execution_id, lane, 1)
end

-- Returns whether the execution held slots.
function limits.give_back(execution_id, lane)
  if not change('SREM', 'global', execution_id, -1) then return false end
  change_all('SREM', execution_id, lane, -1)
  return true
end

local function forget_numbers()
  limits.known = {}
  limits.common = nil
end

-- Sets a number of those that count, where it was wrong.
function limits.correct(field, number)
  if number == 0 then redis.call('HDEL', key('limits'), field) else redis.call('HSET', key('limits'), field, number) end
  forget_numbers()
end

-- For one of a lane that begins to wait for a remote module (by 1), or waits no more (-1).
function limits.count_remote(lane, by)
  local pool, is_dedicated = lanes.parts(lane).pool, limits.of(lane).dedicated
  if redis.call('HINCRBY', key('limits'), 'remote:' .. pool, by) == 0 then redis.call('HDEL', key('limits'), 'remote:' .. pool) end
  if not is_dedicated then limits.count('remote', by) end
  forget_numbers()
end

-- Fills the sets of limits that are set for the first time with those who hold their slots already. sets: name -> true
local function count_holders(sets)
  if not next(sets) then return end
  for _, execution_id in ipairs(redis.call('SMEMBERS', key('slots:global'))) do
    local x = record.load(execution_id)
    if x then
      local pool = 'pool:' .. x.resource_pool
      for _, set in ipairs({ 'job:' .. x.job_id, pool, 'type:' .. x.job_type }) do
        local is_new = sets[set] and redis.call('SADD', key('slots:' .. set), execution_id) == 1
        if is_new and set == pool and x.request then amounts.change(pool, x.request, 1) end
      end
    end
  end
  for set in pairs(sets) do
    limits.held[set] = nil
  end
end

-- Sets limits of the whole namespace, of job types and of jobs. changes: list of { name, number, or false to remove it }.
-- Returns the names of those that may have changed.
function limits.set(changes)
  local new, changed = {}, {}
  for _, change_of in ipairs(changes) do
    local name, number = change_of[1], change_of[2]
    if number then
      changed[#changed + 1] = name
      if redis.call('HSET', key('limits'), name, number) == 1 and name ~= 'global' then new[name] = true end
    elseif redis.call('HDEL', key('limits'), name) == 1 then
      changed[#changed + 1] = name
      if name ~= 'global' then redis.call('DEL', key('slots:' .. name)) end
      limits.held[name] = nil
    end
  end
  forget_numbers()
  count_holders(new)
  return changed
end

-- mode: QUEUE or REJECT
function limits.set_enforcement(mode)
  if mode == 'REJECT' then redis.call('HSET', key('limits'), 'enforcement', mode) else redis.call('HDEL', key('limits'), 'enforcement') end
  forget_numbers()
end

-- What the executions of a pool may request in sum; nil where that is not limited.
function limits.capacity(pool)
  return amounts.parse(redis.call('HGET', key('limits'), 'capacity:' .. pool))
end

-- Whether intake is refused because the global limit is full.
function limits.rejects()
  return limits.shared().rejects and limits.global_room() <= 0
end

local function set_field(name, value)
  if value then redis.call('HSET', key('limits'), name, value) else redis.call('HDEL', key('limits'), name) end
end

-- wishes: an amount, '-' for no limit, or false where it stays as it is
local function set_capacity(name, wishes)
  local now = limits.capacity(name) or { math.huge, math.huge, math.huge, math.huge }
  local capacity, is_limited = {}, false
  for index, wish in ipairs(wishes) do
    capacity[index] = wish == '-' and math.huge or tonumber(wish or now[index])
    is_limited = is_limited or capacity[index] < math.huge
  end
  set_field('capacity:' .. name, is_limited and amounts.format(capacity))
end

-- Returns whether the pool has become dedicated, or is not any more.
local function set_dedicated(name, dedicated, places)
  local is_dedicated = redis.call('HEXISTS', key('limits'), 'places:' .. name) == 1
  if dedicated == nil or dedicated == is_dedicated then return false end
  local sign = dedicated and 1 or -1
  limits.count('dedicated_pools', sign)
  local held = limits.held_of('pool:' .. name)
  if held > 0 then limits.count('apart', sign * held) end
  local remote = tonumber(redis.call('HGET', key('limits'), 'remote:' .. name) or 0)
  if remote > 0 then limits.count('remote', -sign * remote) end
  set_field('places:' .. name, dedicated and places)
  return true
end

-- Makes a pool known, or changes one; what is left out stays as it is.
-- pool    { name, limit?, capacity?, paused?, dedicated? }; a limit of false is none; for the capacity see set_capacity
-- places  what the executors offer that serve it
-- Returns whether it has become dedicated, or is not any more.
function limits.set_pool(pool, places)
  local field = 'pool:' .. pool.name
  local is_new = redis.call('HSETNX', key('limits'), field, '-') == 1
  if pool.limit ~= nil then redis.call('HSET', key('limits'), field, pool.limit or '-') end
  if is_new then count_holders({ [field] = true }) end
  if pool.capacity then set_capacity(pool.name, pool.capacity) end
  -- As a number it lets none through.
  if pool.paused ~= nil then set_field('paused:' .. pool.name, pool.paused and 0) end
  local has_moved = set_dedicated(pool.name, pool.dedicated, places)
  forget_numbers()
  return has_moved
end

-- Returns whether the pool was known, and whether it was dedicated.
function limits.remove_pool(name)
  local has_moved = set_dedicated(name, false)
  if redis.call('HDEL', key('limits'), 'pool:' .. name) == 0 then return false end
  redis.call('HDEL', key('limits'), 'capacity:' .. name, 'paused:' .. name)
  redis.call('DEL', key('slots:pool:' .. name))
  amounts.forget('pool:' .. name)
  limits.held['pool:' .. name] = nil
  forget_numbers()
  return true, has_moved
end

-- Takes over what the live executors offer. of_pools: dedicated pool -> places
function limits.set_places(places, of_pools)
  redis.call('HSET', key('limits'), 'places', places)
  for pool, number in pairs(of_pools) do
    redis.call('HSET', key('limits'), 'places:' .. pool, number)
  end
  forget_numbers()
end
