-- Schedules: the fire time that each stands at, and what settles it (Rule 1; docs/adr/0008-tick-ledger.md).
--
-- due                      schedules with a fire time to come, by when to look at them
-- schedules                every schedule that was ever in force
-- schedules_held           those that are held, by when they were last tried
-- schedules_invalid        schedule_id -> why, of those that cannot be evaluated
-- schedule:<schedule_id>   job_id, digest, revision: the configuration in force
--                          anchor  when it began to hold, or the last one ceased to
--                          next    the earliest fire time that is not settled; last: the latest that is
--                          rev     counts what makes a decision about `next` stale: changes, pauses
--                          pauses  sealed list of { from, until or false }; those with nothing to settle are gone
--                          held    why `next` could not be settled when it was tried
--                          invalid why it cannot be evaluated any more; invalid_digest: what it was then
--                          swept   how far its ledger was verified; only the sweep writes it
--                          and a count for each outcome

tick = {}

-- What is held is tried again after this long.
local HELD_MS = 1000
-- What cannot be settled at all, such as one whose execution's record cannot be read.
local STUCK_MS = 60000

local function schedule_key(schedule_id)
  return key('schedule:' .. schedule_id)
end

-- Whether a schedule stands where the tick says, under the configuration and pauses that it was decided by.
function tick.is_at(t)
  local at = redis.call('HMGET', schedule_key(t.schedule_id), 'next', 'rev')
  return tonumber(at[1] or '-1') == t.first_ms and tonumber(at[2] or '0') == t.rev
end

function tick.stand_at(schedule_id, next_ms)
  if next_ms then
    redis.call('HSET', schedule_key(schedule_id), 'next', next_ms)
    redis.call('ZADD', key('due'), next_ms, schedule_id)
  else
    redis.call('HDEL', schedule_key(schedule_id), 'next')
    redis.call('ZREM', key('due'), schedule_id)
  end
end

local function let_go(schedule_id)
  if redis.call('HDEL', schedule_key(schedule_id), 'held') == 1 then redis.call('ZREM', key('schedules_held'), schedule_id) end
end

local function forget_invalid(schedule_id)
  redis.call('HDEL', schedule_key(schedule_id), 'invalid', 'invalid_digest')
  redis.call('HDEL', key('schedules_invalid'), schedule_id)
end

-- The pauses of a schedule that are still to be settled. Where they cannot be read it is paused from the last settled fire time on: nothing
-- fires that was not to, and whoever is told resumes it.
function tick.pauses(schedule_id)
  local schedule = schedule_key(schedule_id)
  local packed = redis.call('HGET', schedule, 'pauses')
  local pauses = sealed.unpack(packed)
  if pauses or not packed then return pauses or {} end
  damage.note('PAUSES', schedule_id, packed, 'when it was paused: it is paused now, and has to be resumed')
  pauses = { { tonumber(redis.call('HGET', schedule, 'last') or redis.call('HGET', schedule, 'anchor') or 0), false } }
  redis.call('HSET', schedule, 'pauses', sealed.pack(pauses))
  redis.call('HINCRBY', schedule, 'rev', 1)
  return pauses
end

-- Forgets the pauses in which nothing is left to settle.
local function prune_pauses(schedule_id, last_ms)
  local pauses = tick.pauses(schedule_id)
  if #pauses == 0 then return end
  local kept = {}
  for _, pause in ipairs(pauses) do
    if not pause[2] or pause[2] > last_ms then kept[#kept + 1] = pause end
  end
  if #kept == 0 then redis.call('HDEL', schedule_key(schedule_id), 'pauses')
  else redis.call('HSET', schedule_key(schedule_id), 'pauses', sealed.pack(kept)) end
end

-- Moves a schedule on from the fire times of a tick, and enters what became of them. The caller has seen `is_at`.
-- outcome, reason: what the tick says, unless it came to something else meanwhile
function tick.settle(t, outcome, reason, detail)
  local schedule = schedule_key(t.schedule_id)
  tick.stand_at(t.schedule_id, t.next_ms)
  redis.call('HSET', schedule, 'last', t.last_ms)
  let_go(t.schedule_id)
  redis.call('HINCRBY', schedule, outcome, t.count)
  prune_pauses(t.schedule_id, t.last_ms)
  local revision = tonumber(redis.call('HGET', schedule, 'revision') or '0')
  ledger.enter(t.schedule_id, { outcome, t.first_ms, t.last_ms, t.count, revision, reason or false, detail or false })
end

-- Leaves a schedule where it stands, to be looked at again later.
function tick.hold(t, reason)
  redis.call('HSET', schedule_key(t.schedule_id), 'held', reason)
  redis.call('ZADD', key('schedules_held'), now_ms, t.schedule_id)
  redis.call('ZADD', key('due'), now_ms + HELD_MS, t.schedule_id)
end

function tick.postpone(t)
  if tick.is_at(t) then redis.call('ZADD', key('due'), now_ms + STUCK_MS, t.schedule_id) end
end

-- Whether every fire time up to an instant is settled, and none after it.
function tick.is_settled_at(schedule_id, at_ms)
  local at = redis.call('HMGET', schedule_key(schedule_id), 'next', 'last')
  return (not at[1] or tonumber(at[1]) > at_ms) and (not at[2] or tonumber(at[2]) <= at_ms)
end

-- Puts a configuration in force for the fire times after an instant.
-- schedule: { schedule_id, digest, next_ms?, from_ms }
function tick.begin(schedule, job_id, revision)
  redis.call('HSET', schedule_key(schedule.schedule_id), 'job_id', job_id, 'digest', schedule.digest, 'revision', revision,
    'anchor', schedule.from_ms)
  redis.call('SADD', key('schedules'), schedule.schedule_id)
  let_go(schedule.schedule_id)
  forget_invalid(schedule.schedule_id)
  redis.call('HINCRBY', schedule_key(schedule.schedule_id), 'rev', 1)
  ledger.begin(schedule.schedule_id, schedule.from_ms, schedule.from_ms, revision, job_id)
  tick.stand_at(schedule.schedule_id, schedule.next_ms)
end

-- Takes the configuration out of force, if there is one.
function tick.close(schedule_id, at_ms, why)
  forget_invalid(schedule_id)
  if redis.call('HDEL', schedule_key(schedule_id), 'digest') == 0 then return end
  let_go(schedule_id)
  redis.call('HSET', schedule_key(schedule_id), 'anchor', at_ms)
  redis.call('HINCRBY', schedule_key(schedule_id), 'rev', 1)
  ledger.close(schedule_id, at_ms, why, redis.call('HGET', schedule_key(schedule_id), 'job_id'))
  tick.stand_at(schedule_id, nil)
end

-- Forgets a schedule that has been out of force since before an instant, with its ledger. Returns whether it did.
function tick.forget(schedule_id, before_ms)
  local schedule = schedule_key(schedule_id)
  local at = redis.call('HMGET', schedule, 'digest', 'anchor', 'next', 'invalid', 'pauses')
  if at[1] or at[3] or at[4] or at[5] or tonumber(at[2] or '0') >= before_ms then return false end
  redis.call('UNLINK', schedule)
  ledger.forget(schedule_id)
  redis.call('SREM', key('schedules'), schedule_id)
  redis.call('HDEL', key('ledger_holes'), schedule_id)
  return true
end

-- Takes a configuration that cannot be evaluated out of force. digest: its own
function tick.invalidate(schedule_id, at_ms, digest, reason)
  tick.close(schedule_id, at_ms, reason)
  redis.call('HSET', schedule_key(schedule_id), 'invalid', reason, 'invalid_digest', digest)
  redis.call('HSET', key('schedules_invalid'), schedule_id, reason)
end
