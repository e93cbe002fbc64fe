-- Begins a new epoch in a history of the primary that the room has not seen. Until then nothing is appended.
-- For `settle_ms` the nodes offer what they know of the room: first its newest epoch, then the events that Redis has lost.
-- ARGV: channel, node, new epoch, settle ms, grace ms, keep ms, lock ms, the node's epoch and past epochs, then six words
-- per event: seq, JSON, time, type, member, and what its type needs (command id, or `<via> <author>`).
local channel, node, new_epoch = ARGV[1], ARGV[2], ARGV[3]
local settle_ms, grace_ms, keep_ms, lock_ms = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
local own_epoch, own_past = ARGV[8], ARGV[9]
local FIRST_EVENT, MOST_PAST, ASK_AGAIN_MS = 10, 32, 100

local room = load_room()
if not room then return { 'ABSENT' } end
local life, now = life_of_primary(), now_in_ms()
if room.life == life then return { 'BEGUN', snapshot_of(room, now, {}) } end

-- The epoch that is about to end, and its past: the newest one that a node has named since `next_at` was set.
local m = redis.call('HMGET', META, 'next_life', 'next_at', 'next_epoch', 'next_past', 'past')
local next_life, next_at, next_epoch, next_past, room_past = m[1], tonumber(m[2] or 0), m[3] or '', m[4] or '', m[5]

-- Returns the seq at which an epoch of the list ended.
local function end_of(epoch, past)
  for name, seq in string.gmatch(past, '(%w+):(%d+)') do
    if name == epoch then return tonumber(seq) end
  end
end

-- Two histories under one epoch would give one cursor two meanings.
for _, epoch in ipairs({ own_epoch, room.epoch, next_epoch }) do
  if new_epoch == epoch then return redis.error_reply('EPOCH ' .. new_epoch .. ' was used before') end
end
if end_of(new_epoch, own_past .. ',' .. room_past .. ',' .. next_past) then
  return redis.error_reply('EPOCH ' .. new_epoch .. ' was used before')
end

if next_life ~= life then next_at, next_epoch, next_past = now + settle_ms, room.epoch, room_past end
-- The clock may have been set back.
next_at = math.min(next_at, now + settle_ms)

-- The node has seen a newer epoch, and all events that are here came before it.
local known_end = end_of(next_epoch, own_past)
if own_epoch ~= next_epoch and known_end and known_end >= room.head then
  next_epoch, next_past = own_epoch, own_past
end

local restore = {}
function restore.message(member, extra, seq)
  redis.call('HSET', COMMANDS, member .. ' ' .. extra, seq)
end
function restore.joined(member, extra)
  local place = redis.call('HINCRBY', META, 'joins', 1)
  redis.call('HSET', MEMBERS, member, text(place) .. ' ' .. extra)
  redis.call('ZADD', DEADLINES, 'GT', now + grace_ms, member)
end
function restore.left(member)
  redis.call('HDEL', MEMBERS, member)
  redis.call('HDEL', NUMBERS, member)
  redis.call('ZREM', DEADLINES, member)
end

if own_epoch == next_epoch and now >= next_at - settle_ms / 2 then
  for index = FIRST_EVENT, #ARGV, 6 do
    local seq = tonumber(ARGV[index])
    if seq == room.head + 1 then
      store_event(room, ARGV[index + 1], tonumber(ARGV[index + 2]))
      restore[ARGV[index + 3]](ARGV[index + 4], ARGV[index + 5], seq)
    end
  end
end

save_head(room)
expire_all(room, now, keep_ms, lock_ms)
if now < next_at then
  redis.call('HSET', META, 'next_life', life, 'next_at', next_at, 'next_epoch', next_epoch, 'next_past', next_past)
  return { 'WAIT', math.min(ASK_AGAIN_MS, next_at - now), room.head }
end

local past = { next_epoch .. ':' .. text(room.head) }
for name in string.gmatch(next_past, '[^,]+') do
  if #past < MOST_PAST then past[#past + 1] = name end
end
room.epoch, room.grace = new_epoch, now + grace_ms
redis.call('HSET', META, 'life', life, 'epoch', new_epoch, 'began', room.head, 'past', table.concat(past, ','),
  'grace', room.grace)
redis.call('HDEL', META, 'next_life', 'next_at', 'next_epoch', 'next_past')
redis.call('SPUBLISH', channel, new_epoch .. ' 0 ' .. node .. '\nt' .. new_epoch .. ' ' .. text(room.head))
return { 'BEGUN', snapshot_of(room, now, {}) }
