-- Sets limits and pools (Rules 6 and 7), and admits what they let through.
--
-- keys[1]  key prefix of the namespace and cell
-- args[1]  packed { limits = list of { limit, number, or false to remove it }, enforcement? = QUEUE or REJECT, pools = list of
--          { name, limit?, capacity?, paused?, dedicated? } }; limits: global, type:<job_type>, job:<job_id>;
--          pools: see limits.set_pool
-- Returns  packed { results = {}, admitted, more }
-- Writes   limits, pools; slots of what is admitted

function functions.set_limits(args)
  local command = cmsgpack.unpack(args[1])
  for _, limit in ipairs(limits.set(command.limits)) do
    admission.limit_changed(limit)
  end
  if command.enforcement then limits.set_enforcement(command.enforcement) end
  for _, pool in ipairs(command.pools) do
    admission.pool_changed(pool.name, limits.set_pool(pool, lease.places_of(pool.name)))
  end
  admission.run()
  record.flush()
  return cmsgpack.pack(reply)
end
