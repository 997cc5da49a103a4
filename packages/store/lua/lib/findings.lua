-- Findings of fsck: what was seen that must not be (docs/adr/0032-fsck.md). Whoever finds it says how it is mended; a call that only
-- checks forgets that, one that repairs does it at once, so that the repair acts on nothing but what it has seen itself.
--
-- repairs      code of a finding -> how often it was mended
-- repaired_at  code of a finding -> when it was mended last

findings = {}

on_begin(function()
  findings.list = {}
  findings.repairs = false
end)

local function note(kind, id, code, detail)
  local x = kind == 'execution' and record.load(id)
  if x then record.note(x, { note = 'REPAIR', op = code .. ' ' .. detail .. ' ' .. now_ms, actor = 'fsck', detail = code .. ': ' .. detail }) end
end

-- subject_kind   execution, run, lane, line, limit, executor, index, trigger or fingerprint
-- mend           nil where it cannot be repaired; answers false where it turned out that it cannot
function findings.add(code, subject_kind, id, detail, mend)
  local repaired = findings.repairs and mend ~= nil and mend() ~= false
  findings.list[#findings.list + 1] = { code = code, kind = subject_kind, id = id, detail = detail, repaired = repaired }
  if not repaired then return end
  note(subject_kind, id, code, detail)
  writes.count('repairs', code)
  redis.call('HSET', key('repaired_at'), code, now_ms)
end

function findings.of_execution(code, x, detail, mend)
  findings.add(code, 'execution', x.execution_id, detail, mend)
end
