-- Notes a remote job that nobody waits for any more, and what cancelling it has come to.
--
-- keys[1]  key prefix of the namespace and cell
-- args     field (chain and stage), generation, JSON of the note
-- Returns  'NOTED', or 'FORGOTTEN' where the job is not recorded any more
-- Writes   remote orphans

function functions.note_remote_orphan(args)
  local recorded = redis.call('HGET', key('remote_jobs'), args[1])
  if not recorded or cmsgpack.unpack(recorded).generation ~= tonumber(args[2]) then return 'FORGOTTEN' end
  redis.call('HSET', key('remote_orphans'), args[1], args[3])
  return 'NOTED'
end
