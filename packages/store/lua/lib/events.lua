-- Events: which were accepted, and what they lead to (docs/adr/0010-events.md).
--
-- seen:<key>      an accepted event, by what follows from its source and id
-- event_counts    what became of events: by outcome, and HELD where a full queue kept one from starting an execution
-- published       datasets to be made events of, each <execution_id>|<dataset>, in order of completion

events = {}

local SEEN_SECONDS = 604800
-- What more an event starts stands in a list and is due at once: bounds how long the script keeps Redis from others.
local STARTS_AT_ONCE = 100

-- Whether a chain of a job is open, for triggers of jobs that skip if running (Rule 3).
function events.is_busy(job_id)
  return redis.call('ZCARD', key('open:' .. job_id)) > 0
end

-- How many executions may be queued still.
function events.room(capacity)
  if not capacity then return math.huge end
  local room = capacity - admission.count_queued()
  return limits.shared().rejects and math.min(room, limits.global_room()) or room
end

-- Whether the job that an event would start is refused now for its priority: the event is held until that is over.
function events.is_rejected(of)
  local spec = of.plan_id and plan.job(of.plan_id, of.job_id)
  return spec and exhaustion.rejects(spec.priority) ~= nil
end

-- Where an execution of such a job waits its turn if it has to after all: events are never skipped.
function events.line_of(of)
  return of.waits and 'job:' .. of.job_id or nil
end

local function seen_key(command)
  return key('seen:' .. derive_id('event', command.source, command.id))
end

function events.is_seen(command)
  return redis.call('EXISTS', seen_key(command)) == 1
end

function events.remember(command)
  redis.call('SET', seen_key(command), '1', 'EX', SEEN_SECONDS)
end

-- Returns the answer of an event of which that is all there is to say.
function events.outcome(word)
  writes.count('event_counts', word)
  return { ok = true, outcome = word, deliveries = {} }
end

-- Returns why the deliveries of an event cannot all be made, or nil.
function events.obstacle(command)
  for _, delivery in ipairs(command.deliveries) do
    local is_planned = plan.is_complete(delivery.plan_id) and plan.job(delivery.plan_id, delivery.job_id)
    if not is_planned then return 'UNKNOWN_PLAN' end
    local _, problem = record.load(delivery.execution_id)
    if problem and problem ~= 'UNKNOWN_EXECUTION' then return problem end
  end
end

-- Returns START where an event starts an execution by itself, else why it joins what the trigger holds.
-- taken: jobs that skip if running and for which this call starts one
local function manner_of(delivery, taken)
  if record.load(delivery.execution_id) then return 'START' end
  local name = batch.name(delivery)
  if delivery.window_ms > 0 or not batch.is_empty(name) or not batch.is_rested(name, delivery.debounce_ms) then return 'BATCH' end
  if events.is_rejected(delivery) then return 'QUEUE_FULL' end
  if not delivery.waits then return 'START' end
  if taken[delivery.job_id] or events.is_busy(delivery.job_id) then return 'BUSY' end
  taken[delivery.job_id] = true
  return 'START'
end

-- Whether an event would wait behind others for nothing but room in the queue: a caller is told rather than let wait without an end.
function events.waits_for_room(command)
  for _, delivery in ipairs(command.deliveries) do
    local name = batch.name(delivery)
    local is_alone = delivery.window_ms == 0 and not delivery.waits and batch.is_rested(name, delivery.debounce_ms)
    if is_alone and not batch.is_empty(name) then return true end
  end
  return false
end

-- Returns the manner of each delivery, and how many executions that is.
function events.manners(command)
  local manners, taken, starts = {}, {}, 0
  for index, delivery in ipairs(command.deliveries) do
    local manner = manner_of(delivery, taken)
    if manner == 'START' then
      starts = starts + 1
      if starts > STARTS_AT_ONCE then manner = 'BATCH' end
    end
    manners[index] = manner
  end
  return manners, math.min(starts, STARTS_AT_ONCE)
end

local function start(command, delivery)
  batch.note_start(batch.name(delivery), delivery.debounce_ms)
  create.one({
    execution_id = delivery.execution_id, run_id = delivery.execution_id, plan_id = delivery.plan_id,
    job_id = delivery.job_id, trigger_type = 'EVENT', trigger_id = delivery.trigger_id,
    parameters = '{"events":[' .. command.event .. ']}', line = events.line_of(delivery), depth = command.depth,
    actor = command.actor, is_accepted = true,
  })
  return { state = 'STARTED', execution_id = delivery.execution_id }
end

-- Gives an event to a trigger. manner: as above, or QUEUE_FULL
function events.deliver(command, delivery, manner)
  if manner == 'START' then return start(command, delivery) end
  batch.append(delivery, command.event, command.depth, manner)
  return { state = manner == 'QUEUE_FULL' and 'HELD' or 'BATCHED' }
end

-- Whether a registration changes a trigger that holds events: one that is not registered again as it was.
function events.are_unsettled(command)
  if redis.call('EXISTS', key('triggers_due')) == 0 then return false end
  for _, job_id in ipairs(command.removed) do
    if redis.call('EXISTS', key('holding:' .. job_id)) == 1 then return true end
  end
  for _, job in ipairs(command.jobs) do
    local kept = {}
    for _, trigger in ipairs(job.triggers or {}) do
      kept[trigger.trigger_id] = trigger.digest
    end
    local holding = redis.call('HGETALL', key('holding:' .. job.job_id))
    for index = 1, #holding, 2 do
      if kept[holding[index]] ~= holding[index + 1] then return true end
    end
  end
  return false
end

function events.has_published(x, dataset)
  for _, published in ipairs(x.published or {}) do
    if published == dataset then return true end
  end
  return false
end

function events.publish(x, dataset)
  redis.call('RPUSH', key('published'), x.execution_id .. '|' .. dataset)
end

-- For a chain that has its outcome; a COMPLETED one publishes the datasets of its job.
function events.chain_ended(x, completed)
  batch.chain_ended(x.job_id)
  local spec = completed and plan.of(x)
  for _, dataset in ipairs(spec and spec.produces or {}) do
    if not events.has_published(x, dataset) then events.publish(x, dataset) end
  end
end
