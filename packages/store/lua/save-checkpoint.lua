-- Saves the checkpoint of a running execution for the attempts after it.
--
-- KEYS[1]  key prefix of the namespace and cell
-- ARGV     execution_id, nonce of its lease, state (opaque), seconds to keep it
-- Returns  'SAVED', or 'STALE_FENCE' when the execution does not run under that lease
-- Writes   the checkpoint of the chain

-- @include lib/generated
-- @include lib/context
-- @include lib/record

local x = record.load(ARGV[1])
if not x or x.status ~= 'RUNNING' or x.nonce ~= ARGV[2] then return 'STALE_FENCE' end
redis.call('SET', key('checkpoint:' .. (x.parent_execution_id or x.execution_id)), ARGV[3], 'EX', ARGV[4])
return 'SAVED'
