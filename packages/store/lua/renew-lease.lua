-- Renews an executor's lease. One that was taken back stays lost: the process registers under another id.
--
-- KEYS[1]  key prefix of the namespace and cell
-- ARGV     executor_id, lease in ms
-- Returns  'RENEWED' or 'LOST'
-- Writes   the executor's lease

-- @include lib/context

if not redis.call('ZSCORE', key('executors'), ARGV[1]) then return 'LOST' end
redis.call('ZADD', key('executors'), now_ms + tonumber(ARGV[2]), ARGV[1])
return 'RENEWED'
