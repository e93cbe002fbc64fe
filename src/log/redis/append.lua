-- Executes a batch of operations on a room: checks, numbers, stores, trims and publishes them in one step.
-- ARGV: channel, node, eight limits, then four words per operation: its name, member, and two that depend on it.
local channel, node = ARGV[1], ARGV[2]
local most_events, most_bytes, keep_ms, lock_ms, dedupe_ms, most_commands, census_from, census_ms =
  tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6]),
  tonumber(ARGV[7]), tonumber(ARGV[8]), tonumber(ARGV[9]), tonumber(ARGV[10])
local FIRST_OP, MOST_REAPED = 11, 100
-- A large window is trimmed in steps, which is cheaper than at every event.
local LARGE_EVENTS, LARGE_BYTES = 1024, 1048576

local room = load_room()
if not room then return { 'ABSENT' } end
if room.life ~= life_of_primary() then return { 'LIFE' } end

local now = now_in_ms()
local at = math.max(now, room.at)
local first, lines, answers, touched = room.head + 1, {}, {}, {}

local function tell(line)
  lines[#lines + 1] = line
end

local function push(kind, tail)
  local body = '{"type":"' .. kind .. '","seq":' .. text(room.head + 1) .. ',"at":' .. text(at) .. ',' .. tail
  if room.head < room.oldest then touched[EVENTS] = true end
  store_event(room, body, at)
  tell(body)
end

-- In a crowded room coming and leaving are no events. The count is published from time to time.
local function tell_crowd(line)
  tell(line)
  if room.census_due == 1 then return end
  room.census_due = 1
  redis.call('HSET', META, 'census_due', 1)
end

-- Makes a member absent. Returns whether an event was stored.
local function leave(member)
  redis.call('ZREM', DEADLINES, member)
  local entry = redis.call('HGET', MEMBERS, member)
  if not entry then return false end
  local crowded = redis.call('HLEN', MEMBERS) > census_from
  redis.call('HDEL', MEMBERS, member)
  -- A link whose number this was has been silent for as long as the member, so no two links can compete any more.
  redis.call('HDEL', NUMBERS, member)
  if crowded then
    tell_crowd('-' .. member)
    return false
  end
  push('left', '"member":' .. string.match(entry, '^%S* %S* (.*)$') .. '}')
  return true
end

-- Returns the seq of the message that was stored for a command.
local function seq_of(command)
  -- The older page is empty until one was closed.
  return redis.call('HGET', COMMANDS, command) or room.page_head > 0 and redis.call('HGET', OLD_COMMANDS, command)
end

local ops = {}

-- a: command id, b: rest of the event
function ops.say(member, a, b)
  local command = member .. ' ' .. a
  local before = seq_of(command)
  if before then return '=' .. before end
  -- A room remembers at most one command for each seq.
  if room.head >= most_commands and redis.call('HLEN', COMMANDS) + redis.call('HLEN', OLD_COMMANDS) >= most_commands then
    return 'F'
  end
  push('message', b)
  redis.call('HSET', COMMANDS, command, room.head)
  if redis.call('HLEN', COMMANDS) == 1 then touched[COMMANDS] = true end
  return '+' .. text(room.head)
end

-- A message that came by POST: the event names the transport that its sender reads by.
function ops.post(member, a, b)
  local via = string.match(redis.call('HGET', MEMBERS, member) or '', '^%S* (%S+) ')
  return ops.say(member, a, via and string.sub(b, 1, -2) .. ',"via":"' .. via .. '"}' or b)
end

-- a: command id
function ops.find(member, a)
  local before = seq_of(member .. ' ' .. a)
  return before and '=' .. before or '.'
end

-- The numbers that another process has stored for a member, after how long ago that was, in ms.
local function numbers_of(member)
  local time, numbers = string.match(redis.call('HGET', NUMBERS, member) or '', '^(%d+) (.*)$')
  return time and text(math.max(0, now - tonumber(time))) .. ' ' .. numbers or ''
end

-- a: ms until the deadline, b: `<via> <author>`
function ops.join(member, a, b)
  if redis.call('ZSCORE', ENDED, member) then return 'E' end
  redis.call('ZADD', DEADLINES, 'GT', now + tonumber(a), member)
  touched[DEADLINES] = true
  local numbers = numbers_of(member)
  if redis.call('HEXISTS', MEMBERS, member) == 1 then return '. ' .. numbers end
  local place = redis.call('HINCRBY', META, 'joins', 1)
  redis.call('HSET', MEMBERS, member, text(place) .. ' ' .. b)
  touched[MEMBERS] = true
  if redis.call('HLEN', MEMBERS) > census_from then
    tell_crowd('+' .. b)
    return '. ' .. numbers
  end
  local via, author = string.match(b, '^(%S*) (.*)$')
  push('joined', '"member":' .. author .. (via == '' and '}' or ',"via":"' .. via .. '"}'))
  return '+' .. text(room.head) .. ' ' .. numbers
end

function ops.leave(member)
  return leave(member) and '+' .. text(room.head) or '.'
end

-- a: when the session's token expires
ops['end'] = function(member, a)
  end_session(member, a, now, room.expires)
  tell('x' .. member)
  return '.'
end

-- a: ms until the deadline
function ops.renew(member, a)
  if redis.call('ZSCORE', ENDED, member) then return 'E' end
  if redis.call('HEXISTS', MEMBERS, member) == 0 then return 'F' end
  redis.call('ZADD', DEADLINES, 'XX', 'GT', now + tonumber(a), member)
  return '. ' .. numbers_of(member)
end

-- a: the numbers, b: the transport of the newest, or nothing
function ops.numbers(member, a, b)
  local place, author = string.match(redis.call('HGET', MEMBERS, member) or '', '^(%S*) %S* (.*)$')
  if place then
    redis.call('HSET', MEMBERS, member, place .. ' ' .. b .. ' ' .. author)
    redis.call('HSET', NUMBERS, member, text(now) .. ' ' .. a)
    touched[NUMBERS] = true
  end
  tell('n' .. member .. ' ' .. a)
  return '.'
end

function ops.reap()
  if now >= room.grace then
    local late = redis.call('ZRANGE', DEADLINES, '-inf', now, 'BYSCORE', 'LIMIT', 0, MOST_REAPED)
    for _, member in ipairs(late) do leave(member) end
  end
  return '.'
end

-- Forgets the older page of commands once all of it is old and before the window, and starts another.
local function turn_page()
  if now - room.page_at < dedupe_ms or room.page_head >= room.oldest then return end
  redis.call('UNLINK', OLD_COMMANDS)
  if redis.call('EXISTS', COMMANDS) == 1 then redis.call('RENAME', COMMANDS, OLD_COMMANDS) end
  room.page_at, room.page_head = now, room.head
  redis.call('HSET', META, 'page_at', now, 'page_head', room.head)
end

-- Deletes the oldest events beyond the window, but never the newest one.
local function trim()
  local cutoff = now - keep_ms
  local spare_events = most_events >= LARGE_EVENTS and math.floor(most_events / 32) or 0
  local spare_bytes = most_bytes >= LARGE_BYTES and math.floor(most_bytes / 32) or 0
  local count = room.head - room.oldest + 1
  if count <= 1 then return end
  if count <= most_events + spare_events and room.bytes - room.trimmed <= most_bytes + spare_bytes
    and room.oldest_at >= cutoff then return end
  -- Times and byte counts grow with the seq, so the first event to keep is found by halving.
  local low, high = math.max(room.oldest, room.head - most_events + 1), room.head
  local before, time
  while true do
    local middle = math.floor((low + high) / 2)
    local entry = redis.call('XRANGE', EVENTS, middle, '+', 'COUNT', 1)[1]
    if not entry then
      -- The events are gone though the room is not, for example by eviction.
      room.oldest = room.head + 1
      redis.call('HSET', META, 'oldest', room.oldest, 'trimmed', room.bytes)
      return
    end
    local fields = entry[2]
    before, time = tonumber(fields[4]) - #fields[2], tonumber(fields[6])
    if low == high then break end
    if room.bytes - before <= most_bytes and time >= cutoff then high = middle else low = middle + 1 end
  end
  redis.call('XTRIM', EVENTS, 'MINID', low)
  redis.call('HSET', META, 'oldest', low, 'trimmed', before, 'oldest_at', time)
  room.oldest = low
end

turn_page()
local concerns_presence = false
for index = FIRST_OP, #ARGV, 4 do
  local name = ARGV[index]
  answers[#answers + 1] = ops[name](ARGV[index + 1], ARGV[index + 2], ARGV[index + 3])
  concerns_presence = concerns_presence or (name ~= 'say' and name ~= 'post')
end
trim()

if room.census_due == 1 and (now - room.census_at >= census_ms or now < room.census_at) then
  tell('#' .. text(redis.call('HLEN', MEMBERS)))
  redis.call('HSET', META, 'census_at', now, 'census_due', 0)
end

-- Once a minute for all keys; at once for those that this call may have made.
if now > room.expires - keep_ms + math.min(60000, keep_ms / 2) or now < room.expires - keep_ms then
  expire_all(room, now, keep_ms, lock_ms)
else
  for key in pairs(touched) do redis.call('PEXPIREAT', key, room.expires, 'NX') end
end

local first_stored = 0
if room.head >= first then
  first_stored = first
  save_head(room)
end
if #lines > 0 then
  local header = room.epoch .. ' ' .. text(first_stored) .. ' ' .. node .. ' ' .. text(room.oldest)
  redis.call('SPUBLISH', channel, header .. '\n' .. table.concat(lines, '\n'))
end
return {
  'OK', room.epoch, first_stored, room.head, room.oldest, answers, lines,
  concerns_presence and ms_to_deadline(room, now) or -1,
}
