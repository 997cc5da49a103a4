-- Saves the checkpoint of a running execution for the attempts after it.
--
-- keys[1]  key prefix of the namespace and cell
-- args     execution_id, nonce of its lease, state (opaque), seconds to keep it
-- Returns  'SAVED', or 'STALE_FENCE' when the execution does not run under that lease
-- Writes   the checkpoint of the chain

function functions.save_checkpoint(args)
  local x = record.load(args[1])
  if not x or x.status ~= 'RUNNING' or x.nonce ~= args[2] then return 'STALE_FENCE' end
  redis.call('SET', key('checkpoint:' .. (x.parent_execution_id or x.execution_id)), args[3], 'EX', args[4])
  return 'SAVED'
end
