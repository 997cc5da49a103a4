-- What was found damaged beside records (docs/adr/0038-damaged-state.md): whoever finds it notes it, and recovery tells of it and
-- mends what a script cannot.
--
-- damaged_state   <kind>|<subject> -> PARTIAL_WRITE, DESERIALIZE_FAIL or CHECKSUM_MISMATCH, and what is lost of it, parted by a bar
--                 kinds and subjects: PLAN of a plan; EDGES of an execution; OUTCOMES, GATHERING and EACH of a job, USED of a job and an edge;
--                 and what is no state of dependencies: WINDOW and JOB of a job, PAUSES, SCHEDULE and LEDGER of a schedule, EXHAUSTED
--
-- The bytes are kept beside those of records, see lib/rebuild.lua.

damage = {}

local KEPT = 100

-- only_reads: for functions that may not write
on_begin(function()
  damage.only_reads = false
end)

local function how(bytes)
  if type(bytes) ~= 'string' then return 'PARTIAL_WRITE' end
  return string.sub(bytes, 1, 1) == '\193' and 'CHECKSUM_MISMATCH' or 'DESERIALIZE_FAIL'
end

-- id: the execution's, or what else the bytes are of
function damage.keep(id, bytes)
  redis.call('LPUSH', key('quarantined_records'), string.format('%s %.0f ', id, now_ms) .. bytes)
  redis.call('LTRIM', key('quarantined_records'), 0, KEPT - 1)
end

-- bytes: as they were found; false where there are none, and what Redis answers where the key is of another type.
-- lost: in words, what nothing else tells
function damage.note(kind, subject, bytes, lost)
  if damage.only_reads then return end
  local name = kind .. '|' .. subject
  if redis.call('HSETNX', key('damaged_state'), name, how(bytes) .. '|' .. (lost or 'nothing')) == 0 then return end
  if type(bytes) == 'string' then damage.keep(name, bytes) end
end

-- Runs a command on a key. One of another type is taken away and its bytes kept. Returns the answer, and whether that was so: then it is
-- as if the key were gone.
function damage.call(kind, subject, command, suffix, ...)
  local answer = redis.pcall(command, key(suffix), ...)
  if type(answer) ~= 'table' or not answer.err then return answer, false end
  if not string.find(answer.err, 'WRONGTYPE', 1, true) then error(answer.err) end
  if not damage.only_reads then
    damage.note(kind, subject, redis.call('DUMP', key(suffix)))
    redis.call('UNLINK', key(suffix))
  end
  return false, true
end

-- The same for a command that writes: where the key was of another type it is written anew.
function damage.write(kind, subject, command, suffix, ...)
  local answer, was_damaged = damage.call(kind, subject, command, suffix, ...)
  return was_damaged and redis.call(command, key(suffix), ...) or answer
end
