-- Looks at the epoch of the data set and moves its mark on (docs/adr/0033-redis-in-trouble.md).
--
-- keys[1]  key prefix of the namespace and cell
-- args     the id that the data set gets if it has none
-- Returns  packed { data_set, found, mark, takeovers = list of { server, mark } }
-- Writes   `epoch`: data_set, mark, takeovers
--
-- A server that is not the one of the latest takeover has been started on the data, or promoted with it: the mark that it finds
-- is the last thing that it is known to hold. Whoever has seen a later one knows what is missing, however late it asks.

local TAKEOVERS_KEPT = 16

-- Empty where an access list forbids to ask.
local function server_id()
  local info = redis.pcall('INFO', 'server')
  return type(info) == 'string' and string.match(info, 'run_id:(%w+)') or ''
end

function functions.advance_epoch(args)
  local at = key('epoch')
  local held = redis.call('HMGET', at, 'data_set', 'mark', 'takeovers')
  local data_set, found = held[1] or args[1], tonumber(held[2] or '0')
  local takeovers = held[3] and cmsgpack.unpack(held[3]) or {}
  local server, latest = server_id(), takeovers[#takeovers]
  local mark = math.max(found + 1, now_ms)
  local written = { 'data_set', data_set, 'mark', string.format('%.0f', mark) }
  if not latest or latest.server ~= server then
    takeovers[#takeovers + 1] = { server = server, mark = found }
    if #takeovers > TAKEOVERS_KEPT then table.remove(takeovers, 1) end
    written[#written + 1] = 'takeovers'
    written[#written + 1] = cmsgpack.pack(takeovers)
  end
  redis.call('HSET', at, unpack(written))
  return cmsgpack.pack({ data_set = data_set, found = found, mark = mark, takeovers = takeovers })
end
