-- Registers an executor process with what it offers, or changes that. No places: it drains.
--
-- keys[1]  key prefix of the namespace and cell
-- args     executor_id, lease in ms, packed { places, pools, amounts, information }, 'again' where it is registered already: one whose
--          lease was taken back meanwhile is not put on the list again
--          pools        the pools it serves, with commas; empty for all that are not dedicated
--          amounts      what it has, see lib/amounts.lua
--          information  for people, JSON
-- Returns  packed { results = {}, admitted, more }
-- Writes   the executor's lease and record; the limits `places`; slots of what is admitted; what was placed on it and does not
--          fit any more is placed elsewhere or goes back to its lane

function functions.register_executor(args)
  if args[4] == 'again' and not redis.call('ZSCORE', key('executors'), args[1]) then return cmsgpack.pack(reply) end
  lease.register(args[1], now_ms + tonumber(args[2]), cmsgpack.unpack(args[3]))
  admission.run()
  record.flush()
  return cmsgpack.pack(reply)
end
