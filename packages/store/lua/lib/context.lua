-- What every function starts with: its namespace, the time, and what it hands back. A library is loaded once and
-- keeps its variables from call to call, so begin() sets every one of them anew.

local base, namespace, now_ms, now_us, reply
local beginnings = {}

local function key(suffix)
  return base .. suffix
end

-- Registers what a part of the library has to set at the beginning of each call.
local function on_begin(reset)
  beginnings[#beginnings + 1] = reset
end

-- keys[1]  the key prefix of the namespace and cell, hash tag included. Every other key is built from it
--          and so lies in the same slot (docs/adr/0002-one-hash-tag-per-namespace.md).
local function begin(keys)
  base = keys[1]
  namespace = string.match(base, '{(.*)/%d+}')
  local clock = redis.call('TIME')
  -- Only tests set the offset.
  local offset_ms = tonumber(redis.call('GET', base .. 'clock_offset') or 0)
  now_ms = tonumber(clock[1]) * 1000 + math.floor(tonumber(clock[2]) / 1000) + offset_ms
  now_us = tonumber(clock[1]) * 1000000 + tonumber(clock[2]) + offset_ms * 1000
  -- admitted    ids that now have their slots: the caller hands them to the delivery queue
  -- more        true where work is left over for another call
  -- conditions  true where conditions of edges have to be evaluated
  reply = { results = {}, admitted = {}, more = false, conditions = false }
  for index = 1, #beginnings do
    beginnings[index]()
  end
end

-- The present microsecond, later for whoever asks later in the same call: what a call does in order stays in order.
local asked
on_begin(function()
  asked = 0
end)

local function next_us()
  asked = asked + 1
  return now_us + asked - 1
end

local function starts_with(text, prefix)
  return string.sub(text, 1, #prefix) == prefix
end

-- The same derivation as deriveId in @phi/core; the parts must be strings.
local function derive_id(...)
  return string.sub(redis.sha1hex(table.concat({ ... }, '\0')), 1, generated.execution_id_length)
end

-- Every function of the library, by name; the loader registers them.
local functions = {}
