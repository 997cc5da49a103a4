-- Adds to the history of a running execution what is no transition.
--
-- keys[1]  key prefix of the namespace and cell
-- args[1]  packed { execution_id, nonce, note, op, actor, detail }
--          op  a repeated call with the same op changes nothing
-- Returns  'NOTED', or 'STALE_FENCE' when the execution does not run under that lease
-- Writes   the record

function functions.note_execution(args)
  local command = cmsgpack.unpack(args[1])
  local x = record.load(command.execution_id)
  if not x or x.status ~= 'RUNNING' or x.nonce ~= command.nonce then return 'STALE_FENCE' end
  record.note(x, command)
  record.flush()
  return 'NOTED'
end
