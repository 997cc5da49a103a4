-- Takes the answers to conditions of edges, which only TypeScript can evaluate (Rule 2).
--
-- keys[1]  key prefix of the namespace and cell
-- args[i]  packed { execution_id, edge, upstream_id, answer = 'true' | 'false' | 'failed', detail?, actor }: the dependent, the name of
--          its edge, the execution whose outcome was judged, and with 'failed' why it could not be
-- Returns  packed { results, admitted, more, conditions }; a result is DECIDED, or STALE where the edge does not ask any more
-- Writes   edges; what follows of them for the dependents

function functions.decide_conditions(args)
  for index = 1, #args do
    reply.results[index] = release.answer(cmsgpack.unpack(args[index]))
  end
  release.drain()
  admission.run()
  record.flush()
  return cmsgpack.pack(reply)
end
