-- Checks a part of the store as check-store does, and repairs what it finds that can be repaired.
--
-- keys[1]  key prefix of the namespace and cell
-- args     as those of check-store
-- Returns  the same, and { admitted, more, conditions }
-- Writes   whatever was not as it has to be; what follows from it for executions; `repairs`, `repaired_at`

function functions.repair_store(args)
  findings.repairs = true
  integrity.check(args)
  release.drain()
  admission.run()
  record.flush()
  return cmsgpack.pack(reply)
end
