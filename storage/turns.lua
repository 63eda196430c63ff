-- Hands work to the queue by weighted turns between tenants: weighted fair queueing by virtual time
-- (Demers, Keshav and Shenker 1989).
--
-- A hint takes a turn, a stretch of virtual time as long as its work divided by its tenant's weight.
-- It begins where the tenant's turn before it ended, or now if that is over. Its end is the score in
-- the queue, and workers take the lowest one first. Now moves by the work that was done, divided
-- among the tenants whose turns are not over. It is counted in small images, and so stays far below
-- the milliseconds since 1970 that arq compares scores with.
--
-- The queue is bounded. What a tenant may run ahead of now is its share of the room that is left,
-- so that whoever has nothing in the queue gets in. What finds no room stays in MongoDB alone, and
-- its tenant joins the backlog with a cursor: the position of its first hint that is not here.

local queue, clock, ends, backlog, cursors, pause = unpack(KEYS)
local DAY_SECONDS = 86400
local SLACK = 100

local function number(text)
  return text and tonumber(text) or 0
end

local function text(value)
  return string.format('%.17g', value)
end

-- Moves the clock on by the length of turns that have been worked on. When the queue is empty all
-- turns are over. Work that is never reported, because its worker was killed, holds the clock back
-- by no more than the slack.
local function read_clock(done)
  local last = number(redis.call('ZRANGE', ends, -1, -1, 'WITHSCORES')[2])
  local lowest = tonumber(redis.call('ZRANGE', queue, 0, 0, 'WITHSCORES')[2])
  local now = number(redis.call('GET', clock))
  local moved = now + done / math.max(1, redis.call('ZCARD', ends))
  now = math.max(now, math.min(last, lowest and math.max(moved, lowest - SLACK) or last))
  redis.call('SET', clock, text(now), 'EX', DAY_SECONDS)
  redis.call('ZREMRANGEBYSCORE', ends, '-inf', text(now))
  for _, key in ipairs({ends, backlog, cursors}) do
    redis.call('EXPIRE', key, DAY_SECONDS)
  end
  return now
end

local function room_for_each(most)
  return (tonumber(most) - redis.call('ZCARD', queue)) / (1 + redis.call('ZCARD', backlog))
end

local function join(tenant, turn, position)
  redis.call('ZADD', backlog, text(turn), tenant)
  local cursor = redis.call('HGET', cursors, tenant)
  if not cursor or position < cursor then
    redis.call('HSET', cursors, tenant, position)
  end
  redis.call('EXPIRE', backlog, DAY_SECONDS)
  redis.call('EXPIRE', cursors, DAY_SECONDS)
end

local function is_there(id, key)
  return redis.call('EXISTS', key) == 1 and redis.call('ZSCORE', queue, id)
end

local function put(id, key, turn, task)
  redis.call('ZADD', queue, text(turn), id)
  redis.call('SET', key, task, 'EX', DAY_SECONDS)
end

-- Sends hints of a tenant until there is no room; what is there already is left alone.
-- start: '' for new work, which goes behind its tenant's backlog; else the cursor of that backlog.
local function send(channel, most, tenant, start, ...)
  local now = read_clock(0)
  local room = room_for_each(most)
  local turn = math.max(now, number(redis.call('ZSCORE', ends, tenant)))
  local waits = start == '' and redis.call('ZSCORE', backlog, tenant)
  local hints = {...}
  local sent, position, full = 0, start, false
  for i = 1, #hints, 5 do
    local id, key, length, task = hints[i], hints[i + 1], hints[i + 3], hints[i + 4]
    position = hints[i + 2]
    if not is_there(id, key) then
      full = waits or room <= 0 or turn - now > room
      if full then break end
      turn = turn + length
      put(id, key, turn, task)
      sent = sent + 1
      room = room_for_each(most)
    end
  end
  if sent > 0 then
    redis.call('ZADD', ends, text(turn), tenant)
    redis.call('EXPIRE', ends, DAY_SECONDS)
    redis.call('PUBLISH', channel, '')
  end
  if start ~= '' and redis.call('HGET', cursors, tenant) == start then
    redis.call('HSET', cursors, tenant, position)
    redis.call('ZADD', backlog, 'XX', text(turn), tenant)
  elseif full then
    join(tenant, turn, position)
  end
  return {sent, full and 1 or 0}
end

-- Sends a hint of work that has had its turn and lost its worker: it comes next, at no cost.
local function send_again(channel, most, id, key, task)
  if redis.call('ZCARD', queue) >= tonumber(most) then return 0 end
  put(id, key, math.max(1, read_clock(0)), task)
  redis.call('PUBLISH', channel, '')
  return 1
end

-- Picks tenants with a backlog that have used up half of their share, the furthest behind first;
-- nobody, if that was asked a moment ago.
local function pick(most, limit, pause_ms)
  if redis.call('EXISTS', backlog) == 0 then return {} end
  if not redis.call('SET', pause, '1', 'NX', 'PX', pause_ms) then return {} end
  local now = read_clock(0)
  local room = room_for_each(most)
  if room <= 0 then return {} end
  local behind = redis.call(
    'ZRANGEBYSCORE', backlog, '-inf', text(now + room / 2), 'WITHSCORES', 'LIMIT', 0, limit)
  local picked = {}
  for i = 1, #behind, 2 do
    local cursor = redis.call('HGET', cursors, behind[i])
    local units = now + room - math.max(now, tonumber(behind[i + 1]))
    table.insert(picked, {behind[i], cursor or '', text(units)})
  end
  return picked
end

-- Takes a tenant off the backlog, unless something has joined it since.
local function leave(tenant, cursor)
  if redis.call('HGET', cursors, tenant) ~= cursor then return 0 end
  redis.call('ZREM', backlog, tenant)
  redis.call('HDEL', cursors, tenant)
  return 1
end

local function join_all(...)
  for _, tenant in ipairs({...}) do
    join(tenant, number(redis.call('ZSCORE', ends, tenant)), '0')
  end
end

local commands = {
  send = send, send_again = send_again, pick = pick, leave = leave, join_all = join_all,
  advance = function(done) read_clock(tonumber(done)) end,
}
return commands[ARGV[1]](unpack(ARGV, 2))
