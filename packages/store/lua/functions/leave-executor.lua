-- Takes an executor process off the list: one that has drained by its own wish, or every one whose lease
-- ran out. What those still hold is for recovery to take back; what is placed on them and not claimed is placed elsewhere, or
-- goes back to its lane.
--
-- keys[1]  key prefix of the namespace and cell
-- args[1]  executor_id; without it every expired one
-- Returns  packed { results = the ids of the executors taken off, admitted, more }
-- Writes   leases, executors, `evicted`, the limits `places`, placements; slots of what goes back and of what is admitted for it

function functions.leave_executor(args)
  reply.results = args[1] and { args[1] } or redis.call('ZRANGEBYSCORE', key('executors'), '-inf', now_ms)
  for _, executor_id in ipairs(reply.results) do
    lease.leave(executor_id)
  end
  admission.run()
  record.flush()
  return cmsgpack.pack(reply)
end
