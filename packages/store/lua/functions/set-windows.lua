-- Writes the present or next execution windows of jobs (Rule 17), and does what follows from them: what they held goes on, and
-- where a job skips outside its windows, what is queued is skipped once they have closed.
--
-- keys[1]  key prefix of the namespace and cell
-- args[1]  graph_id that the windows were computed from, or '' where none is registered
-- args[i]  packed { job_id, window? = { opens, closes, fits?, skip } }; instants in epoch ms, see lib/windows.lua
-- Returns  packed { results = {}, admitted, more }, with results[1] = 'STALE_GRAPH' and nothing done when another graph is registered
-- Writes   windows and their timers; executions that go on or are skipped

function functions.set_windows(args)
  if args[1] ~= (plan.graph_id() or '') then
    reply.results[1] = 'STALE_GRAPH'
    return cmsgpack.pack(reply)
  end
  for index = 2, #args do
    local entry = cmsgpack.unpack(args[index])
    gate.set_window(entry.job_id, entry.window)
  end
  release.drain()
  admission.run()
  record.flush()
  return cmsgpack.pack(reply)
end
