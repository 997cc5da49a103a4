-- Enters the outcome of a fire time that leads to no execution, and moves its schedule on.
--
-- keys[1]  key prefix of the namespace and cell
-- args[1]  packed { tick = { schedule_id, nominal_ms, next_ms?, outcome } }
-- Returns  'RECORDED', or 'STALE_TICK' when the schedule is not at that fire time any more
-- Writes   the schedule and its ledger

function functions.record_tick(args)
  return tick.advance(cmsgpack.unpack(args[1])) and 'RECORDED' or 'STALE_TICK'
end
