-- Invariant 9: the history of a record is a path of the transition table that ends in its status, a revision for each step.

history_path = {}

local function problem_of(x)
  local status, steps = nil, 0
  for _, entry in ipairs(x.history or {}) do
    if not generated.notes[entry[2]] then
      local row = status and (generated.transitions[status] or {})[entry[2]]
      if status and not row or not status and entry[2] ~= 'CREATE' then
        return 'its history has ' .. tostring(entry[2]) .. ' after ' .. (status or 'nothing')
      end
      status = row and row.to or 'PENDING'
      steps = steps + 1
    end
  end
  if status ~= x.status then return 'its history ends in ' .. (status or 'nothing') .. ', and it is ' .. tostring(x.status) end
  if steps ~= x.revision then return string.format('its history has %d steps, and its revision is %d', steps, x.revision) end
end

function history_path.check(x)
  local problem = problem_of(x)
  if problem then findings.of_execution('HISTORY_WRONG', x, problem) end
end
