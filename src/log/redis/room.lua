-- What every script of a room begins with: its keys, its hash `m`, its clock and its expiry.
-- scripts.ts puts `#!lua` and this file in front of each script. KEYS are always the nine keys of one room.
local META, EVENTS, COMMANDS, OLD_COMMANDS, MEMBERS, DEADLINES, NUMBERS, ENDED, KEY = unpack(KEYS)

-- Lua writes a number of 10^14 or more as 1e+14. All numbers of a room are whole and below 2^53.
local function text(number)
  return string.format('%.0f', number)
end

local function id_of(seq)
  return text(seq) .. '-0'
end

-- The id of this primary's history. It changes at every restart and every promotion: events may be missing since then.
local function life_of_primary()
  return string.match(redis.call('INFO', 'replication'), 'master_replid:(%x+)')
end

local function now_in_ms()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end

-- The fields of `m`. `head` and `oldest` are seqs, `bytes` counts all events ever stored and `trimmed` those before
-- `oldest`; `at` and `oldest_at` are the times of the newest and oldest event. `page_at` and `page_head`: when, and at
-- which head, the older page of commands was closed. `next_…`: the epoch that is about to end, while nodes offer events.
local FIELDS = {
  'life', 'epoch', 'began', 'past', 'head', 'oldest', 'bytes', 'trimmed', 'at', 'oldest_at', 'joins',
  'page_at', 'page_head', 'expires', 'grace', 'census_at', 'census_due', 'key',
  'next_life', 'next_at', 'next_epoch', 'next_past',
}
local TEXTS = { life = true, epoch = true, past = true, key = true, next_life = true, next_epoch = true, next_past = true }

-- Returns the room, and a copy that says later what has changed; nil if there is no room.
local function load_room()
  local values = redis.call('HMGET', META, unpack(FIELDS))
  if not values[2] then return nil end
  local room, stored = {}, {}
  for index, name in ipairs(FIELDS) do
    local value = TEXTS[name] and (values[index] or '') or tonumber(values[index] or 0)
    room[name], stored[name] = value, value
  end
  return room, stored
end

local function save_room(room, stored)
  local changes = {}
  for name, value in pairs(room) do
    if value ~= stored[name] then
      changes[#changes + 1] = name
      changes[#changes + 1] = TEXTS[name] and value or text(value)
    end
  end
  if #changes > 0 then redis.call('HSET', META, unpack(changes)) end
end

-- All keys of a room expire in the same ms, `keep_ms` after its last use. Two live longer: a private room's key hash, so
-- that nobody else takes the name, and the ended sessions, as long as the last of their tokens is valid.
local function expire_all(room, now, keep_ms, lock_ms)
  room.expires = now + keep_ms
  for index = 1, 7 do redis.call('PEXPIREAT', KEYS[index], text(room.expires)) end
  redis.call('PEXPIREAT', KEY, text(room.expires + lock_ms))
  local last = redis.call('ZREVRANGE', ENDED, 0, 0, 'WITHSCORES')[2]
  if last then redis.call('PEXPIREAT', ENDED, text(math.max(room.expires, tonumber(last)))) end
end

-- Adds an event to the log as it is.
local function store_event(room, body, at)
  room.head = room.head + 1
  room.bytes = room.bytes + #body
  room.at = math.max(room.at, at)
  if room.head == room.oldest then room.oldest_at = at end
  redis.call('XADD', EVENTS, id_of(room.head), 'j', body, 'c', text(room.bytes), 't', text(at))
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
  local found, size, from = {}, 0, after and '(' .. id_of(after) or '+'
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

local function snapshot_of(room, now, events)
  return {
    room.epoch, text(room.began), text(room.head), text(room.oldest), room.past, room.key,
    redis.call('HVALS', MEMBERS), events, text(ms_to_deadline(room, now)),
  }
end
