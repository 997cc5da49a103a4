-- Registers an executor process with what it offers, or changes that. No places: it drains.
--
-- keys[1]  key prefix of the namespace and cell
-- args     executor_id, lease in ms, places, information for people (JSON)
-- Returns  packed { results = {}, admitted, more }
-- Writes   the executor's lease and record; the limit `places`; slots of what is admitted to it

function functions.register_executor(args)
  local executor_id, lease_ms, places, information = args[1], tonumber(args[2]), args[3], args[4]
  redis.call('ZADD', key('executors'), now_ms + lease_ms, executor_id)
  redis.call('HSET', key('executor:' .. executor_id), 'places', places, 'information', information)
  lease.count_places()
  admission.wanted = true
  admission.run()
  record.flush()
  return cmsgpack.pack(reply)
end
