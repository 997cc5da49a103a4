-- Enters what a measurer finds exhausted now; what it reported before and does not any more has recovered. Admits what that lets
-- through.
--
-- keys[1]  key prefix of the namespace and cell
-- args     measurer, ms after which it lapses unless it is repeated, packed list of { source, resource_type, code, usage,
--          threshold, actions, reject_below, estimated_recovery_seconds? }
-- Returns  packed { results = {}, admitted, more }
-- Writes   exhausted resources and their counts; slots of what is admitted

function functions.report_exhaustion(args)
  exhaustion.report(args[1], tonumber(args[2]), cmsgpack.unpack(args[3]))
  admission.wanted = true
  admission.run()
  record.flush()
  return cmsgpack.pack(reply)
end
