-- Exhausted resources, and the emergency actions that hold until they recover (specification: Resource Exhaustion Errors;
-- docs/adr/0018-exhaustion.md).
--
-- exhausted            <measurer>|<source>|<resource_type> -> sealed { measurer, source, resource_type, code, usage, threshold,
--                      actions, reject_below, estimated_recovery_seconds?, since, expires }; past `expires` it counts for nothing
-- exhaustion_counts    resource_type -> how many times one became exhausted

exhaustion = {}

local known, in_force

on_begin(function()
  known = nil
  in_force = nil
end)

local function field_of(entry)
  return entry.measurer .. '|' .. entry.source .. '|' .. entry.resource_type
end

-- The entries that have not lapsed.
function exhaustion.entries()
  if known then return known end
  known = {}
  for _, packed in ipairs(damage.call('EXHAUSTED', '', 'HVALS', 'exhausted') or {}) do
    local entry = sealed.unpack(packed)
    if not entry then damage.note('EXHAUSTED', '', packed, 'nothing: it is measured again')
    elseif entry.expires > now_ms then known[#known + 1] = entry end
  end
  return known
end

local function calls_for(entry, action)
  for _, own in ipairs(entry.actions) do
    if own == action then return true end
  end
  return false
end

-- Whether every executor that offers places is among those that call for an action.
local function none_is_left(callers)
  for _, executor_id in ipairs(redis.call('ZRANGEBYSCORE', key('executors'), '(' .. string.format('%.0f', now_ms), '+inf')) do
    local places = redis.call('HGET', key('executor:' .. executor_id), 'places')
    if not callers[executor_id] and tonumber(places or '0') > 0 then return false end
  end
  return true
end

-- Those whose call for an action counts: of Redis always, of hosts once no executor is left without one.
local function callers_in_force(action)
  local found, hosts, callers = {}, {}, {}
  for _, entry in ipairs(exhaustion.entries()) do
    if calls_for(entry, action) then
      if entry.source == 'EXECUTOR' then
        if redis.call('ZSCORE', key('executors'), entry.measurer) then
          hosts[#hosts + 1] = entry
          callers[entry.measurer] = true
        end
      else
        found[#found + 1] = entry
      end
    end
  end
  if #hosts == 0 or not none_is_left(callers) then return found end
  for _, entry in ipairs(hosts) do
    found[#found + 1] = entry
  end
  return found
end

local NONE = {}

-- The entries by which an action is in force for the namespace; empty where it is not.
function exhaustion.calling_for(action)
  if #exhaustion.entries() == 0 then return NONE end
  in_force = in_force or {}
  if not in_force[action] then in_force[action] = callers_in_force(action) end
  return in_force[action]
end

-- QUEUE_ALL: nothing more is admitted.
function exhaustion.queues_all()
  return exhaustion.calling_for('QUEUE_ALL')[1] ~= nil
end

-- PAUSE_SCHEDULING: returns the error code for which fire times are held, or nil.
function exhaustion.pauses()
  local entry = exhaustion.calling_for('PAUSE_SCHEDULING')[1]
  return entry and entry.code
end

-- REJECT_LOW_PRIORITY: returns the error code for which a job of that priority is refused, or nil.
function exhaustion.rejects(priority)
  for _, entry in ipairs(exhaustion.calling_for('REJECT_LOW_PRIORITY')) do
    if priority < entry.reject_below then return entry.code end
  end
  return nil
end

-- Takes over what a measurer finds exhausted now. Entries of others that have lapsed are forgotten.
-- found: list of entries without measurer, since and expires
function exhaustion.report(measurer, lapses_ms, found)
  local before = {}
  for _, entry in ipairs(exhaustion.entries()) do
    before[field_of(entry)] = entry
  end
  redis.call('DEL', key('exhausted'))
  for _, entry in ipairs(found) do
    entry.measurer = measurer
    local earlier = before[field_of(entry)]
    entry.since = earlier and earlier.since or now_ms
    entry.expires = now_ms + lapses_ms
    if not earlier then redis.call('HINCRBY', key('exhaustion_counts'), entry.resource_type, 1) end
    redis.call('HSET', key('exhausted'), field_of(entry), sealed.pack(entry))
  end
  for field, entry in pairs(before) do
    if entry.measurer ~= measurer then redis.call('HSET', key('exhausted'), field, sealed.pack(entry)) end
  end
  known, in_force = nil, nil
end
