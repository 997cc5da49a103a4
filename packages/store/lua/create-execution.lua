-- Creates executions, PENDING, and queues those that wait for nothing.
--
-- KEYS[1]  key prefix of the namespace and cell
-- ARGV[i]  packed command: { execution_id, plan_id, job_id, run_id, trigger_type, trigger_id, scheduled_time?,
--          parameters?, manual?, propagate?, ignore_dependencies?, actor, graph_id?, tick? }
--          graph_id  refused as STALE_GRAPH when the registered graph is another by now
--          tick      { schedule_id, nominal_ms, next_ms?, outcome }: the fire time this execution answers;
--                    refused as STALE_TICK when the schedule is not at that fire time any more
-- Returns  packed { results, admitted, more }; a result is { ok = true, status, revision, created } or
--          { ok = false, refusal = UNKNOWN_PLAN | STALE_GRAPH | STALE_TICK | UPGRADE_REQUIRED }
-- Writes   the record with its indexes, counters and outbox entry; edges, slots, the tick ledger

-- @include lib/generated
-- @include lib/context
-- @include lib/record
-- @include lib/admission
-- @include lib/lease
-- @include lib/run
local transition
-- @include lib/release
-- @include lib/transition
-- @include lib/tick

local function create(command)
  local existing, problem = record.load(command.execution_id)
  if problem == 'UPGRADE_REQUIRED' then return { ok = false, refusal = problem } end
  if existing then
    if command.tick then tick.advance(command) end
    return { ok = true, x = existing, created = false }
  end
  if command.graph_id and redis.call('HGET', key('meta'), 'graph_id') ~= command.graph_id then
    return { ok = false, refusal = 'STALE_GRAPH' }
  end
  local packed = redis.call('HGET', key('plan:' .. command.plan_id), 'job:' .. command.job_id)
  if not packed then return { ok = false, refusal = 'UNKNOWN_PLAN' } end
  if command.tick and not tick.advance(command) then return { ok = false, refusal = 'STALE_TICK' } end
  local spec = cmsgpack.unpack(packed)
  local x = release.create(command, spec)
  release.settle(x, spec, command.actor)
  return { ok = true, x = x, created = true }
end

for index = 1, #ARGV do
  reply.results[index] = create(cmsgpack.unpack(ARGV[index]))
end
release.drain()
admission.run()
record.flush()

for index, result in ipairs(reply.results) do
  local x = result.x
  if x then reply.results[index] = { ok = true, status = x.status, revision = x.revision, created = result.created } end
end
return cmsgpack.pack(reply)
