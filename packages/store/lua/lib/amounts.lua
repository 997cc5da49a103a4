-- Amounts of the four resources: milli-cores, megabytes of memory, megabytes of disk, megabits a second. Whole numbers, so that
-- sums do not drift; written as '2000,512,0,-', where '-' is no limit.
--
-- used    pool:<name> or executor:<executor_id> -> what those that hold a slot of it, or are placed on it, request in sum; no
--         field where that is nothing

amounts = {}

on_begin(function()
  amounts.parsed = {}
  amounts.used_by = {}
end)

-- Returns four numbers, or nil for what is empty.
function amounts.parse(text)
  if not text or text == '' then return nil end
  local known = amounts.parsed[text]
  if known then return known end
  local parsed = {}
  for number in string.gmatch(text, '[^,]+') do
    parsed[#parsed + 1] = number == '-' and math.huge or tonumber(number)
  end
  amounts.parsed[text] = parsed
  return parsed
end

function amounts.format(numbers)
  local texts = {}
  for index = 1, 4 do
    texts[index] = numbers[index] == math.huge and '-' or string.format('%.0f', numbers[index])
  end
  return table.concat(texts, ',')
end

function amounts.used(name)
  local used = amounts.used_by[name]
  if not used then
    used = amounts.parse(redis.call('HGET', key('used'), name)) or { 0, 0, 0, 0 }
    amounts.used_by[name] = used
  end
  return used
end

-- Reads what several use in one command.
function amounts.load(names)
  if #names == 0 then return end
  local values = redis.call('HMGET', key('used'), unpack(names))
  for index, name in ipairs(names) do
    amounts.used_by[name] = amounts.used_by[name] or amounts.parse(values[index]) or { 0, 0, 0, 0 }
  end
end

-- Adds a request to what is used, or with sign -1 takes it away: only for one whose membership has just changed.
function amounts.change(name, request, sign)
  local used, left = amounts.used(name), 0
  local sum = {}
  for index = 1, 4 do
    sum[index] = used[index] + sign * request[index]
    left = left + sum[index]
  end
  amounts.used_by[name] = sum
  if left == 0 then redis.call('HDEL', key('used'), name) else redis.call('HSET', key('used'), name, amounts.format(sum)) end
end

-- For a pool that is counted anew, or not counted any more.
function amounts.forget(name)
  amounts.used_by[name] = nil
  redis.call('HDEL', key('used'), name)
end

-- How often a request fits into what is left of a total: 0 or less where it does not. What is not requested does not matter.
function amounts.times(request, total, used)
  local times = math.huge
  for index = 1, 4 do
    if request[index] > 0 then
      times = math.min(times, math.floor((total[index] - (used and used[index] or 0)) / request[index]))
    end
  end
  return times
end

-- What a request would leave of a total, as the sum of the shares of all that is limited.
function amounts.room_left(request, total, used)
  local left = 0
  for index = 1, 4 do
    if total[index] < math.huge and total[index] > 0 then
      left = left + (total[index] - used[index] - request[index]) / total[index]
    end
  end
  return left
end
