-- Keeps a redrive, compared and set.
--
-- keys[1]  key prefix of the namespace and cell
-- args     redrive_id; revision that it is to have, 1 for a new one; created time; selector; 'open' or 'ended'; JSON text
-- Returns  'SAVED'; 'STALE' where its revision is not the one before; of a new one also the id of the redrive that is open for the selector
-- Writes   redrive:<redrive_id>  revision, redrive (the JSON text); kept for 30 days once it has ended
--          redrives              redrive_id, by creation
--          redrives_open         selector -> the redrive that is open for it

local KEPT_SECONDS = 2592000

function functions.save_redrive(args)
  local redrive_id, revision, created, selector, how, text = unpack(args)
  local name = key('redrive:' .. redrive_id)
  local known = tonumber(redis.call('HGET', name, 'revision') or 0)
  if known ~= tonumber(revision) - 1 then return 'STALE' end
  local open = redis.call('HGET', key('redrives_open'), selector)
  if known == 0 and open then return open end
  redis.call('HSET', name, 'revision', revision, 'redrive', text)
  if known == 0 then
    redis.call('ZREMRANGEBYSCORE', key('redrives'), '-inf', now_ms - KEPT_SECONDS * 1000)
    redis.call('ZADD', key('redrives'), created, redrive_id)
  end
  if how == 'open' then redis.call('HSET', key('redrives_open'), selector, redrive_id)
  else
    if open == redrive_id then redis.call('HDEL', key('redrives_open'), selector) end
    redis.call('EXPIRE', name, KEPT_SECONDS)
  end
  return 'SAVED'
end
