-- What a job came to and how far it has used others up, made again from the records of its executions where it cannot be read
-- (docs/adr/0038-damaged-state.md).

rebuild_outcomes = {}

-- Executions of a job, the newest first, from which what it came to and what it has used is made again.
local LOOKED_AT = 200

local function newest_executions(job_id)
  return redis.call('ZREVRANGE', key('job_executions:' .. job_id), 0, LOOKED_AT - 1)
end

-- Whether the dependencies of an execution are behind it, met.
local function has_gone_on(x)
  return x.attempt_number == 1 and not x.manual and (x.queued_time or x.not_before or x.hold)
end

-- The newest outcome that executions of a job have gone by, and whether there are any that have gone on.
local function newest_used(job_id, edge)
  local used, is_any = nil, false
  for _, execution_id in ipairs(newest_executions(job_id)) do
    local x = record.load(execution_id)
    if x and has_gone_on(x) then
      local packed = damage.call('EDGES', execution_id, 'HGET', 'edges:' .. execution_id, outcomes.edge_name(edge))
      local decision = sealed.unpack(packed)
      if decision and decision.seq > 0 then used = outcomes.newest(used, decision) end
      is_any = true
    end
  end
  return used, is_any
end

-- Where nobody knows how far a job has come, all that there is counts as used up: nothing is used twice.
-- bytes: the mark that cannot be read. Returns the nominal time and the number of the one that takes its place.
function rebuild_outcomes.mark(job_id, edge, bytes)
  local used, is_any = newest_used(job_id, edge)
  local is_lost = is_any and not used
  damage.note('USED', outcomes.consumption(job_id, edge), bytes, is_lost and 'how far it was used up: what there is counts as used' or nil)
  used = used or is_lost and outcomes.newest_for(edge) or { time = 0, seq = 0 }
  if not damage.only_reads then outcomes.write_mark(job_id, edge, used) end
  return used.time, used.seq
end

-- What a job came to, from the records of its executions. A publication had a number that no record has: it counts as the first of its
-- time, which nobody uses twice.
local function gather(job_id, known)
  for _, execution_id in ipairs(newest_executions(job_id)) do
    local x = record.load(execution_id)
    if x and x.outcome_seq then
      local outcome = outcomes.of(x, x.status == 'COMPLETING' and 'COMPLETED' or x.status)
      outcome.seq = x.outcome_seq
      known.seq = math.max(known.seq, outcome.seq)
      outcomes.note_end(known, x, outcome)
    end
    for _, dataset in ipairs(x and outcomes.is_deposited(x) and x.published or {}) do
      local published = outcomes.of(x, x.status, dataset)
      published.seq = 1
      outcomes.note_publication(known, dataset, published)
    end
  end
end

-- Those who take each outcome of a job, as they are registered.
local function takers_of(upstream_job_id)
  local takers = {}
  local all = damage.call('EACH', '', 'HGETALL', 'each_edges') or {}
  for index = 1, #all, 2 do
    for _, edge in ipairs(sealed.unpack(all[index + 1]) or {}) do
      if edge.upstream_job_id == upstream_job_id then takers[outcomes.consumption(all[index], edge)] = edge end
    end
  end
  return next(takers) and takers or nil
end

-- number: of the latest outcome, as it is kept beside them. Returns what the job came to.
function rebuild_outcomes.of(job_id, bytes, number)
  damage.note('OUTCOMES', job_id, bytes)
  local known = { seq = tonumber(number) or 0, each = takers_of(job_id) }
  gather(job_id, known)
  if not damage.only_reads then outcomes.store(job_id, known) end
  return known
end
