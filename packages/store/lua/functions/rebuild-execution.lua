-- Makes the record of an execution anew that cannot be read, and goes on from there: see lib/rebuild.lua.
--
-- keys[1]  key prefix of the namespace and cell
-- args[1]  packed RebuildCommand of @phi/core
-- Returns  packed { results = { RebuildResult }, admitted, more }; READABLE where somebody else was first
-- Writes   the record, its indexes, slots, retry, release of dependents; the bytes that were found

function functions.rebuild_execution(args)
  reply.results[1] = rebuild.one(cmsgpack.unpack(args[1]))
  release.drain()
  admission.run()
  record.flush()
  return cmsgpack.pack(reply)
end
