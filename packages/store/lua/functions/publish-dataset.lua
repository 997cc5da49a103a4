-- Makes known that a running execution has published a dataset: to those who wait for its data, and as an event.
--
-- keys[1]  key prefix of the namespace and cell
-- args[1]  packed { execution_id, nonce, dataset }
-- Returns  packed { results = { word }, admitted, more, conditions }; word is PUBLISHED; REPEATED where the chain has published it before;
--          NOT_PRODUCED where the job does not say that it produces it; UNREADABLE where its plan cannot
--          be read for now; or STALE_FENCE where the nonce is not that of its lease
-- Writes   the record, the outbox; what follows for dependents

local function publish(command)
  local x = record.load(command.execution_id)
  if not x or x.status ~= 'RUNNING' or x.nonce ~= command.nonce then return 'STALE_FENCE' end
  if events.has_published(x, command.dataset) then return 'REPEATED' end
  if not release.can_tell(x) then return 'UNREADABLE' end
  local is_produced = false
  for _, dataset in ipairs(plan.produced_by(x)) do
    is_produced = is_produced or dataset == command.dataset
  end
  if not is_produced then return 'NOT_PRODUCED' end
  x.published = x.published or {}
  x.published[#x.published + 1] = command.dataset
  record.touch(x)
  events.publish(x, command.dataset)
  release.publish(x, command.dataset)
  return 'PUBLISHED'
end

function functions.publish_dataset(args)
  reply.results[1] = publish(cmsgpack.unpack(args[1]))
  release.drain()
  admission.run()
  record.flush()
  return cmsgpack.pack(reply)
end
