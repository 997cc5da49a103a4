-- Registers an executor process with what it offers, or changes that. No places: it drains.
--
-- keys[1]  key prefix of the namespace and cell
-- args     executor_id, lease in ms, packed { places, pools, amounts, information }
--          pools        the pools it serves, with commas; empty for all that are not dedicated
--          amounts      what it has, see lib/amounts.lua
--          information  for people, JSON
-- Returns  packed { results = {}, admitted, more }
-- Writes   the executor's lease and record; the limits `places`; slots of what is admitted; what was placed on it and does not
--          fit any more is placed elsewhere or goes back to its lane

function functions.register_executor(args)
  lease.register(args[1], now_ms + tonumber(args[2]), cmsgpack.unpack(args[3]))
  admission.run()
  record.flush()
  return cmsgpack.pack(reply)
end
