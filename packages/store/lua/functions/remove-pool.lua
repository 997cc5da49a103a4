-- Forgets a pool with its limits: what runs in it, or waits for it, does so unlimited.
--
-- keys[1]  key prefix of the namespace and cell
-- args     name, graph_id by which no registered job names it, or '' where none is registered
-- Returns  packed { results = { word }, admitted, more }; word is 'REMOVED', 'UNKNOWN', or 'STALE_GRAPH' when another graph is
--          registered by now
-- Writes   limits; slots of what is admitted

function functions.remove_pool(args)
  local name = args[1]
  local known, has_moved
  if args[2] == (plan.graph_id() or '') then
    known, has_moved = limits.remove_pool(name)
    reply.results[1] = known and 'REMOVED' or 'UNKNOWN'
  else
    reply.results[1] = 'STALE_GRAPH'
  end
  if known then admission.pool_changed(name, has_moved) end
  admission.run()
  record.flush()
  return cmsgpack.pack(reply)
end
