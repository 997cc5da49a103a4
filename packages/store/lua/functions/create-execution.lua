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

function functions.create_execution(args)
  for index = 1, #args do
    reply.results[index] = creation.one(cmsgpack.unpack(args[index]))
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
