-- Execution windows (Rule 17): when the executions of a job may start.
--
-- windows         job_id -> sealed { from, opens, closes, fits, skip }: its present or next window as it was at `from`, when
--                 it was written; fits: from when on nothing started would end within it
-- window_timers   job_id, by when the entry has to be looked at: at the opening, and at the end
-- window_held:<job_id>   PENDING executions held until the opening, by nominal time
--
-- Past its end an entry counts as closed: who writes it may be away.

windows = {}

on_begin(function()
  windows.known = {}
end)

-- Holds what comes until the entry is written again, which is due at once; nothing is skipped.
local function unreadable(job_id, packed)
  damage.note('WINDOW', job_id, packed)
  if not damage.only_reads then redis.call('ZADD', key('window_timers'), now_ms, job_id) end
  return { from = 0, opens = now_ms + 1, closes = now_ms, skip = false }
end

-- Where all of them are gone at once, every job that has one counts as closed until its own is written again.
local function close_all()
  for _, job_id in ipairs(redis.call('ZRANGE', key('window_timers'), 0, -1)) do
    redis.call('HSET', key('windows'), job_id, sealed.pack(unreadable(job_id)))
  end
end

-- Whoever writes reads first as well: the windows of others may be gone.
local function read(job_id)
  local packed, was_damaged = damage.call('WINDOW', job_id, 'HGET', 'windows', job_id)
  if not was_damaged or damage.only_reads then return packed end
  close_all()
  return redis.call('HGET', key('windows'), job_id)
end

local function window_of(job_id)
  local known = windows.known[job_id]
  if known == nil then
    local packed = read(job_id)
    known = sealed.unpack(packed) or packed and unreadable(job_id, packed)
    windows.known[job_id] = known
  end
  return known
end

local function ends_at(window)
  return math.min(window.closes, window.fits or window.closes)
end

-- The window that keeps a job from starting now, or nil.
function windows.closed(job_id)
  local window = window_of(job_id)
  if not window or (window.opens <= now_ms and now_ms < ends_at(window)) then return nil end
  return window
end

-- Whether an entry says nothing of the present: its window is over and the next not written yet, or the clock was set back to
-- before it was written. Nothing is skipped for such a one.
function windows.is_stale(window)
  return now_ms >= window.closes or now_ms < math.min(window.from or 0, window.opens)
end

-- The window that what a job does not start within is skipped for now, or nil.
function windows.skips(job_id)
  local closed = windows.closed(job_id)
  return closed and closed.skip and not windows.is_stale(closed) and closed or nil
end

function windows.hold(x, order)
  redis.call('ZADD', key('window_held:' .. x.job_id), 'NX', order, x.execution_id)
end

function windows.let_go(x)
  redis.call('ZREM', key('window_held:' .. x.job_id), x.execution_id)
end

-- When an entry has to be looked at again: at its opening, at the last start, at its end.
local function next_attention(window)
  if now_ms < window.opens then return window.opens end
  if now_ms < ends_at(window) then return ends_at(window) end
  return math.max(window.closes, now_ms + 1)
end

-- window: as above, or nil where the job has none any more. Returns whether it has, or had, one.
function windows.set(job_id, window)
  local packed = read(job_id)
  windows.known[job_id] = window or false
  if not window then
    if not packed then return false end
    redis.call('HDEL', key('windows'), job_id)
    redis.call('ZREM', key('window_timers'), job_id)
    return true
  end
  redis.call('HSET', key('windows'), job_id, sealed.pack(window))
  local attention = next_attention(window)
  if attention < math.huge then redis.call('ZADD', key('window_timers'), attention, job_id)
  else redis.call('ZREM', key('window_timers'), job_id) end
  return true
end
