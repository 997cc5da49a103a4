-- Moves executions on, one event each, and does everything that belongs to it in the same script:
-- record, indexes, counters, history, outbox, slots, retry, release of dependents, admission of what waits.
-- Without commands it carries on what earlier calls left over.
--
-- keys[1]  key prefix of the namespace and cell
-- args[i]  packed command: { event, execution_id, expected_revision?, nonce?, op?, actor, detail?, reason?, result?,
--          executor_id? (CLAIM), completes? (SUCCEED), retry? = { execution_id, not_before, lost_attempts, handed_over?, crashes?, goes_on? },
--          dead_letter? = { fingerprint, kept_ms, capacity }, failure?, timeout_error? (TIME_OUT, EXPIRE), with_record? }
--          op  a repeated call with the same op gets the first answer
-- Returns  packed { results, admitted, more }, then the packed records that were asked for, in the order of the
--          results that have `record`. A result is { ok = true, status, revision, repeated?, record? } or
--          { ok = false, refusal, status?, revision? }; refusals are those of applyEvent in @phi/core
-- Writes   as above

function functions.transition_execution(args)
  if #args == 0 then
    release.resume()
    admission.resume()
  end
  local touched = {}
  local wants_record = {}
  local completes = {}
  for index = 1, #args do
    local command = cmsgpack.unpack(args[index])
    reply.results[index], touched[index] = transition.attempt(command)
    wants_record[index] = command.with_record
    completes[index] = command.completes or command.event == 'COMPLETE'
  end
  release.drain()
  admission.run()
  record.flush()

  local records = {}
  for index, result in ipairs(reply.results) do
    local x = touched[index]
    -- The last batch of a release may have completed it since.
    if completes[index] and result.ok and not result.repeated then
      result.status, result.revision = x.status, x.revision
    end
    if x and wants_record[index] then
      result.record = true
      records[#records + 1] = record.packed(x)
    end
    reply.results[index] = result
  end
  return { cmsgpack.pack(reply), unpack(records) }
end
