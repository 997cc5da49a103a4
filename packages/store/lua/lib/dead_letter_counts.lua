-- How many dead letters there are of a kind is what its list has; which ones belong there, indexes says.

dead_letter_counts = {}

function dead_letter_counts.correct(fingerprint)
  local letters = redis.call('ZCARD', key('dead_letters_of:' .. fingerprint))
  if letters > 0 then redis.call('HSET', key('dead_letter_groups'), fingerprint, letters)
  else redis.call('HDEL', key('dead_letter_groups'), fingerprint) end
end

function dead_letter_counts.check(fingerprint)
  local letters = redis.call('ZCARD', key('dead_letters_of:' .. fingerprint))
  local counted = tonumber(redis.call('HGET', key('dead_letter_groups'), fingerprint) or 0)
  if letters == counted then return end
  findings.add('DEAD_LETTER_COUNT_WRONG', 'fingerprint', fingerprint, string.format('counts %s dead letters instead of %d', tostring(counted), letters),
    function() dead_letter_counts.correct(fingerprint) end)
end
