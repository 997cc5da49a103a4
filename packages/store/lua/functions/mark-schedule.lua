-- Marks a schedule that cannot be evaluated as invalid, or puts it in force again.
--
-- keys[1]  key prefix of the namespace and cell
-- args     'invalid', schedule_id, rev, reason; or 'valid', schedule_id, rev, from_ms, next_ms or ''
--          rev      of the schedule when it was read
--          from_ms  it holds for the fire times after this instant
-- Returns  'MARKED', or 'STALE_TICK' when it was changed since
-- Writes   the schedule and its ledger

local function read_schedule(schedule_id)
  return redis.call('HMGET', key('schedule:' .. schedule_id), 'rev', 'last', 'digest', 'job_id', 'revision', 'invalid_digest',
    'anchor')
end

function functions.mark_schedule(args)
  local how, schedule_id, rev = args[1], args[2], tonumber(args[3])
  local stored_rev, last, digest, job_id, revision, invalid_digest, anchor = unpack(read_schedule(schedule_id))
  if tonumber(stored_rev or '0') ~= rev then return 'STALE_TICK' end
  if how == 'invalid' then
    if not digest then return 'STALE_TICK' end
    tick.invalidate(schedule_id, math.max(tonumber(last or '0'), tonumber(anchor)), digest, args[4])
  else
    if not invalid_digest then return 'STALE_TICK' end
    local from_ms, next_ms = tonumber(args[4]), tonumber(args[5])
    tick.begin({ schedule_id = schedule_id, digest = invalid_digest, from_ms = from_ms, next_ms = next_ms }, job_id,
      tonumber(revision))
  end
  return 'MARKED'
end
