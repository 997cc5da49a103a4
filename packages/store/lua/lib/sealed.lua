-- Packed values beside records, of which a damaged one can be told (docs/adr/0038-damaged-state.md): a byte that MessagePack never
-- uses, eight characters of the checksum of what follows, and the packed value. What builds before that wrote is the packed value alone.

sealed = {}

local MARK = '\193'
local HEAD_BYTES = 9

function sealed.checksum_of(body)
  return string.sub(redis.sha1hex(body), 1, HEAD_BYTES - 1)
end

function sealed.pack(value)
  local body = cmsgpack.pack(value)
  return MARK .. sealed.checksum_of(body) .. body
end

-- Returns the table that was packed; nil where it cannot be read.
function sealed.unpack(packed)
  if type(packed) ~= 'string' then return nil end
  if string.sub(packed, 1, 1) ~= MARK then
    local readable, value, rest = pcall(cmsgpack.unpack, packed)
    return readable and type(value) == 'table' and rest == nil and value or nil
  end
  local body = string.sub(packed, HEAD_BYTES + 1)
  return string.sub(packed, 2, HEAD_BYTES) == sealed.checksum_of(body) and cmsgpack.unpack(body) or nil
end
