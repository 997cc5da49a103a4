-- Events: which were accepted, and what they start (docs/adr/0010-events.md).
--
-- seen:<key>      an accepted event, by what follows from its source and id
-- event_counts    what became of events, by outcome

local events = {}

local SEEN_SECONDS = 604800

local function seen_key(command)
  return key('seen:' .. derive_id('event', command.source, command.id))
end

function events.is_seen(command)
  return redis.call('EXISTS', seen_key(command)) == 1
end

function events.remember(command)
  redis.call('SET', seen_key(command), '1', 'EX', SEEN_SECONDS)
end

-- Returns the answer of an event that nothing else is to be said about.
function events.outcome(word)
  writes.count('event_counts', word)
  return { ok = true, outcome = word, deliveries = {} }
end

-- Returns why the deliveries of an event cannot all be made, or nil.
function events.obstacle(command)
  for _, delivery in ipairs(command.deliveries) do
    if not plan.is_complete(delivery.plan_id) then return 'UNKNOWN_PLAN' end
    local _, problem = record.load(delivery.execution_id)
    if problem and problem ~= 'UNKNOWN_EXECUTION' then return problem end
  end
end

-- Starts the execution of an immediate trigger.
function events.start(command, delivery)
  creation.one({
    execution_id = delivery.execution_id, run_id = delivery.execution_id, plan_id = delivery.plan_id,
    job_id = delivery.job_id, trigger_type = 'EVENT', trigger_id = delivery.trigger_id,
    parameters = '{"events":[' .. command.event .. ']}', actor = command.actor,
  })
  return { state = 'STARTED', execution_id = delivery.execution_id }
end
