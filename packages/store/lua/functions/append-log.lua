-- Adds lines to the log of an execution; the oldest go where it would have more lines or bytes than it may.
--
-- keys[1]  key prefix of the namespace and cell
-- args     execution_id, lines at most, bytes at most, seconds to keep it; then number, stream and text of each line
-- Returns  'APPENDED'
-- Writes   logs:<execution_id>, a stream; log_bytes:<execution_id>, what its texts have in sum

-- Entries looked at in one go.
local OLDEST = 100

-- Drops the oldest lines until the rest is within its bounds, but never the last one. Returns the bytes that are left.
local function trim(name, bytes, lines_at_most, bytes_at_most)
  local length = redis.call('XLEN', name)
  local function is_over() return length > 1 and (length > lines_at_most or bytes > bytes_at_most) end
  while is_over() do
    local dropped = {}
    for _, entry in ipairs(redis.call('XRANGE', name, '-', '+', 'COUNT', OLDEST)) do
      if not is_over() then break end
      dropped[#dropped + 1] = entry[1]
      length = length - 1
      bytes = bytes - #entry[2][6]
    end
    redis.call('XDEL', name, unpack(dropped))
  end
  return bytes
end

function functions.append_log(args)
  local execution_id, lines_at_most, bytes_at_most, kept_seconds = args[1], tonumber(args[2]), tonumber(args[3]), args[4]
  local name, size_name = key('logs:' .. execution_id), key('log_bytes:' .. execution_id)
  local bytes = tonumber(redis.call('GET', size_name) or 0)
  for index = 5, #args, 3 do
    redis.call('XADD', name, '*', 'number', args[index], 'stream', args[index + 1], 'text', args[index + 2])
    bytes = bytes + #args[index + 2]
  end
  bytes = trim(name, bytes, lines_at_most, bytes_at_most)
  redis.call('SET', size_name, string.format('%d', bytes), 'EX', kept_seconds)
  redis.call('EXPIRE', name, kept_seconds)
  return 'APPENDED'
end
