-- Begins a new epoch in a history of the primary that the room has not seen. Nothing is appended before.
-- For `settle_ms` the nodes offer what they know of the room: first its newest epoch, then the events that Redis has lost.
-- ARGV: channel, node, new epoch, settle ms, grace ms, keep ms, lock ms, the node's epoch and past epochs, then six words
-- per event: seq, JSON, time, type, member, and what its type needs (command id, or `<via> <author>`).
local channel, node, new_epoch = ARGV[1], ARGV[2], ARGV[3]
local settle_ms, grace_ms, keep_ms, lock_ms = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
local own_epoch, own_past = ARGV[8], ARGV[9]
local FIRST_EVENT, MOST_PAST, ASK_AGAIN_MS = 10, 32, 100

local room, stored = load_room()
if not room then return { 'ABSENT' } end
local life, now = life_of_primary(), now_in_ms()
if room.life == life then return { 'BEGUN', snapshot_of(room, now, {}) } end

-- Returns the seq at which an epoch of the list ended.
local function end_of(epoch, past)
  for name, seq in string.gmatch(past, '(%w+):(%d+)') do
    if name == epoch then return tonumber(seq) end
  end
end

-- Two histories under one epoch would give one cursor two meanings.
for _, epoch in ipairs({ own_epoch, room.epoch, room.next_epoch }) do
  if new_epoch == epoch then return redis.error_reply('EPOCH ' .. new_epoch .. ' was used before') end
end
if end_of(new_epoch, own_past .. ',' .. room.past .. ',' .. room.next_past) then
  return redis.error_reply('EPOCH ' .. new_epoch .. ' was used before')
end

if room.next_life ~= life then
  room.next_life, room.next_at, room.next_epoch, room.next_past = life, now + settle_ms, room.epoch, room.past
end
-- The clock may have been set back.
room.next_at = math.min(room.next_at, now + settle_ms)

-- The node has seen a newer epoch, and all events that are here came before it.
local known_end = end_of(room.next_epoch, own_past)
if own_epoch ~= room.next_epoch and known_end and known_end >= room.head then
  room.next_epoch, room.next_past = own_epoch, own_past
end

local restore = {}
function restore.message(member, extra, seq)
  redis.call('HSET', COMMANDS, member .. ' ' .. extra, text(seq))
end
function restore.joined(member, extra)
  room.joins = room.joins + 1
  redis.call('HSET', MEMBERS, member, text(room.joins) .. ' ' .. extra)
  redis.call('ZADD', DEADLINES, 'GT', text(now + grace_ms), member)
end
function restore.left(member)
  redis.call('HDEL', MEMBERS, member)
  redis.call('HDEL', NUMBERS, member)
  redis.call('ZREM', DEADLINES, member)
end

if own_epoch == room.next_epoch and now >= room.next_at - settle_ms / 2 then
  for index = FIRST_EVENT, #ARGV, 6 do
    local seq = tonumber(ARGV[index])
    if seq == room.head + 1 then
      store_event(room, ARGV[index + 1], tonumber(ARGV[index + 2]))
      restore[ARGV[index + 3]](ARGV[index + 4], ARGV[index + 5], seq)
    end
  end
end

expire_all(room, now, keep_ms, lock_ms)
if now < room.next_at then
  save_room(room, stored)
  return { 'WAIT', text(math.min(ASK_AGAIN_MS, room.next_at - now)), text(room.head) }
end

local past = { room.next_epoch .. ':' .. text(room.head) }
for name in string.gmatch(room.next_past, '[^,]+') do
  if #past < MOST_PAST then past[#past + 1] = name end
end
room.past = table.concat(past, ',')
room.epoch, room.began, room.life, room.grace = new_epoch, room.head, life, now + grace_ms
room.next_life, room.next_at, room.next_epoch, room.next_past = '', 0, '', ''
save_room(room, stored)
redis.call('SPUBLISH', channel, new_epoch .. ' 0 ' .. node .. '\nt' .. new_epoch .. ' ' .. text(room.began))
return { 'BEGUN', snapshot_of(room, now, {}) }
