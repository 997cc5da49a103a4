-- Schedules: their next fire time, and the ledger of the ones behind them (Rule 1).

local tick = {}

local LEDGER_LENGTH = 1000

-- Moves a schedule from a fire time to the next and enters the outcome, once: nobody can repeat what the
-- compare-and-set has let through. Returns false when the schedule is not at that fire time.
function tick.advance(command)
  local t = command.tick
  local schedule = key('schedule:' .. t.schedule_id)
  if tonumber(redis.call('HGET', schedule, 'next') or '-1') ~= t.nominal_ms then return false end
  if t.next_ms then
    redis.call('HSET', schedule, 'next', t.next_ms)
    redis.call('ZADD', key('due'), t.next_ms, t.schedule_id)
  else
    redis.call('HDEL', schedule, 'next')
    redis.call('ZREM', key('due'), t.schedule_id)
  end
  redis.call('HSET', schedule, 'last', t.nominal_ms)
  redis.call('HINCRBY', schedule, t.outcome, 1)
  local ledger = key('ticks:' .. t.schedule_id)
  local entry = string.format('%.0f', t.nominal_ms) .. '|' .. t.outcome .. '|' .. (command.execution_id or '')
  redis.call('ZADD', ledger, t.nominal_ms, entry)
  redis.call('ZREMRANGEBYRANK', ledger, 0, -LEDGER_LENGTH - 1)
  return true
end
