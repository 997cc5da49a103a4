-- What every script starts with: its namespace, the time, and what it hands back.
--
-- KEYS[1]  the key prefix of the namespace and cell, hash tag included. Every other key is built from it
--          and so lies in the same slot (docs/adr/0002-one-hash-tag-per-namespace.md).

local base = KEYS[1]

local namespace = string.match(base, '{(.*)/%d+}')

local function key(suffix)
  return base .. suffix
end

local clock = redis.call('TIME')
-- Only tests set the offset.
local offset_ms = tonumber(redis.call('GET', key('clock_offset')) or '0')
local now_ms = tonumber(clock[1]) * 1000 + math.floor(tonumber(clock[2]) / 1000) + offset_ms
local now_us = tonumber(clock[1]) * 1000000 + tonumber(clock[2]) + offset_ms * 1000

-- reply.admitted  ids that now have their slots: the caller hands them to the delivery queue
-- reply.more      true where work is left over for another call
local reply = { results = {}, admitted = {}, more = false }

local function starts_with(text, prefix)
  return string.sub(text, 1, #prefix) == prefix
end

-- The same derivation as deriveId in @phi/core; the parts must be strings.
local function derive_id(...)
  return string.sub(redis.sha1hex(table.concat({ ... }, '\0')), 1, generated.execution_id_length)
end
