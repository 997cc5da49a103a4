-- Creation of an execution by a trigger: a schedule, a request or events.

local creation = {}

-- command: see create-execution.lua. Returns { ok = true, x, created } or { ok = false, refusal }.
function creation.one(command)
  local existing, problem = record.load(command.execution_id)
  if problem and problem ~= 'UNKNOWN_EXECUTION' then return { ok = false, refusal = problem } end
  if existing then
    if command.tick then tick.advance(command) end
    return { ok = true, x = existing, created = false }
  end
  if command.graph_id and graph_id() ~= command.graph_id then return { ok = false, refusal = 'STALE_GRAPH' } end
  local spec = plan.is_complete(command.plan_id) and plan.job(command.plan_id, command.job_id)
  if not spec then return { ok = false, refusal = 'UNKNOWN_PLAN' } end
  if command.tick and not tick.advance(command) then return { ok = false, refusal = 'STALE_TICK' } end
  plan.keep(command.plan_id)
  local x = release.create(command, spec)
  release.settle(x, spec, command.actor)
  return { ok = true, x = x, created = true }
end
