-- Concurrency limits and who holds their slots (Rules 6 and 7).
--
-- limits             limit -> number: global, places, type:<job_type>, pool:<name>, job:<job_id>
-- slots:global       every execution that holds its slots
-- slots:<limit>      those of them that count against a limit that is set; a set exists only for such a limit
--
-- Slots are sets of ids: taking and giving back are idempotent, and the members say who holds them.

limits = {}

on_begin(function()
  limits.numbers = {}
  limits.held = {}
end)

local function names_of(lane)
  local pool, job_type, job_id = string.match(lane, '^([^|]*)|([^|]*)|(.*)$')
  return { 'job:' .. job_id, 'pool:' .. pool, 'type:' .. job_type }
end

-- The limits of a lane that are set, with their numbers, the most specific first.
function limits.of(lane)
  local known = limits.numbers[lane]
  if known then return known end
  local names = names_of(lane)
  local numbers = redis.call('HMGET', key('limits'), unpack(names))
  local found = {}
  for index = 1, #names do
    if numbers[index] then found[#found + 1] = { name = names[index], number = tonumber(numbers[index]) } end
  end
  limits.numbers[lane] = found
  return found
end

function limits.held_of(name)
  local held = limits.held[name]
  if not held then
    held = redis.call('SCARD', key('slots:' .. name))
    limits.held[name] = held
  end
  return held
end

-- What keeps the head of a lane from its slots: a closed window of its job, or the limit that is full. Else nil.
function limits.first_full(lane)
  local job_id = string.match(lane, '|([^|]*)$')
  if windows.closed(job_id) then return 'window:' .. job_id end
  local found = limits.of(lane)
  for index = 1, #found do
    if limits.held_of(found[index].name) >= found[index].number then return found[index].name end
  end
  return nil
end

function limits.room(name)
  local number = redis.call('HGET', key('limits'), name)
  if not number then return math.huge end
  return tonumber(number) - limits.held_of(name)
end

-- `places` is what the live executors offer; without any, nothing is admitted.
function limits.global_room()
  if not limits.global_number then
    local numbers = redis.call('HMGET', key('limits'), 'global', 'places')
    limits.global_number = math.min(tonumber(numbers[1] or generated.default_global_limit), tonumber(numbers[2] or 0))
  end
  return limits.global_number - limits.held_of('global')
end

on_begin(function()
  limits.global_number = nil
end)

local function change(command, name, execution_id, by)
  limits.held[name] = limits.held_of(name) + by
  redis.call(command, key('slots:' .. name), execution_id)
end

function limits.take(execution_id, lane)
  change('SADD', 'global', execution_id, 1)
  local found = limits.of(lane)
  for index = 1, #found do
    change('SADD', found[index].name, execution_id, 1)
  end
end

-- Returns whether the execution held slots.
function limits.give_back(execution_id, lane)
  limits.held_of('global')
  if redis.call('SREM', key('slots:global'), execution_id) == 0 then return false end
  limits.held.global = limits.held.global - 1
  local found = limits.of(lane)
  for index = 1, #found do
    change('SREM', found[index].name, execution_id, -1)
  end
  return true
end

-- A limit that is set for the first time counts who runs already; one that is removed forgets them.
function limits.set(name, number)
  limits.numbers = {}
  limits.global_number = nil
  if number == '' then
    redis.call('HDEL', key('limits'), name)
    if name ~= 'global' then redis.call('DEL', key('slots:' .. name)) end
    return
  end
  local is_new = redis.call('HSET', key('limits'), name, number) == 1
  if not is_new or name == 'global' then return end
  for _, execution_id in ipairs(redis.call('SMEMBERS', key('slots:global'))) do
    local x = record.load(execution_id)
    for _, own in ipairs(x and names_of(x.resource_pool .. '|' .. x.job_type .. '|' .. x.job_id) or {}) do
      if own == name then redis.call('SADD', key('slots:' .. name), execution_id) end
    end
  end
  limits.held[name] = nil
end
