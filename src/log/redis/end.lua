-- Remembers that a session was ended in a room that the process has not opened. The room need not exist, and which history
-- it has does not matter: sessions end in all of them.
-- ARGV: channel, node, member, when the session's token expires.
local channel, node, member, valid_until = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local m = redis.call('HMGET', META, 'epoch', 'expires')
end_session(member, valid_until, now_in_ms(), tonumber(m[2] or 0))
if m[1] then redis.call('SPUBLISH', channel, m[1] .. ' 0 ' .. node .. '\nx' .. member) end
return 'OK'
