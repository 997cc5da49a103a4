-- Outcomes: what chains came to, for runs other than their own (docs/adr/0016-outcomes.md).
--
-- outcomes                 job_id -> sealed { seq, latest, success, datasets, each }: the newest outcome of any kind, the newest
--                          COMPLETED, by dataset the newest publication (newest by nominal time, of the same by seq), and the edges
--                          <job_id>|<edge> of other jobs that take each outcome once
-- outcome_numbers          job_id -> seq: the number of the latest, by which outcomes that are gone are missed
-- consumed                 <job_id>|<edge> -> <nominal time>|<seq>|<checksum>: how far a job has used an upstream up
-- each:<job_id>|<edge>     outcomes that are still to be taken, in the order in which they came
-- each_edges               job_id -> sealed list of its edges that take each outcome, as it is registered
--
-- An outcome is { execution_id, job_id, status, reason, time, seq }; `published` names the dataset where that is all it tells.

outcomes = {}

on_begin(function()
  outcomes.known = {}
end)

local function of_job(job_id)
  local known = outcomes.known[job_id]
  if not known then
    local packed = damage.call('OUTCOMES', job_id, 'HGET', 'outcomes', job_id)
    known = sealed.unpack(packed)
    if not known then
      local number = damage.call('OUTCOMES', job_id, 'HGET', 'outcome_numbers', job_id)
      known = (packed or number) and rebuild_outcomes.of(job_id, packed, number) or { seq = 0 }
    end
    outcomes.known[job_id] = known
  end
  return known
end

-- Whether an outcome is of a later nominal time than another, or of the same and came later.
function outcomes.is_newer(a, b)
  if a.time ~= b.time then return a.time > b.time end
  return a.seq > b.seq
end

-- Either may be missing.
function outcomes.newest(one, other)
  return one and outcomes.is_newer(one, other) and one or other
end

-- What an edge is called among those of its job: the producers of a dataset share the id of the dependency.
function outcomes.edge_name(edge)
  return edge.other_producers and edge.dependency_id .. '|' .. edge.upstream_job_id or edge.dependency_id
end

-- What an edge is called among those of all jobs.
function outcomes.consumption(job_id, edge)
  return job_id .. '|' .. outcomes.edge_name(edge)
end

-- How far a job has used an upstream up.
function outcomes.write_mark(job_id, edge, outcome)
  local mark = string.format('%.0f|%.0f', outcome.time, outcome.seq)
  redis.call('HSET', key('consumed'), outcomes.consumption(job_id, edge), mark .. '|' .. sealed.checksum_of(mark))
end

-- Returns the nominal time and the number up to which a job has used an upstream up; nil where it has used nothing.
local function mark_of(job_id, edge)
  local name = outcomes.consumption(job_id, edge)
  local packed, was_damaged = damage.call('USED', name, 'HGET', 'consumed', name)
  if not packed and not was_damaged then return nil end
  local mark, time, seq, checksum = string.match(packed or '', '^((%-?%d+)|(%d+))|?(%x*)$')
  -- Builds before 38 wrote no checksum.
  if not mark or checksum ~= '' and checksum ~= sealed.checksum_of(mark) then return rebuild_outcomes.mark(job_id, edge, packed) end
  return tonumber(time), tonumber(seq)
end

-- Whether a job has used up an outcome, or a newer one.
function outcomes.is_consumed(job_id, edge, outcome)
  local time, seq = mark_of(job_id, edge)
  return time ~= nil and not outcomes.is_newer(outcome, { time = time, seq = seq })
end

function outcomes.consume(job_id, edge, outcome)
  if outcomes.is_consumed(job_id, edge, outcome) then return end
  outcomes.write_mark(job_id, edge, outcome)
end

-- The newest outcome that an edge may take, used up or not, or nil. One that would not meet it is waited out: the upstream may
-- yet succeed before the time-out.
function outcomes.newest_for(edge)
  local known = of_job(edge.upstream_job_id)
  if edge.dataset then return (known.datasets or {})[edge.dataset] end
  if edge.dependency_type == 'COMPLETION' then return known.latest end
  if edge.dependency_type == 'DATA_READY' then return (known.datasets or {})[''] or known.success end
  return known.success
end

local function queue_key(job_id, edge)
  return key('each:' .. outcomes.consumption(job_id, edge))
end

-- An outcome as it stands in a queue: always the same text, so that it can be found there.
local function entry_of(outcome)
  return string.format('%.0f|%.0f|%s|%s|%s|%s', outcome.seq, outcome.time, outcome.execution_id, outcome.status, outcome.reason or '',
    outcome.published or '')
end

local function outcome_of(entry, job_id)
  local seq, time, execution_id, status, reason, published = string.match(entry, '^(%d+)|(%-?%d+)|([^|]*)|([^|]*)|([^|]*)|(.*)$')
  if not seq then return nil end
  return { seq = tonumber(seq), time = tonumber(time), execution_id = execution_id, job_id = job_id, status = status,
    reason = reason ~= '' and reason or nil, published = published ~= '' and published or nil }
end

-- Takes the first outcome that a job has not taken yet.
function outcomes.take_each(job_id, edge)
  local name = outcomes.consumption(job_id, edge)
  local entry = damage.call('EACH', name, 'LPOP', 'each:' .. name)
  local outcome = entry and outcome_of(entry, edge.upstream_job_id) or nil
  if not entry or outcome then return outcome end
  damage.note('EACH', name, entry, 'an outcome that was still to be taken')
  return outcomes.take_each(job_id, edge)
end

-- Puts back what was taken and led to nothing.
function outcomes.put_back(job_id, edge, outcome)
  local name = outcomes.consumption(job_id, edge)
  damage.write('EACH', name, 'LPUSH', 'each:' .. name, entry_of(outcome))
end

function outcomes.store(job_id, known)
  redis.call('HSET', key('outcomes'), job_id, sealed.pack(known))
  damage.write('OUTCOMES', job_id, 'HSET', 'outcome_numbers', job_id, known.seq)
end

-- Whether an edge that takes each outcome takes this one: those that do not meet it are left out, as in outcomes.newest_for.
local function is_taken_by(edge, outcome)
  if outcome.published then return edge.dependency_type == 'DATA_READY' and (edge.dataset or outcome.published) == outcome.published end
  if starts_with(outcome.reason or '', 'SKIP_') then return true end
  if edge.dependency_type == 'COMPLETION' then return outcome.reason ~= 'CANCEL_002_CASCADED' end
  if outcome.status ~= 'COMPLETED' then return false end
  return edge.dependency_type ~= 'DATA_READY' or not outcomes.was_published(outcome, edge)
end

-- Whether the chain of an outcome has published what an edge waits for before it ended.
function outcomes.was_published(outcome, edge)
  for _, dataset in ipairs(outcome.datasets or {}) do
    if not edge.dataset or edge.dataset == dataset then return true end
  end
  return false
end

-- The outcome that an execution takes whose own run has brought one: the first in the queue, so that what came first goes first. nil where
-- another execution has taken its own already.
function outcomes.take_turn(job_id, edge, outcome)
  local takers = of_job(edge.upstream_job_id).each
  -- One whose edge is not registered any more takes what its own run brings.
  if not (takers and takers[outcomes.consumption(job_id, edge)]) or not is_taken_by(edge, outcome) then return outcome end
  local name = outcomes.consumption(job_id, edge)
  if not damage.call('EACH', name, 'LPOS', 'each:' .. name, entry_of(outcome)) then return nil end
  return outcomes.take_each(job_id, edge)
end

-- Whether others take each outcome of a job.
function outcomes.is_taken_each(job_id)
  return of_job(job_id).each ~= nil
end

-- Whether a planned job waits for outcomes of its own run and for some of other runs, which also start it.
function outcomes.joins_runs(spec)
  local has_inside, has_outside = false, false
  for _, edge in ipairs(spec.edges) do
    has_inside = has_inside or edge.inside
    has_outside = has_outside or not edge.inside and edge.join ~= 'LATEST'
  end
  return has_inside and has_outside
end

-- Whether an execution's outcome is the newest of its job in any respect, or stands in a queue to be taken.
function outcomes.is_offered(x)
  local known = of_job(x.job_id)
  local function is_its(outcome)
    return outcome ~= nil and outcome.execution_id == x.execution_id
  end
  if is_its(known.latest) or is_its(known.success) then return true end
  for _, outcome in pairs(known.datasets or {}) do
    if is_its(outcome) then return true end
  end
  -- They are taken in the order of their numbers, so that what comes before the first one is taken.
  for name in pairs(known.each or {}) do
    local first = outcome_of(damage.call('EACH', name, 'LINDEX', 'each:' .. name, 0) or '', x.job_id)
    if first and first.seq <= (x.outcome_seq or 0) then return true end
  end
  return false
end

-- Forgets what a job came to. Its numbering goes on where others still count on it, and those who take each outcome wait for more.
function outcomes.forget(job_id)
  local known = of_job(job_id)
  outcomes.known[job_id] = { seq = known.seq, each = known.each }
  outcomes.store(job_id, outcomes.known[job_id])
end

-- For those who take each outcome. A dependent within the run takes it from the run itself, unless it joins runs: then whichever
-- execution of it waits longest takes it.
local function queue_each(x, outcome)
  local takers = of_job(x.job_id).each
  if not takers then return end
  local takes_itself = {}
  for _, job_id in ipairs(plan.dependents(x)) do
    local spec = plan.job(x.plan_id, job_id)
    takes_itself[job_id] = spec and not outcomes.joins_runs(spec)
  end
  for name, edge in pairs(takers) do
    local job_id = string.match(name, '^([^|]*)|')
    if not takes_itself[job_id] and is_taken_by(edge, outcome) then
      damage.write('EACH', name, 'RPUSH', 'each:' .. name, entry_of(outcome))
    end
  end
end

local function set_taker(job_id, edge, is_taken)
  local known = of_job(edge.upstream_job_id)
  known.each = known.each or {}
  known.each[outcomes.consumption(job_id, edge)] = is_taken and edge or nil
  if not next(known.each) then known.each = nil end
  outcomes.store(edge.upstream_job_id, known)
end

-- Takes over the edges under which a job takes each outcome of its upstreams, as it is registered now; none for one that is removed.
function outcomes.set_each(job_id, edges_now)
  local packed = damage.call('EACH', job_id, 'HGET', 'each_edges', job_id)
  local kept = {}
  for _, edge in ipairs(edges_now) do
    kept[edge.upstream_job_id .. '|' .. outcomes.edge_name(edge)] = true
  end
  for _, edge in ipairs(sealed.unpack(packed) or {}) do
    set_taker(job_id, edge, false)
    if not kept[edge.upstream_job_id .. '|' .. outcomes.edge_name(edge)] then redis.call('UNLINK', queue_key(job_id, edge)) end
  end
  for _, edge in ipairs(edges_now) do
    set_taker(job_id, edge, true)
  end
  if #edges_now > 0 then redis.call('HSET', key('each_edges'), job_id, sealed.pack(edges_now))
  elseif packed then redis.call('HDEL', key('each_edges'), job_id) end
end

-- What an execution tells its dependents. status: that of its chain. published: the dataset, where that is all there is to tell yet
function outcomes.of(x, status, published)
  return { execution_id = x.execution_id, job_id = x.job_id, status = status, reason = x.reason or nil,
    time = x.scheduled_time, seq = 0, published = published, datasets = x.published or nil }
end

-- Whether an execution's outcome is for runs other than its own.
function outcomes.is_deposited(x)
  return not x.manual or x.propagate
end

-- Enters an outcome in what is known of its job.
function outcomes.note_publication(known, dataset, outcome)
  known.datasets = known.datasets or {}
  known.datasets[dataset] = outcomes.newest(known.datasets[dataset], outcome)
  known.datasets[''] = outcomes.newest(known.datasets[''], outcome)
end

function outcomes.note_end(known, x, outcome)
  known.latest = outcomes.newest(known.latest, outcome)
  if outcome.status ~= 'COMPLETED' then return end
  known.success = outcomes.newest(known.success, outcome)
  for _, dataset in ipairs(plan.produced_by(x)) do
    if not outcomes.was_published(outcome, { dataset = dataset }) then outcomes.note_publication(known, dataset, outcome) end
  end
end

-- Makes an outcome known to runs other than its own, and numbers it. A manual run keeps to itself unless asked to propagate.
-- Returns whether it did.
function outcomes.deposit(x, outcome)
  if not outcomes.is_deposited(x) then return false end
  local known = of_job(x.job_id)
  known.seq = known.seq + 1
  outcome.seq = known.seq
  if outcome.published then
    outcomes.note_publication(known, outcome.published, outcome)
  else
    outcomes.note_end(known, x, outcome)
  end
  outcomes.store(x.job_id, known)
  queue_each(x, outcome)
  return true
end
