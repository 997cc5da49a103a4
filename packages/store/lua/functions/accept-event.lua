-- Accepts an event together with all that it starts, or does nothing.
--
-- keys[1]  key prefix of the namespace and cell
-- args[1]  packed { source, id, event, actor, graph_id?, deliveries = list of { job_id, trigger_id, plan_id, execution_id } }
--          event     the event as JSON text; opaque
--          graph_id  refused as STALE_GRAPH when the registered graph is another by now
-- Returns  packed { results = { answer }, admitted, more }; an answer is { ok = true, outcome, deliveries } with
--          outcome ACCEPTED, DUPLICATE or UNMATCHED and, of an ACCEPTED one, a { state, execution_id } for each delivery, or
--          { ok = false, refusal = UNKNOWN_PLAN | STALE_GRAPH | UPGRADE_REQUIRED | CORRUPT_RECORD }
-- Writes   the executions with all that belongs to them; what was seen; event_counts

local function accept(command)
  if events.is_seen(command) then return events.outcome('DUPLICATE') end
  if command.graph_id ~= (graph_id() or nil) then return { ok = false, refusal = 'STALE_GRAPH' } end
  if #command.deliveries == 0 then return events.outcome('UNMATCHED') end
  local refusal = events.obstacle(command)
  if refusal then return { ok = false, refusal = refusal } end
  local answer = events.outcome('ACCEPTED')
  for index, delivery in ipairs(command.deliveries) do
    answer.deliveries[index] = events.start(command, delivery)
  end
  events.remember(command)
  return answer
end

function functions.accept_event(args)
  reply.results[1] = accept(cmsgpack.unpack(args[1]))
  release.drain()
  admission.run()
  record.flush()
  return cmsgpack.pack(reply)
end
