-- Checks a part of the store against the invariants that can be seen of it (fsck).
--
-- keys[1]  key prefix of the namespace and cell
-- args[1]  what: executions, releases, entries, lanes, lines, runs, batches, dead_letters, sums or indexes
-- args     the subjects: ids of executions; pairs of execution_id and the index of the dependent to begin with; the key of an index, without
--          the prefix, and members of it; lanes; lines; run ids; triggers, <job_id>|<trigger_id>; fingerprints; fields of `used`, or `shared`;
--          of `indexes` there are none
-- Returns  packed { results = findings, each { code, kind, id, detail, repaired }, and
--          executions: retries, with_dependents, lost, handed_over; releases: left; sums: too_large; indexes: indexes, what their keys begin with }; see lib/integrity.lua
-- Writes   nothing

function functions.check_store(args)
  damage.only_reads = true
  integrity.check(args)
  return cmsgpack.pack(reply)
end
