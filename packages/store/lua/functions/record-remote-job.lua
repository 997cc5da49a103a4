-- Records a job that is about to be submitted to a remote module, or what is known of it since.
--
-- keys[1]  key prefix of the namespace and cell
-- args     field (chain and stage), generation, JSON of the job
-- Returns  'RECORDED', or 'SUPERSEDED' where a later generation is recorded
-- Writes   remote jobs

function functions.record_remote_job(args)
  local recorded = redis.call('HGET', key('remote_jobs'), args[1])
  local entry = recorded and cmsgpack.unpack(recorded)
  if entry and entry.generation > tonumber(args[2]) then return 'SUPERSEDED' end
  local same = entry and entry.generation == tonumber(args[2])
  local since = same and entry.since or now_ms
  redis.call(
    'HSET', key('remote_jobs'), args[1],
    cmsgpack.pack({ generation = tonumber(args[2]), since = since, job = args[3] })
  )
  return 'RECORDED'
end
