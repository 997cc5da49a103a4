-- Lets a running execution give back its place while it waits for a remote module, or takes that back.
--
-- keys[1]  key prefix of the namespace and cell
-- args[1]  packed { execution_id, nonce, waits }
-- Returns  packed { results = { word }, admitted, more }; word is OK, or STALE_FENCE where the nonce is not that of its lease
-- Writes   places and amounts; slots of what is admitted

local function change(command)
  local x = record.load(command.execution_id)
  if not x or x.status ~= 'RUNNING' or x.nonce ~= command.nonce then return 'STALE_FENCE' end
  if command.waits then admission.leave_place(x) else remote.come_back(x) end
  return 'OK'
end

function functions.wait_remotely(args)
  reply.results[1] = change(cmsgpack.unpack(args[1]))
  admission.run()
  record.flush()
  return cmsgpack.pack(reply)
end
