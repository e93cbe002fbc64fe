-- Opens a room, or makes it if a new epoch is given.
-- ARGV: new epoch or nothing, key hash or nothing, the seq after which events are read or nothing, how many at most, their
-- bytes, keep ms, lock ms.
local epoch, key_hash, after, count, bytes = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local keep_ms, lock_ms = tonumber(ARGV[6]), tonumber(ARGV[7])
local life, now = life_of_primary(), now_in_ms()
local room, stored = load_room()

if not room then
  if epoch == '' then return { 'ABSENT' } end
  -- Nothing of an earlier room counts but the sessions that ended in it, and the key of its name.
  redis.call('UNLINK', EVENTS, COMMANDS, OLD_COMMANDS, MEMBERS, DEADLINES, NUMBERS)
  local key = redis.call('GET', KEY) or key_hash
  if key ~= '' then redis.call('SET', KEY, key) end
  room, stored = {}, {}
  for _, name in ipairs(FIELDS) do room[name] = TEXTS[name] and '' or 0 end
  room.life, room.epoch, room.key, room.oldest, room.at, room.page_at = life, epoch, key, 1, now, now
  expire_all(room, now, keep_ms, lock_ms)
  save_room(room, stored)
  redis.call('PEXPIREAT', META, text(room.expires))
end

if room.life ~= life then return { 'LIFE', room.epoch } end
return { 'OPEN', snapshot_of(room, now, read_events(after, count, bytes)) }
