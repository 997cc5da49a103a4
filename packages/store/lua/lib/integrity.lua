-- What fsck looks at, a bounded part of the store in each call (docs/adr/0032-fsck.md): all that one finding is decided by is read in
-- one call, so that it was true at one instant, whatever else goes on.

integrity = {}

local function unreadable(execution_id, problem)
  if problem == 'CORRUPT_RECORD' then findings.add('UNREADABLE', 'execution', execution_id, 'its record cannot be read')
  elseif problem == 'UNKNOWN_EXECUTION' and record.is_missed(execution_id) then findings.add('UNREADABLE', 'execution', execution_id, 'its record is gone') end
end

local function look_at(x)
  indexes.check_execution(x)
  movers.check(x)
  fences.check(x)
  attempts.check(x)
  checkpoint_order.check(x)
  history_path.check(x)
end

-- Besides findings: attempts that followed another, for who knows how many there may be; and which have dependents to be looked at.
local function check_executions(ids)
  local retries, with_dependents, lost, handed_over = {}, {}, 0, 0
  for _, execution_id in ipairs(ids) do
    local x, problem = record.load(execution_id)
    if x then
      look_at(x)
      if x.attempt_number > 1 then
        retries[#retries + 1] = { execution_id = execution_id, job_id = x.job_id, job_revision = x.job_revision,
          attempt_number = x.attempt_number, lost_attempts = x.lost_attempts, handed_over = x.handed_over or 0 }
      end
      if released.count(x) > 0 then with_dependents[#with_dependents + 1] = execution_id end
      if x.reason == 'EXEC_012_EXECUTOR_LOST' then lost = lost + 1 end
      if not x.retried_by then handed_over = handed_over + (x.handed_over or 0) end
    else unreadable(execution_id, problem) end
  end
  reply.retries, reply.with_dependents, reply.lost, reply.handed_over = retries, with_dependents, lost, handed_over
end

-- subjects: execution_id and the index of its dependent to begin with, again and again. What is left over comes back the same way.
local function check_releases(subjects)
  local left = {}
  for index = 1, #subjects, 2 do
    local x = record.load(subjects[index])
    local from = x and released.check(x, tonumber(subjects[index + 1]))
    if from then
      left[#left + 1] = subjects[index]
      left[#left + 1] = from
    end
  end
  reply.left = left
end

-- subjects: the key of an index, and members of it
local function check_entries(subjects)
  local suffix = table.remove(subjects, 1)
  indexes.check_entries(suffix, subjects)
  if suffix ~= 'active' then return end
  -- A record that is gone is among no records: only what says that it is to be there tells of it.
  for _, execution_id in ipairs(subjects) do
    local _, problem = record.load(execution_id)
    if problem == 'UNKNOWN_EXECUTION' then unreadable(execution_id, problem) end
  end
end

local function each(check)
  return function(subjects)
    for _, subject in ipairs(subjects) do
      check(subject)
    end
  end
end

local CHECKS = {
  executions = check_executions,
  releases = check_releases,
  entries = check_entries,
  lanes = each(movers.check_lane),
  lines = each(movers.check_line),
  runs = each(movers.check_run),
  batches = each(trigger_batches.check),
  dead_letters = each(dead_letter_counts.check),
  indexes = function() reply.indexes = indexes.prefixes() end,
  sums = function(names) reply.too_large = slot_sums.check(names) end,
}

function integrity.check(args)
  local subjects = {}
  for index = 2, #args do
    subjects[index - 1] = args[index]
  end
  CHECKS[args[1]](subjects)
  reply.results = findings.list
end
