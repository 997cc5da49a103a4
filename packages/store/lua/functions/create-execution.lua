-- Creates executions, PENDING, and queues those that wait for nothing.
--
-- keys[1]  key prefix of the namespace and cell
-- args[i]  packed command: { execution_id, plan_id, job_id, run_id, trigger_type, trigger_id, scheduled_time?,
--          parameters?, manual?, propagate?, ignore_dependencies?, actor, graph_id?, tick? }
--          graph_id  refused as STALE_GRAPH when the registered graph is another by now
--          tick      { schedule_id, nominal_ms, next_ms?, outcome }: the fire time this execution answers;
--                    refused as STALE_TICK when the schedule is not at that fire time any more
-- Returns  packed { results, admitted, more }; a result is { ok = true, status, revision, created } or
--          { ok = false, refusal = UNKNOWN_PLAN | STALE_GRAPH | STALE_TICK | UPGRADE_REQUIRED | CORRUPT_RECORD }
-- Writes   the record with its indexes, counters and outbox entry; edges, slots, the tick ledger

local function create_one(command)
  local existing, problem = record.load(command.execution_id)
  if problem and problem ~= 'UNKNOWN_EXECUTION' then return { ok = false, refusal = problem } end
  if existing then
    if command.tick then tick.advance(command) end
    return { ok = true, x = existing, created = false }
  end
  if command.graph_id and graph_id() ~= command.graph_id then return { ok = false, refusal = 'STALE_GRAPH' } end
  local spec = plan.is_complete(command.plan_id) and plan.job(command.plan_id, command.job_id)
  if not spec then return { ok = false, refusal = 'UNKNOWN_PLAN' } end
  if command.tick and not tick.advance(command) then return { ok = false, refusal = 'STALE_TICK' } end
  plan.keep(command.plan_id)
  local x = release.create(command, spec)
  release.settle(x, spec, command.actor)
  return { ok = true, x = x, created = true }
end

function functions.create_execution(args)
  for index = 1, #args do
    reply.results[index] = create_one(cmsgpack.unpack(args[index]))
  end
  release.drain()
  admission.run()
  record.flush()

  for index, result in ipairs(reply.results) do
    local x = result.x
    if x then reply.results[index] = { ok = true, status = x.status, revision = x.revision, created = result.created } end
  end
  return cmsgpack.pack(reply)
end
