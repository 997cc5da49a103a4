-- Opens a new pass of a run: runs some of its jobs again, and what comes after them and has not run.
--
-- keys[1]  key prefix of the namespace and cell
-- args[1]  packed { run_id, expected_pass, op, roots = list of { execution_id }, members = list of job_id, actor, detail?, capacity?, plan_id? }
--          roots    the chains to run again, each by any of its attempts
--          plan_id  the plan that they go by; left out: the one of each chain
--          members  every job that the pass runs again, the roots included
-- Returns  packed { results = { result }, admitted, more, conditions }; the result is { ok = true, pass, repeated } or { ok = false, refusal =
--          STALE_PASS | OPEN | QUEUE_FULL | EXHAUSTED (with its code as reason) | UNKNOWN_PLAN | UNKNOWN_EXECUTION | UPGRADE_REQUIRED | CORRUPT_RECORD }. STALE_PASS: another pass
--          was opened since; OPEN: a chain to be run again has not ended
-- Writes   the executions and all that follows from them, the run, the pass

function functions.rerun_run(args)
  reply.results[1] = pass.open(cmsgpack.unpack(args[1]))
  release.drain()
  admission.run()
  record.flush()
  return cmsgpack.pack(reply)
end
