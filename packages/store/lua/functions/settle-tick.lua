-- Settles fire times that lead to no execution, and moves their schedule on.
--
-- keys[1]  key prefix of the namespace and cell
-- args[1]  packed { graph_id?, tick = { schedule_id, first_ms, last_ms, count, next_ms?, rev, outcome, reason? } }
-- Returns  'SETTLED'; 'STALE_TICK' when the schedule does not stand at that fire time any more, or was changed or paused since;
--          'STALE_GRAPH' when the registered graph is another by now
-- Writes   the schedule and its ledger

function functions.settle_tick(args)
  local command = cmsgpack.unpack(args[1])
  if command.graph_id and command.graph_id ~= plan.graph_id() then return 'STALE_GRAPH' end
  if not tick.is_at(command.tick) then return 'STALE_TICK' end
  tick.settle(command.tick, command.tick.outcome, command.tick.reason)
  return 'SETTLED'
end
