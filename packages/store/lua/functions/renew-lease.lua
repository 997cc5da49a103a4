-- Renews an executor's lease. One that was taken back stays lost: the process registers under another id.
--
-- keys[1]  key prefix of the namespace and cell
-- args     executor_id, lease in ms, then of each body that it runs: execution_id, ms since its last heartbeat, records, stage
-- Returns  { 'LOST' }, or { 'RENEWED', the executions that it has been asked to stop, those that it holds }
-- Writes   the executor's lease, what is known of its bodies

function functions.renew_lease(args)
  if not redis.call('ZSCORE', key('executors'), args[1]) then return { 'LOST' } end
  redis.call('ZADD', key('executors'), now_ms + tonumber(args[2]), args[1])
  lease.keep_vitals(args[1], { unpack(args, 3) })
  return { 'RENEWED', cancel.asked_of(args[1]), redis.call('SMEMBERS', key('held:' .. args[1])) }
end
