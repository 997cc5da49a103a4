-- Moves executions on, one event each, and does everything that belongs to it in the same script:
-- record, indexes, counters, history, outbox, slots, retry, release of dependents, admission of what waits.
-- Without commands it carries on what earlier calls left over.
--
-- KEYS[1]  key prefix of the namespace and cell
-- ARGV[i]  packed command: { event, execution_id, expected_revision?, nonce?, op?, actor, detail?, reason?, result?,
--          executor_id? (CLAIM), retry? = { execution_id, not_before, lost_attempts }, with_record? }
--          op  a repeated call with the same op gets the first answer
-- Returns  packed { results, admitted, more }; a result is { ok = true, status, revision, repeated?, record? } or
--          { ok = false, refusal, status?, revision? }; refusals are those of applyEvent in @phi/core
-- Writes   as above

-- @include lib/generated
-- @include lib/context
-- @include lib/record
-- @include lib/admission
-- @include lib/lease
-- @include lib/run
local transition
-- @include lib/release
-- @include lib/transition

if #ARGV == 0 then
  release.resume()
  admission.wanted = true
end
local touched = {}
local wants_record = {}
for index = 1, #ARGV do
  local command = cmsgpack.unpack(ARGV[index])
  reply.results[index], touched[index] = transition.attempt(command)
  wants_record[index] = command.with_record
end
release.drain()
admission.run()
record.flush()

for index, result in ipairs(reply.results) do
  local x = touched[index]
  if result.x then reply.results[index] = { ok = true, status = x.status, revision = x.revision } end
  if x and wants_record[index] then reply.results[index].record = redis.call('GET', key('x:' .. x.execution_id)) end
end
return cmsgpack.pack(reply)
