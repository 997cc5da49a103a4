-- Takes dead letters off their list; the executions stay in the history.
--
-- keys[1]  key prefix of the namespace and cell
-- args     execution ids; without any, those that are not kept any longer, at most 500
-- Returns  packed { results = the ids that were dead letters, more }
-- Writes   the lists of dead letters

local AT_ONCE = 500

function functions.purge_dead_letters(args)
  local ids = args
  if #ids == 0 then
    ids = redis.call('ZRANGEBYSCORE', key('dead_letter_expiry'), '-inf', now_ms, 'LIMIT', 0, AT_ONCE)
    reply.more = #ids == AT_ONCE
  end
  for _, execution_id in ipairs(ids) do
    if dead_letters.remove_by_id(execution_id) then reply.results[#reply.results + 1] = execution_id end
  end
  return cmsgpack.pack(reply)
end
