-- Dead letters: executions that have failed for good (Rule 15; docs/adr/0027-failures.md).
--
-- dead_letters                    the last attempts of their chains, by when they ended
-- dead_letters_of:<fingerprint>   those of one kind of failure
-- dead_letter_groups              fingerprint -> how many
-- dead_letter_expiry              until when each is kept
-- dead_letters_dropped            how many were dropped because there were too many
-- execution_errors                attempts that failed, to be reported
-- withdrawn_dead_letters          those that are none any more, to be taken out of the queue that shows them

dead_letters = {}

-- Takes it off the lists. One whose record cannot be read has no fingerprint, and stays in the list of its kind. Returns whether it was one.
local function strike(execution_id, fingerprint)
  if redis.call('ZREM', key('dead_letters'), execution_id) == 0 then return false end
  redis.call('ZREM', key('dead_letter_expiry'), execution_id)
  redis.call('RPUSH', key('withdrawn_dead_letters'), execution_id)
  if not fingerprint then return true end
  redis.call('ZREM', key('dead_letters_of:' .. fingerprint), execution_id)
  if redis.call('HINCRBY', key('dead_letter_groups'), fingerprint, -1) <= 0 then
    redis.call('HDEL', key('dead_letter_groups'), fingerprint)
  end
  return true
end

function dead_letters.remove(x)
  return strike(x.execution_id, x.fingerprint)
end

function dead_letters.remove_by_id(execution_id)
  local x = record.load(execution_id)
  return strike(execution_id, x and x.fingerprint)
end

local function drop_oldest()
  local oldest = redis.call('ZRANGE', key('dead_letters'), 0, 0)[1]
  dead_letters.remove_by_id(oldest)
  redis.call('INCR', key('dead_letters_dropped'))
end

-- letter: { fingerprint, kept_ms, capacity }
function dead_letters.enter(x, letter)
  x.fingerprint = letter.fingerprint
  redis.call('ZADD', key('dead_letters'), now_ms, x.execution_id)
  redis.call('ZADD', key('dead_letter_expiry'), now_ms + letter.kept_ms, x.execution_id)
  redis.call('ZADD', key('dead_letters_of:' .. letter.fingerprint), now_ms, x.execution_id)
  redis.call('HINCRBY', key('dead_letter_groups'), letter.fingerprint, 1)
  if redis.call('ZCARD', key('dead_letters')) > letter.capacity then drop_oldest() end
end
