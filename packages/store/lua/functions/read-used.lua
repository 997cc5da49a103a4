-- Reads what open executions go by.
--
-- keys[1]  key prefix of the namespace and cell
-- args     execution_ids; those that have ended meanwhile use nothing any more
-- Returns  the executions that have decided edges of theirs, once for each edge

function functions.read_used(args)
  damage.only_reads = true
  local found = {}
  for _, execution_id in ipairs(args) do
    for _, upstream in ipairs(history.used_by(execution_id)) do
      found[#found + 1] = upstream
    end
  end
  return found
end
