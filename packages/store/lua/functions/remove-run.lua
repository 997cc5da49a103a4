-- Removes a run that has ended, with all its executions and what belongs to them: at most 100 of them at once.
--
-- keys[1]  key prefix of the namespace and cell
-- args[1]  run_id
-- Returns  packed { results = { { removed, more } or { refusal } } }; refusal is OPEN: something of it has not ended; DEAD_LETTER: one
--          of its executions is one; OFFERED: executions that are still to come may take an outcome of it; CORRUPT_RECORD |
--          UPGRADE_REQUIRED: one of its records cannot be read
-- Writes   the run, its executions, their indexes

function functions.remove_run(args)
  reply.results[1] = history.remove_run(args[1])
  return cmsgpack.pack(reply)
end
