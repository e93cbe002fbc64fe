-- Opens a room, or makes it if a new epoch is given.
-- ARGV: new epoch or nothing, key hash or nothing, the seq after which events are read or nothing, how many at most, their
-- bytes, keep ms, lock ms.
local epoch, key_hash, after, count, bytes = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local keep_ms, lock_ms = tonumber(ARGV[6]), tonumber(ARGV[7])
local life, now = life_of_primary(), now_in_ms()
local room = load_room()

if not room then
  if epoch == '' then return { 'ABSENT' } end
  -- Nothing of an earlier room counts but the sessions that ended in it, and the key of its name.
  redis.call('UNLINK', EVENTS, COMMANDS, OLD_COMMANDS, MEMBERS, DEADLINES, NUMBERS)
  local key = redis.call('GET', KEY) or key_hash
  if key ~= '' then redis.call('SET', KEY, key) end
  redis.call('HSET', META, 'life', life, 'epoch', epoch, 'began', 0, 'past', '', 'key', key, 'head', 0, 'oldest', 1,
    'bytes', 0, 'trimmed', 0, 'at', now, 'oldest_at', 0, 'page_at', now, 'page_head', 0, 'expires', 0, 'grace', 0,
    'census_at', 0, 'census_due', 0)
  room = load_room()
  expire_all(room, now, keep_ms, lock_ms)
end

if room.life ~= life then return { 'LIFE', room.epoch } end
local events = read_events(after, count, bytes)
local last = after and tonumber(events[#events - 1])
return { 'OPEN', snapshot_of(room, now, events, last and last < room.head) }
