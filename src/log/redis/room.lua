-- What every script of a room begins with: its keys, its hash `m`, its clock and its expiry.
-- scripts.ts puts `#!lua` and this file in front of each script. KEYS are always the nine keys of one room.
local META, EVENTS, COMMANDS, OLD_COMMANDS, MEMBERS, DEADLINES, NUMBERS, ENDED, KEY = unpack(KEYS)

-- `..` writes a number of 10^14 or more as 1e+14. In arguments and replies Redis writes whole numbers below 2^53 exactly.
local function text(number)
  return string.format('%.0f', number)
end

-- The id of this primary's history. It changes at every restart and every promotion: events may be missing since then.
local function life_of_primary()
  return string.match(redis.call('INFO', 'replication'), 'master_replid:(%x+)')
end

local function now_in_ms()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end

-- Returns what appends read and change of the hash `m`; nil if there is no room. `head` and `oldest` are seqs, `bytes`
-- counts all events ever stored and `trimmed` those before `oldest`; `at` and `oldest_at` are the times of the newest and
-- oldest event. `page_at` and `page_head`: when, and at which head, the older page of commands was closed. No deadline
-- counts before `grace`. Further fields: `began`, `past` and `key` (snapshot_of), `joins` (append.lua), and
-- `next_…` (begin.lua). Code that changes a field also writes it, except those of `save_head`.
local function load_room()
  local m = redis.call('HMGET', META, 'life', 'epoch', 'head', 'oldest', 'bytes', 'trimmed', 'at', 'oldest_at',
    'page_at', 'page_head', 'expires', 'grace', 'census_at', 'census_due')
  if not m[1] then return nil end
  return {
    life = m[1], epoch = m[2], head = tonumber(m[3]), oldest = tonumber(m[4]), bytes = tonumber(m[5]),
    trimmed = tonumber(m[6]), at = tonumber(m[7]), oldest_at = tonumber(m[8]), page_at = tonumber(m[9]),
    page_head = tonumber(m[10]), expires = tonumber(m[11]), grace = tonumber(m[12]), census_at = tonumber(m[13]),
    census_due = tonumber(m[14]),
  }
end

-- Ended sessions are remembered as long as the last of their tokens is valid, and at least as long as the room.
local function expire_ended(expires)
  local last = redis.call('ZREVRANGE', ENDED, 0, 0, 'WITHSCORES')[2]
  if last then redis.call('PEXPIREAT', ENDED, math.max(expires, tonumber(last))) end
end

local function end_session(member, valid_until, now, expires)
  redis.call('ZREMRANGEBYSCORE', ENDED, '-inf', '(' .. text(now))
  redis.call('ZADD', ENDED, valid_until, member)
  expire_ended(expires)
end

-- All keys of a room expire in the same ms, `keep_ms` after its last use. Two live longer: a private room's key hash, so
-- that nobody else takes the name, and the ended sessions.
local function expire_all(room, now, keep_ms, lock_ms)
  room.expires = now + keep_ms
  redis.call('HSET', META, 'expires', room.expires)
  for index = 1, 7 do redis.call('PEXPIREAT', KEYS[index], room.expires) end
  redis.call('PEXPIREAT', KEY, room.expires + lock_ms)
  expire_ended(room.expires)
end

-- Adds an event to the log as it is. Call `save_head` after the last one.
local function store_event(room, body, at)
  room.head = room.head + 1
  room.bytes = room.bytes + #body
  room.at = math.max(room.at, at)
  redis.call('XADD', EVENTS, room.head, 'j', body, 'c', room.bytes, 't', at)
  if room.head == room.oldest then
    room.oldest_at = at
    redis.call('HSET', META, 'oldest_at', at)
  end
end

local function save_head(room)
  redis.call('HSET', META, 'head', room.head, 'bytes', room.bytes, 'at', room.at)
end

-- Returns ms until the earliest deadline of a member, -1 if there is none.
local function ms_to_deadline(room, now)
  local first = redis.call('ZRANGE', DEADLINES, 0, 0, 'WITHSCORES')[2]
  return first and math.max(0, math.max(tonumber(first), room.grace) - now) or -1
end

-- Returns at most `count` events and, beyond the first, `bytes`: those after a seq, oldest first, or the newest ones,
-- newest first, if `after` is nil.
local function read_events(after, count, bytes)
  local CHUNK = 64
  local found, size, from = {}, 0, after and '(' .. text(after) or '+'
  while #found < count * 2 do
    local most = math.min(CHUNK, count - #found / 2)
    local entries = after and redis.call('XRANGE', EVENTS, from, '+', 'COUNT', most)
      or redis.call('XREVRANGE', EVENTS, from, '-', 'COUNT', most)
    for _, entry in ipairs(entries) do
      local body = entry[2][2]
      size = size + #body
      if size > bytes and #found > 0 then return found end
      found[#found + 1] = string.match(entry[1], '%d+')
      found[#found + 1] = body
    end
    if #entries < most then return found end
    from = '(' .. entries[#entries][1]
  end
  return found
end

-- `more`: other events follow those given. Members are then left out: there can be many, and the last page has them.
local function snapshot_of(room, now, events, more)
  local m = redis.call('HMGET', META, 'began', 'past', 'key')
  return {
    room.epoch, tonumber(m[1]), room.head, room.oldest, m[2], m[3],
    more and {} or redis.call('HVALS', MEMBERS), events, ms_to_deadline(room, now),
  }
end
