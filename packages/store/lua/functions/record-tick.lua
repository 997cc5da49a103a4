-- Enters the outcome of a fire time that leads to no execution, and moves its schedule on.
--
-- keys[1]  key prefix of the namespace and cell
-- args[1]  packed { graph_id?, tick = { schedule_id, nominal_ms, next_ms?, outcome } }
-- Returns  'RECORDED', 'STALE_TICK' when the schedule is not at that fire time any more, or 'STALE_GRAPH' when the
--          registered graph is another by now
-- Writes   the schedule and its ledger

function functions.record_tick(args)
  local command = cmsgpack.unpack(args[1])
  if command.graph_id and command.graph_id ~= graph_id() then return 'STALE_GRAPH' end
  return tick.advance(command) and 'RECORDED' or 'STALE_TICK'
end
