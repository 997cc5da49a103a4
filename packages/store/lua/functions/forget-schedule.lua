-- Forgets a schedule that has been out of force for long, with its ledger.
--
-- keys[1]  key prefix of the namespace and cell
-- args     schedule_id, and the instant before which it must have ceased to hold, epoch milliseconds
-- Returns  1, or 0 where it is in force or ceased to be later
-- Writes   the schedule, its ledger

function functions.forget_schedule(args)
  return tick.forget(args[1], tonumber(args[2])) and 1 or 0
end
