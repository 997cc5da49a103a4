-- Cuts short the delay of chains that wait for their next attempt, each by any of its attempts.
--
-- keys[1]  key prefix of the namespace and cell
-- args[i]  packed { execution_id, op?, actor, detail? }
--          op  a repeated call with the same op changes nothing; left out: the attempt's id
-- Returns  packed { results, admitted, more }; a result is { ok = true, execution_id, status, repeated }, or { ok = false, refusal = ENDED | OPEN |
--          UNKNOWN_EXECUTION | UPGRADE_REQUIRED | CORRUPT_RECORD, execution_id?, status? }. OPEN: it waits for no delay
-- Writes   the executions, and what their queueing brings with it

function functions.retry_now(args)
  for index = 1, #args do
    reply.results[index] = hurry.chain(cmsgpack.unpack(args[index]))
  end
  release.drain()
  admission.run()
  record.flush()
  return cmsgpack.pack(reply)
end
