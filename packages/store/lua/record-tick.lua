-- Enters the outcome of a fire time that leads to no execution, and moves its schedule on.
--
-- KEYS[1]  key prefix of the namespace and cell
-- ARGV[1]  packed { tick = { schedule_id, nominal_ms, next_ms?, outcome } }
-- Returns  'RECORDED', or 'STALE_TICK' when the schedule is not at that fire time any more
-- Writes   the schedule and its ledger

-- @include lib/generated
-- @include lib/context
-- @include lib/tick

return tick.advance(cmsgpack.unpack(ARGV[1])) and 'RECORDED' or 'STALE_TICK'
