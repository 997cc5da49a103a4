-- Elects one process for a task, for a while. Nothing may depend on it: it saves work.
--
-- keys[1]  key prefix of the namespace and cell
-- args     task, process, ms for which the election holds; 0 ms resigns
-- Returns  'ELECTED', or 'OTHER' while another process is elected
-- Writes   the election

function functions.elect(args)
  local election = key('elected:' .. args[1])
  local elected = redis.call('GET', election)
  if elected and elected ~= args[2] then return 'OTHER' end
  if args[3] == '0' then redis.call('DEL', election) else redis.call('SET', election, args[2], 'PX', args[3]) end
  return 'ELECTED'
end
