-- Starts one execution from the events that a trigger holds: at most 1,000 of them, inline as many as fit in 192 KiB.
--
-- keys[1]  key prefix of the namespace and cell
-- args[1]  packed { job_id, trigger_id, plan_id?, graph_id?, flush?, waits?, capacity?, force?, actor }
--          plan_id   absent where the job is not registered any more: the one that its events were accepted under
--          graph_id  refused as STALE_GRAPH when the registered graph is another by now
--          flush     how many flushes there were; refused as STALE_FLUSH when there were others
--          waits, capacity  as in accept-event.lua
--          force     whether due or not, busy or full: the trigger is about to change
-- Returns  packed { results = { answer }, admitted, more }; an answer is { ok = true, execution_id, events, rest } or
--          { ok = false, refusal = STALE_FLUSH | EMPTY | NOT_DUE | BUSY | EXHAUSTED | QUEUE_FULL | STALE_GRAPH |
--          UNKNOWN_PLAN }
-- Writes   the execution with all that belongs to it; what the trigger holds, and when it is due again

function functions.flush_trigger(args)
  reply.results[1] = batch.flush(cmsgpack.unpack(args[1]))
  release.drain()
  admission.run()
  record.flush()
  return cmsgpack.pack(reply)
end
