-- Sets concurrency limits (Rules 6 and 7) and admits what a wider one lets through.
--
-- KEYS[1]  key prefix of the namespace and cell
-- ARGV     pairs of limit and number; an empty number removes the limit.
--          Limits: global, type:<job_type>, pool:<name>, job:<job_id>
-- Returns  packed { results = {}, admitted, more }
-- Writes   limits; slots of what is admitted

-- @include lib/generated
-- @include lib/context
-- @include lib/record
-- @include lib/admission

for index = 1, #ARGV, 2 do
  if ARGV[index + 1] == '' then redis.call('HDEL', key('limits'), ARGV[index])
  else redis.call('HSET', key('limits'), ARGV[index], ARGV[index + 1]) end
  admission.limit_changed(ARGV[index])
end
admission.run()
record.flush()
return cmsgpack.pack(reply)
