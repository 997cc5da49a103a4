-- Saves a checkpoint of a running execution for the attempts after it, in the slot that is not to be kept.
--
-- keys[1]  key prefix of the namespace and cell
-- args     execution_id, nonce of its lease, sequence of the last good checkpoint (0: none), stage, bytes and sha256 of the state, the
--          state (opaque), seconds to keep it
-- Returns  the sequence of what was saved, or 'STALE_FENCE' when the execution does not run under that lease
-- Writes   checkpoints:<chain_id>, see lib/checkpoints.lua; the record

-- The slot to be written over: the other one than that of the last good checkpoint, else the older.
local function slot_beside(x, good)
  local first, second = checkpoints.sequences(x)
  if good > 0 and good == first then return '1.' end
  if good > 0 and good == second then return '0.' end
  return first <= second and '0.' or '1.'
end

function functions.save_checkpoint(args)
  local execution_id, nonce, good, stage, bytes, sha256, state, kept_seconds = unpack(args)
  local x = record.load(execution_id)
  if not x or x.status ~= 'RUNNING' or x.nonce ~= nonce then return 'STALE_FENCE' end
  local name = checkpoints.key_of(x)
  local slot = slot_beside(x, tonumber(good))
  -- The record hands it on from attempt to attempt: it never goes back, whatever became of the slots.
  x.checkpoint = (x.checkpoint or 0) + 1
  local sequence = string.format('%d', x.checkpoint)
  redis.call('HSET', name, slot .. 'sequence', sequence, slot .. 'execution_id', x.execution_id, slot .. 'attempt_number', x.attempt_number,
    slot .. 'fence', string.format('%.0f', x.fence), slot .. 'stage', stage, slot .. 'time', string.format('%.0f', now_ms),
    slot .. 'bytes', bytes, slot .. 'sha256', sha256, slot .. 'state', state)
  redis.call('EXPIRE', name, kept_seconds)
  record.touch(x)
  record.flush()
  return sequence
end
