-- Writes that nothing in the same call reads: collected, and sent as one command for each key at its end.

writes = {}

on_begin(function()
  writes.added = {}
  writes.removed = {}
  writes.counts = {}
  writes.published = {}
end)

local function list_of(lists, name)
  local list = lists[name]
  if not list then
    list = {}
    lists[name] = list
  end
  return list
end

function writes.zadd(suffix, score, member)
  local list = list_of(writes.added, suffix)
  list[#list + 1] = score
  list[#list + 1] = member
end

function writes.zrem(suffix, member)
  local list = list_of(writes.removed, suffix)
  list[#list + 1] = member
end

function writes.count(suffix, field)
  local counts = list_of(writes.counts, suffix)
  counts[field] = (counts[field] or 0) + 1
end

-- One entry of the outbox carries every change of a call.
function writes.publish(field, value)
  local published = writes.published
  published[#published + 1] = field
  published[#published + 1] = value
end

local OUTBOX_LENGTH = 10000
local STATISTICS_KEPT_SECONDS = 90000

-- Lua passes only so many arguments in one call; even, so that pairs stay together.
local ARGUMENTS_AT_ONCE = 1000

local function send(command, suffix, list)
  for from = 1, #list, ARGUMENTS_AT_ONCE do
    redis.call(command, key(suffix), unpack(list, from, math.min(from + ARGUMENTS_AT_ONCE - 1, #list)))
  end
end

-- What is added comes first: an execution that ends in the call that creates it is in no index of what is open.
function writes.flush()
  for suffix, list in pairs(writes.added) do
    send('ZADD', suffix, list)
  end
  for suffix, list in pairs(writes.removed) do
    send('ZREM', suffix, list)
  end
  for suffix, counts in pairs(writes.counts) do
    for field, count in pairs(counts) do
      redis.call('HINCRBY', key(suffix), field, count)
    end
    if starts_with(suffix, 'stats:') then redis.call('EXPIRE', key(suffix), STATISTICS_KEPT_SECONDS) end
  end
  local published = writes.published
  for from = 1, #published, ARGUMENTS_AT_ONCE do
    local to = math.min(from + ARGUMENTS_AT_ONCE - 1, #published)
    redis.call('XADD', key('outbox'), 'MAXLEN', '~', OUTBOX_LENGTH, '*', unpack(published, from, to))
  end
end
