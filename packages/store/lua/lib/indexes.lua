-- What stands in which index, said once: so that what is missing and what is left over are found by the same words, and mended.
--
-- A definition is { prefix, kind, entries, reads?, allows?, exact?, add?, remove?, missing?, stray? }
--   prefix   of the key; what follows it is the entry's rest
--   kind     zset, set or hash
--   entries  tells every entry that an execution has to have: put(rest, score, member), the member being its id where left out
--   reads    the execution that a member speaks of, as record.load answers, and the id that was looked up; left out: the member is its id
--   allows   whether an entry may be there; left out: only where it has to be
--   exact    that the score says something
--   add, remove   how it is mended; left out: the entry alone. Of a zset they follow the entry, and remove of a hash; else they come instead
--   missing, stray   codes of what is found

indexes = {}

local function is_open(x)
  return not generated.terminal[x.status]
end

local function is_running(x)
  return x.status == 'RUNNING' or x.status == 'COMPLETING'
end

local function holds_slots(x)
  return is_running(x) or x.status == 'QUEUED' and admission.is_admitted(x.execution_id)
end

-- Waits for its dependencies, and for nothing else.
function indexes.waits(x)
  return x.status == 'PENDING' and not x.hold and not x.not_before
end

local function waits_on_edges(x)
  return indexes.waits(x) and x.has_edges and not x.ignore_dependencies and plan.of(x) or nil
end

-- What took over the slots of a remote job may be admitted without a place.
local function is_placed(x)
  if x.took_over and x.status == 'QUEUED' and not placement.of(x.execution_id) then return false end
  return x.request and holds_slots(x) and redis.call('SISMEMBER', key('remote_waits'), x.execution_id) == 0
end

local function executor_of(x)
  return is_running(x) and x.executor_id or placement.of(x.execution_id) or nil
end

local function place_again(x)
  if x.status == 'QUEUED' then return admission.take_back(x) end
  placement.remove(x.execution_id, x.request)
  placement.put(x.execution_id, x.executor_id, x.request)
end

local function unplace(executor_id, execution_id, x)
  if x and placement.of(execution_id) == executor_id then return placement.remove(execution_id, x.request) end
  placement.take_off(executor_id, execution_id, x and x.request)
  admission.look_again()
end

local function ended_badly(x)
  return (x.status == 'FAILED' or x.status == 'TIMEOUT') and not x.retried_by
end

local function is_dead_letter(x)
  return ended_badly(x) and x.fingerprint and redis.call('ZSCORE', key('dead_letters'), x.execution_id) ~= false
end

local function nothing() end

-- load: record.load, or what answers as it does
local function look_up(load, execution_id)
  local x, problem = load(execution_id)
  return x, problem, execution_id
end

local function before_bar(member)
  return look_up(record.load, string.match(member, '^([^|]*)'))
end

local function value_in(name, load)
  return function(field)
    return look_up(load, redis.call('HGET', key(name), field) or '')
  end
end

-- An entry of what was kept waiting by amounts, <execution_id>|<lane>.
local function allows_blocked(x, _, member)
  return x.status == 'QUEUED' and not holds_slots(x) and member == x.execution_id .. '|' .. lanes.of(x)
end

-- The last attempt of a chain. One whose links are broken says nothing of what may still be open in it.
local function last_of(chain_id)
  local x, problem = record.latest(chain_id)
  if not x and problem == 'UNKNOWN_EXECUTION' and record.load(chain_id) then return nil, 'CHAIN_BROKEN' end
  return x, problem
end

local function as_chain(member)
  return look_up(last_of, member)
end

local DEFINITIONS = {
  {
    prefix = 'active', kind = 'zset',
    entries = function(x, put) if is_open(x) then put('', x.created_time) end end,
  }, {
    prefix = 'status:', kind = 'zset',
    entries = function(x, put)
      if x.status == 'PENDING' or generated.terminal[x.status] then put(x.status, x.created_time) end
    end,
  }, {
    prefix = 'job_executions:', kind = 'zset',
    entries = function(x, put) put(x.job_id, x.created_time) end,
  }, {
    prefix = 'run_executions:', kind = 'zset',
    entries = function(x, put) if x.run_id ~= x.execution_id then put(x.run_id, x.created_time) end end,
  }, {
    prefix = 'runs', kind = 'zset',
    entries = function(x, put) if x.run_id == x.execution_id then put('', x.created_time) end end,
  }, {
    prefix = 'delayed', kind = 'zset', exact = true,
    entries = function(x, put) if x.status == 'PENDING' and x.not_before and not x.hold then put('', x.not_before) end end,
  }, {
    prefix = 'window_held:', kind = 'zset',
    entries = function(x, put)
      if x.status == 'PENDING' and x.hold == 'WINDOW' then put(x.job_id, x.scheduled_time * 1000) end
    end,
    add = function(x) gate.look_at('window_held:' .. x.job_id) end,
  }, {
    prefix = 'line:', kind = 'zset',
    entries = function(x, put) if x.status == 'PENDING' and x.hold and x.line then put(x.line, x.scheduled_time * 1000) end end,
    add = function(x) gate.look_at('line:' .. x.line) end,
    remove = function(_, line) gate.look_at('line:' .. line) end,
  }, {
    prefix = 'open:', kind = 'zset', exact = true, reads = as_chain,
    entries = function(x, put)
      if is_open(x) then put(x.job_id, (x.status == 'PENDING' and x.attempt_number == 1) and 0 or 1, record.chain_of(x)) end
    end,
    remove = function(_, job_id) gate.look_at('line:job:' .. job_id) end,
  }, {
    prefix = 'turns', kind = 'hash', reads = value_in('turns', last_of), entries = nothing,
    allows = function(x, _, line) return is_open(x) and x.line == line end,
    remove = function(line) gate.look_at('line:' .. line) end,
  }, {
    prefix = 'queue_deadlines', kind = 'zset', exact = true,
    entries = function(x, put) if x.status == 'QUEUED' and x.queue_deadline then put('', x.queue_deadline) end end,
  }, {
    prefix = 'dependency_deadlines', kind = 'zset',
    entries = function(x, put)
      local spec = waits_on_edges(x)
      local deadline = spec and edges.next_deadline(x, spec)
      if deadline and deadline < math.huge then put('', deadline) end
    end,
    allows = waits_on_edges,
  }, {
    prefix = 'waiters:', kind = 'zset',
    entries = function(x, put)
      local spec = waits_on_edges(x)
      for _, edge in ipairs(spec and spec.edges or {}) do
        if not edge.inside then put(edge.upstream_job_id, x.created_time) end
      end
    end,
    add = function(x, job_id)
      local spec = plan.of(x)
      edges.look_again(x, spec, job_id)
      settle.move(x, spec, 'fsck')
    end,
  }, {
    prefix = 'conditions', kind = 'zset', reads = before_bar,
    entries = function(x, put)
      local spec = waits_on_edges(x)
      if spec then edges.each_asked(x, spec, function(member) put('', now_ms, member) end) end
    end,
    add = function() reply.conditions = true end,
  }, {
    prefix = 'gathering', kind = 'hash', reads = value_in('gathering', record.load), entries = nothing,
    allows = function(x, _, job_id) return x.status == 'PENDING' and x.job_id == job_id end,
  }, {
    prefix = 'releasing', kind = 'zset', missing = 'RELEASE_STOPPED',
    entries = function(x, put) if x.releasing then put('', 1) end end,
    add = function() reply.more = true end,
  }, {
    prefix = 'held:', kind = 'set',
    entries = function(x, put) if is_running(x) then put(x.executor_id) end end,
  }, {
    prefix = 'cancelling:', kind = 'set',
    entries = function(x, put) if x.status == 'RUNNING' and x.cancel then put(x.executor_id) end end,
  }, {
    prefix = 'admitted', kind = 'zset', entries = nothing,
    allows = function(x) return x.status == 'QUEUED' end,
  }, {
    prefix = 'slots:', kind = 'set', missing = 'SLOT_MISSING', stray = 'SLOT_LEAKED',
    entries = function(x, put)
      local found = holds_slots(x) and limits.of(lanes.of(x)).slots or {}
      if holds_slots(x) then put('global') end
      for index = 1, #found do
        -- What was mended before may have taken it back to its lane.
        if holds_slots(x) then put(found[index]) end
      end
    end,
    add = function(x, set)
      if x.status == 'QUEUED' then admission.take_back(x) else limits.join(set, x.execution_id, lanes.of(x)) end
    end,
    remove = function(execution_id, set, x)
      if x then limits.leave(set, execution_id, lanes.of(x)) else redis.call('SREM', key('slots:' .. set), execution_id) end
      if x then admission.offer(lanes.of(x)) else admission.limit_changed(set) end
    end,
  }, {
    prefix = 'lane:', kind = 'zset', exact = true, missing = 'QUEUED_NOWHERE',
    entries = function(x, put)
      if x.status == 'QUEUED' and not holds_slots(x) then put(lanes.of(x), x.order_score) end
    end,
    add = function(x) admission.settle_lane(lanes.of(x)) end,
    remove = function(_, lane) admission.settle_lane(lane) end,
  }, {
    prefix = 'blocked', kind = 'zset', reads = before_bar, entries = nothing, allows = allows_blocked,
    remove = admission.look_again,
  }, {
    prefix = 'blocked:', kind = 'zset', reads = before_bar, entries = nothing, allows = allows_blocked,
    remove = admission.look_again,
  }, {
    prefix = 'placements', kind = 'hash', missing = 'PLACEMENT_MISSING', stray = 'PLACEMENT_LEFT',
    entries = function(x, put) if is_placed(x) then put('') end end,
    add = place_again,
    remove = function(execution_id, _, x, executor_id) unplace(executor_id, execution_id, x) end,
  }, {
    prefix = 'placed_on:', kind = 'set', missing = 'PLACEMENT_MISSING', stray = 'PLACEMENT_LEFT',
    entries = function(x, put)
      local executor_id = is_placed(x) and executor_of(x)
      if executor_id then put(executor_id) end
    end,
    add = place_again,
    remove = function(execution_id, executor_id, x) unplace(executor_id, execution_id, x) end,
  }, {
    prefix = 'remote_waits', kind = 'set', entries = nothing, allows = is_running,
    remove = function(execution_id, _, x)
      redis.call('SREM', key('remote_waits'), execution_id)
      if x then limits.count_remote(lanes.of(x), -1) end
    end,
  }, {
    prefix = 'dead_letters', kind = 'zset', entries = nothing, allows = ended_badly,
  }, {
    prefix = 'dead_letter_expiry', kind = 'zset',
    entries = function(x, put) if is_dead_letter(x) then put('', now_ms) end end,
  }, {
    prefix = 'dead_letters_of:', kind = 'zset',
    entries = function(x, put) if is_dead_letter(x) then put(x.fingerprint, now_ms) end end,
    add = function(x) dead_letter_counts.correct(x.fingerprint) end,
    remove = function(_, fingerprint) dead_letter_counts.correct(fingerprint) end,
  },
}

-- What the keys of all indexes begin with; a whole key where it does not end in a colon.
function indexes.prefixes()
  local found = {}
  for _, definition in ipairs(DEFINITIONS) do
    found[#found + 1] = definition.prefix
  end
  return found
end

-- The definition that a key belongs to, and what follows its prefix; nil for other keys.
local function definition_of(suffix)
  for _, definition in ipairs(DEFINITIONS) do
    local prefix = definition.prefix
    local has_rest = string.sub(prefix, -1) == ':'
    if has_rest and starts_with(suffix, prefix) then return definition, string.sub(suffix, #prefix + 1) end
    if suffix == prefix then return definition, '' end
  end
end

-- What stands there, or nil: a score, the value of a field, or true.
local function entry_of(definition, rest, member)
  local name = key(definition.prefix .. rest)
  if definition.kind == 'zset' then return tonumber(redis.call('ZSCORE', name, member) or nil) end
  if definition.kind == 'hash' then return redis.call('HGET', name, member) or nil end
  return redis.call('SISMEMBER', name, member) == 1 or nil
end

local function add(definition, x, rest, score, member)
  local name = key(definition.prefix .. rest)
  if definition.kind == 'zset' then redis.call('ZADD', name, score, member)
  elseif definition.kind == 'set' and not definition.add then redis.call('SADD', name, member) end
  if definition.add then definition.add(x, rest) end
end

-- entry: what stands there
local function remove(definition, rest, member, x, entry)
  local name = key(definition.prefix .. rest)
  if definition.kind == 'zset' then redis.call('ZREM', name, member)
  elseif definition.kind == 'hash' then redis.call('HDEL', name, member)
  elseif not definition.remove then redis.call('SREM', name, member) end
  if definition.remove then definition.remove(member, rest, x, entry) end
end

-- Looks for every entry that an execution has to have.
function indexes.check_execution(x)
  for _, definition in ipairs(DEFINITIONS) do
    definition.entries(x, function(rest, score, member)
      member = member or x.execution_id
      local entry = entry_of(definition, rest, member)
      if entry and (not definition.exact or entry == score) then return end
      local detail = entry and string.format('stands in %s at %.0f instead of %.0f', definition.prefix .. rest, entry, score)
        or 'is not in ' .. definition.prefix .. rest
      findings.add(definition.missing or 'INDEX_ENTRY_MISSING', 'execution', x.execution_id, detail, function()
        add(definition, x, rest, score, member)
      end)
    end)
  end
end

local function has_to_be(definition, x, rest, member)
  local found = false
  definition.entries(x, function(its_rest, _, its_member)
    found = found or its_rest == rest and (its_member or x.execution_id) == member
  end)
  return found
end

local function read(definition, member)
  if definition.reads then return definition.reads(member) end
  return look_up(record.load, member)
end

-- What cannot be read may well belong there.
local function check_entry(definition, rest, member)
  local entry = entry_of(definition, rest, member)
  if not entry then return end
  local x, problem, execution_id = read(definition, member)
  if record.may_be(execution_id, problem) then return end
  -- By its plan it may: that is made again.
  if x and x.status == 'PENDING' and plan.is_awaited(x.plan_id, x.job_id) then return end
  if x and (has_to_be(definition, x, rest, member) or definition.allows and definition.allows(x, rest, member)) then return end
  local detail = 'stands in ' .. definition.prefix .. rest .. (x and ' and is ' .. x.status or ' and has no record')
  findings.add(definition.stray or 'INDEX_ENTRY_LEFT', definition.kind == 'hash' and not x and 'index' or 'execution',
    x and x.execution_id or member, detail, function() remove(definition, rest, member, x, entry) end)
end

-- Looks at entries of an index; of a key that is none, at nothing.
function indexes.check_entries(suffix, members)
  local definition, rest = definition_of(suffix)
  for _, member in ipairs(definition and members or {}) do
    check_entry(definition, rest, member)
  end
end
