-- The ledger of a schedule: what became of each of its fire times (docs/adr/0008-tick-ledger.md).
--
-- ticks:<schedule_id>    list, oldest first, of packed
--                        runs   { outcome, first, last, count, revision, reason, detail }: fire times in a row with one outcome
--                        marks  { 'BEGIN', from, anchor, revision, job_id }: a configuration holds for the times after `from`
--                               { 'END', at, why, job_id }: no longer for those after `at`

ledger = {}

local function ledger_key(schedule_id)
  return key('ticks:' .. schedule_id)
end

local function append(schedule_id, entry)
  local kept = generated.ledger_entries_kept
  local length = damage.write('LEDGER', schedule_id, 'RPUSH', 'ticks:' .. schedule_id, cmsgpack.pack(entry))
  if length > kept then redis.call('LTRIM', ledger_key(schedule_id), -kept, -1) end
end

local function extends(run, earlier)
  return earlier[1] == run[1] and earlier[5] == run[5] and earlier[6] == run[6] and earlier[7] == run[7]
end

-- run: as above, its last two values false where there is nothing to say.
function ledger.enter(schedule_id, run)
  local packed = damage.call('LEDGER', schedule_id, 'LINDEX', 'ticks:' .. schedule_id, -1)
  local readable, earlier = pcall(cmsgpack.unpack, packed or '')
  if not readable or type(earlier) ~= 'table' then earlier = nil end
  if earlier and extends(run, earlier) then
    earlier[3] = run[3]
    earlier[4] = earlier[4] + run[4]
    redis.call('LSET', ledger_key(schedule_id), -1, cmsgpack.pack(earlier))
  else
    append(schedule_id, run)
  end
end

function ledger.begin(schedule_id, from, anchor, revision, job_id)
  append(schedule_id, { 'BEGIN', from, anchor, revision, job_id })
end

function ledger.close(schedule_id, at, why, job_id)
  append(schedule_id, { 'END', at, why, job_id })
end

function ledger.forget(schedule_id)
  redis.call('UNLINK', ledger_key(schedule_id))
end
