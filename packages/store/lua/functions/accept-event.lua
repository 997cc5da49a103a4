-- Accepts an event together with all that it starts, or does nothing.
--
-- keys[1]  key prefix of the namespace and cell
-- args[1]  packed { source, id, event, depth, too_deep?, hold?, capacity?, actor, graph_id?, deliveries = list of
--          { job_id, trigger_id, plan_id, execution_id, window_ms, debounce_ms, waits?, digest } }
--          event     the event as JSON text; opaque
--          graph_id  refused as STALE_GRAPH when the registered graph is another by now
--          capacity  how many may be QUEUED; beyond it refused, unless `hold` lets it join what the triggers hold
--          waits     the trigger's job starts nothing while a chain of it is open
-- Returns  packed { results = { answer }, admitted, more }; an answer is { ok = true, outcome, deliveries } with
--          outcome ACCEPTED, DUPLICATE, UNMATCHED or TOO_DEEP and, of an ACCEPTED one, { state, execution_id? } for each
--          delivery, or { ok = false, refusal = QUEUE_FULL | CONCURRENCY_LIMIT | UNKNOWN_PLAN | STALE_GRAPH | UPGRADE_REQUIRED |
--          CORRUPT_RECORD }; CONCURRENCY_LIMIT where the global limit is full and enforcement_mode is REJECT
-- Writes   the executions with all that belongs to them; what triggers hold; what was seen; event_counts

local function deliver_all(command, manners, room)
  local answer = events.outcome('ACCEPTED')
  local was_held = false
  for index, delivery in ipairs(command.deliveries) do
    local manner = manners[index]
    if manner == 'START' then
      if room < 1 then manner = 'QUEUE_FULL' end
      room = room - 1
    end
    answer.deliveries[index] = events.deliver(command, delivery, manner)
    was_held = was_held or manner == 'QUEUE_FULL'
  end
  if was_held then writes.count('event_counts', 'HELD') end
  events.remember(command)
  return answer
end

local function accept(command)
  if events.is_seen(command) then return events.outcome('DUPLICATE') end
  if command.graph_id ~= (plan.graph_id() or nil) then return { ok = false, refusal = 'STALE_GRAPH' } end
  if #command.deliveries == 0 then return events.outcome('UNMATCHED') end
  if command.too_deep then return events.outcome('TOO_DEEP') end
  local refusal = events.obstacle(command)
  if refusal then return { ok = false, refusal = refusal } end
  local manners, starts = events.manners(command)
  local room = events.room(command.capacity)
  local is_full = starts > room or room < 1 and events.waits_for_room(command)
  if is_full and not command.hold then return { ok = false, refusal = limits.rejects() and 'CONCURRENCY_LIMIT' or 'QUEUE_FULL' } end
  return deliver_all(command, manners, room)
end

function functions.accept_event(args)
  reply.results[1] = accept(cmsgpack.unpack(args[1]))
  release.drain()
  admission.run()
  record.flush()
  return cmsgpack.pack(reply)
end
