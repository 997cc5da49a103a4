-- Invariant 3: the sums that slots are given out by are those of who holds them. Who holds a slot is compared with the states by indexes.

slot_sums = {}

-- So many records may be read for one sum: more would keep Redis from others for too long.
local HOLDERS_AT_MOST = 1000

-- What the members of a set request in sum; nil where they are too many, or one cannot be read.
local function sum_of(set)
  local total = { 0, 0, 0, 0 }
  if redis.call('SCARD', key(set)) > HOLDERS_AT_MOST then return nil end
  for _, execution_id in ipairs(redis.call('SMEMBERS', key(set))) do
    local x, problem = record.load(execution_id)
    if record.may_be(execution_id, problem) then return nil end
    for index = 1, 4 do
      total[index] = total[index] + (x and x.request and x.request[index] or 0)
    end
  end
  return total
end

-- name: pool:<pool> or executor:<executor_id>. Returns whether it could be summed up.
local function check_used(name)
  local is_pool, id = starts_with(name, 'pool:'), string.match(name, ':(.*)$')
  -- A pool that is not known is not counted.
  local is_counted = not is_pool or redis.call('HEXISTS', key('limits'), name) == 1
  local sum = sum_of(is_pool and 'slots:' .. name or 'placed_on:' .. id)
  if not sum then return false end
  local used, should = amounts.format(amounts.used(name)), amounts.format(is_counted and sum or { 0, 0, 0, 0 })
  if used == should then return true end
  findings.add('SUM_WRONG', is_pool and 'limit' or 'executor', is_pool and name or id, 'counts ' .. used .. ' as used instead of ' .. should, function()
    amounts.forget(name)
    if is_counted then amounts.change(name, sum, 1) end
    admission.look_again()
    if is_pool then admission.pool_changed(id) end
  end)
  return true
end

-- stored: every field of `limits`
local function check_number(stored, field, should)
  local is = tonumber(stored[field] or 0)
  if is == should then return end
  findings.add('SUM_WRONG', 'limit', field, string.format('is %d instead of %d', is, should), function()
    limits.correct(field, should)
    admission.look_again()
    for _, limit in ipairs({ 'places', (string.gsub(field, '^remote:', 'places:')) }) do
      admission.limit_changed(limit)
    end
  end)
end

-- Returns whether all could be counted.
local function check_remote(stored)
  if redis.call('SCARD', key('remote_waits')) > HOLDERS_AT_MOST then return false end
  local common, by_pool = 0, {}
  for _, execution_id in ipairs(redis.call('SMEMBERS', key('remote_waits'))) do
    local x, problem = record.load(execution_id)
    if record.may_be(execution_id, problem) then return false end
    if x then
      by_pool[x.resource_pool] = (by_pool[x.resource_pool] or 0) + 1
      if not stored['places:' .. x.resource_pool] then common = common + 1 end
    end
  end
  check_number(stored, 'remote', common)
  for field in pairs(stored) do
    local pool = string.match(field, '^remote:(.*)$')
    if pool then by_pool[pool] = by_pool[pool] or 0 end
  end
  for pool, number in pairs(by_pool) do
    check_number(stored, 'remote:' .. pool, number)
  end
  return true
end

local function check_dedicated(stored)
  local pools, apart = 0, 0
  for field in pairs(stored) do
    local pool = string.match(field, '^places:(.*)$')
    if pool then pools, apart = pools + 1, apart + redis.call('SCARD', key('slots:pool:' .. pool)) end
  end
  check_number(stored, 'dedicated_pools', pools)
  check_number(stored, 'apart', apart)
end

-- The numbers that all lanes have in common. Returns how many were too large.
local function check_shared()
  local stored = limits.all()
  check_dedicated(stored)
  local too_large = check_remote(stored) and 0 or 1
  local static_lanes = lanes.count_static(HOLDERS_AT_MOST)
  if not static_lanes then return too_large + 1 end
  check_number(stored, 'static_lanes', static_lanes)
  return too_large
end

-- names: fields of `used` to look at; `shared` for the numbers that all lanes have in common. Returns how many were too large.
function slot_sums.check(names)
  local too_large = 0
  for _, name in ipairs(names) do
    if name == 'shared' then too_large = too_large + check_shared()
    elseif not check_used(name) then too_large = too_large + 1 end
  end
  return too_large
end
