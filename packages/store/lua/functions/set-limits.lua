-- Sets concurrency limits (Rules 6 and 7) and admits what a wider one lets through.
--
-- keys[1]  key prefix of the namespace and cell
-- args     pairs of limit and number; an empty number removes the limit.
--          Limits: global, type:<job_type>, pool:<name>, job:<job_id>
-- Returns  packed { results = {}, admitted, more }
-- Writes   limits; slots of what is admitted

function functions.set_limits(args)
  for index = 1, #args, 2 do
    limits.set(args[index], args[index + 1])
    admission.limit_changed(args[index])
  end
  admission.run()
  record.flush()
  return cmsgpack.pack(reply)
end
