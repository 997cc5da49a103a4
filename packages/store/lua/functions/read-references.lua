-- Reads which ended executions are still referred to, and by which open ones.
--
-- keys[1]  key prefix of the namespace and cell
-- args[1]  packed { ended = list of execution_id, open = list of execution_id }
-- Returns  packed { offered = those of `ended` whose outcome executions that are still to come may take,
--          used = the executions that have decided edges of those of `open` }

function functions.read_references(args)
  local asked = cmsgpack.unpack(args[1])
  local found = { offered = {}, used = {} }
  for _, execution_id in ipairs(asked.ended) do
    local x = record.load(execution_id)
    if x and history.is_offered(x) then found.offered[#found.offered + 1] = execution_id end
  end
  for _, execution_id in ipairs(asked.open) do
    for _, upstream in ipairs(history.used_by(execution_id)) do
      found.used[#found.used + 1] = upstream
    end
  end
  return cmsgpack.pack(found)
end
