-- Returns what is known of a room's name: its key hash, and whether only that is left of the room. The name's key is the
-- same in every history, so this needs no check of the primary's.
local key = redis.call('HGET', META, 'key')
if key then return { key, 0 } end
key = redis.call('GET', KEY)
return key and { key, 1 } or { '', -1 }
