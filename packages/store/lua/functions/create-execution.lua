-- Creates executions, PENDING, and queues those that wait for nothing.
--
-- keys[1]  key prefix of the namespace and cell
-- args[i]  packed command: { execution_id, plan_id, job_id, run_id, trigger_type, trigger_id, scheduled_time?,
--          parameters?, manual?, propagate?, ignore_dependencies?, line?, actor, graph_id?, capacity?, tick? }
--          line      where it waits its turn: job:<job_id> or catchup:<schedule_id>
--          graph_id  refused as STALE_GRAPH when the registered graph is another by now
--          capacity  refused as QUEUE_FULL when so many are queued; a fire time is held then
--          tick      { schedule_id, first_ms, last_ms, count = 1, next_ms?, rev, outcome, reason?, skip_if_running? }: the fire
--                    time this execution answers; refused as STALE_TICK when the schedule does not stand there any more, and
--                    as SKIPPED_RUNNING, settled, when another execution of the job is open and it skips then
--          With a capacity, refused as EXHAUSTED while an emergency action keeps it out; a fire time is held then, or settled as
--          REJECTED
-- Returns  packed { results, admitted, more }; a result is { ok = true, status, revision, created } or
--          { ok = false, refusal = UNKNOWN_PLAN | STALE_GRAPH | STALE_TICK | SKIPPED_RUNNING | EXHAUSTED | REJECTED | QUEUE_FULL |
--          CONCURRENCY_LIMIT | UPGRADE_REQUIRED | CORRUPT_RECORD, reason = error code of EXHAUSTED and REJECTED }; CONCURRENCY_LIMIT, its
--          fire time settled as REJECTED, where the global limit is full and enforcement_mode is REJECT
-- Writes   the record with its indexes, counters and outbox entry; edges, slots, the schedule and its ledger

function functions.create_execution(args)
  for index = 1, #args do
    reply.results[index] = create.one(cmsgpack.unpack(args[index]))
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
