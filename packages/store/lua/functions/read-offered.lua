-- Reads which ended executions others that are still to come may take the outcome of.
--
-- keys[1]  key prefix of the namespace and cell
-- args     execution_ids
-- Returns  those of them

function functions.read_offered(args)
  damage.only_reads = true
  local found = {}
  for _, execution_id in ipairs(args) do
    local x = record.load(execution_id)
    if x and history.is_offered(x) then found[#found + 1] = execution_id end
  end
  return found
end
