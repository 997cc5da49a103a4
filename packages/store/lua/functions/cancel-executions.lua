-- Cancels chains of executions, each by any of its attempts (Rule 16).
--
-- keys[1]  key prefix of the namespace and cell
-- args[i]  packed { execution_id, actor, reason, detail?, op?, cascade? = NONE | IMMEDIATE_DEPENDENTS | ALL_DOWNSTREAM }
--          cascade  what becomes of dependents within the run; left out: as the job has it
-- Returns  packed { results, admitted, more }; a result is { ok = true, execution_id, status }, CANCELLED or, asked to stop,
--          RUNNING; or { ok = false, refusal = ENDED | COMMITTED | UNKNOWN_EXECUTION | UPGRADE_REQUIRED | CORRUPT_RECORD,
--          execution_id?, status? }. COMMITTED: its result is recorded, and it is COMPLETING
-- Writes   the executions and all that follows from their end; what executors are asked to stop

function functions.cancel_executions(args)
  for index = 1, #args do
    reply.results[index] = cancel.chain(cmsgpack.unpack(args[index]))
  end
  release.drain()
  admission.run()
  record.flush()
  return cmsgpack.pack(reply)
end
