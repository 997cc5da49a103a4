-- Registers an executor process with what it offers, or changes that. No places: it drains.
--
-- KEYS[1]  key prefix of the namespace and cell
-- ARGV     executor_id, lease in ms, places, information for people (JSON)
-- Returns  packed { results = {}, admitted, more }
-- Writes   the executor's lease and record; the limit `places`; slots of what is admitted to it

-- @include lib/generated
-- @include lib/context
-- @include lib/record
-- @include lib/admission
-- @include lib/lease

local executor_id, lease_ms, places, information = ARGV[1], tonumber(ARGV[2]), ARGV[3], ARGV[4]
redis.call('ZADD', key('executors'), now_ms + lease_ms, executor_id)
redis.call('HSET', key('executor:' .. executor_id), 'places', places, 'information', information)
lease.count_places()
admission.wanted = true
admission.run()
record.flush()
return cmsgpack.pack(reply)
