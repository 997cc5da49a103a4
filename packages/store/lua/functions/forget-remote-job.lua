-- Forgets a remote job that does not run any more.
--
-- keys[1]  key prefix of the namespace and cell
-- args     field (chain and stage), generation
-- Returns  'FORGOTTEN', or 'SUPERSEDED' where a later generation is recorded
-- Writes   remote jobs, remote orphans

function functions.forget_remote_job(args)
  local recorded = redis.call('HGET', key('remote_jobs'), args[1])
  if recorded and cmsgpack.unpack(recorded).generation > tonumber(args[2]) then return 'SUPERSEDED' end
  redis.call('HDEL', key('remote_jobs'), args[1])
  redis.call('HDEL', key('remote_orphans'), args[1])
  return 'FORGOTTEN'
end
