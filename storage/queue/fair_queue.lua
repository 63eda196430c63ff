-- Weighted fair queueing between tenants, by virtual time (Demers, Keshav and Shenker 1989).
--
-- Each hint takes a turn, a stretch of virtual time: its work divided by the weight of its tenant.
-- A turn begins at the end of the tenant's last turn, or now if that is over. Its end is the
-- score in the queue, and workers take the lowest score first. Now advances by the work that was
-- done, divided by the number of tenants whose turns are not over. The unit is a small image, so
-- scores stay far below the milliseconds since 1970 that arq compares them with.
--
-- The queue is bounded. A tenant may be ahead of now by its share of the room that is left, so a
-- tenant with nothing in the queue always gets in. Work that finds no room stays in MongoDB alone,
-- and its tenant joins the backlog with a cursor: the position of its first hint that is not here.

local queue, clock, ends, backlog, cursors, pause, hungry = unpack(KEYS)
-- arq's names.
local TASK, IN_PROGRESS = 'arq:job:', 'arq:in-progress:'
local DAY_SECONDS = 86400
local SLACK = 100
local PAGE = 200
local LOOKED_THROUGH = 500

local function number(text)
  return text and tonumber(text) or 0
end

local function text(value)
  return string.format('%.17g', value)
end

-- Advances the clock by the length of turns that are done. When the queue is empty, all turns are
-- over. Work of a killed worker is never reported, and holds the clock back by the slack at most.
local function read_clock(done)
  if redis.call('EXISTS', queue, ends, backlog) == 0 then
    return number(redis.call('GET', clock))
  end
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

local function is_there(id)
  return redis.call('EXISTS', TASK .. id) == 1 and redis.call('ZSCORE', queue, id)
end

local function put(id, turn, task)
  redis.call('ZADD', queue, text(turn), id)
  redis.call('SET', TASK .. id, task, 'EX', DAY_SECONDS)
end

-- Wakes the workers, if one of them has found less work than it had room for.
local function wake(channel)
  if redis.call('DEL', hungry) == 1 then
    redis.call('PUBLISH', channel, '')
  end
end

-- Sends hints of a tenant until there is no room. Hints that are in the queue stay as they are.
-- start: '' for new work, which waits behind the backlog of its tenant; else the backlog's cursor.
local function send(channel, most, tenant, start, hints)
  local now = read_clock(0)
  local room = room_for_each(most)
  local turn = math.max(now, number(redis.call('ZSCORE', ends, tenant)))
  local waits = start == '' and redis.call('ZSCORE', backlog, tenant)
  local sent, position, full = 0, start, false
  for i = 1, #hints, 4 do
    local id, length, task = hints[i], hints[i + 2], hints[i + 3]
    position = hints[i + 1]
    if not is_there(id) then
      full = waits or room <= 0 or turn - now > room
      if full then break end
      turn = turn + length
      put(id, turn, task)
      sent = sent + 1
      room = room_for_each(most)
    end
  end
  if sent > 0 then
    redis.call('ZADD', ends, text(turn), tenant)
    redis.call('EXPIRE', ends, DAY_SECONDS)
    wake(channel)
  end
  if start ~= '' and redis.call('HGET', cursors, tenant) == start then
    redis.call('HSET', cursors, tenant, position)
    redis.call('ZADD', backlog, 'XX', text(turn), tenant)
  elseif full then
    join(tenant, turn, position)
  end
  return {sent, full and 1 or 0}
end

-- Sends hints of several tenants: for each its ID, its start, the number of hints, and the hints.
local function send_all(channel, most, ...)
  local given, answers, at = {...}, {}, 1
  while at < #given do
    local last = at + 2 + 4 * tonumber(given[at + 2])
    local hints = {unpack(given, at + 3, last)}
    table.insert(answers, send(channel, most, given[at], given[at + 1], hints))
    at = last + 1
  end
  return answers
end

-- Sends a hint again whose worker was lost. It comes next and costs no turn.
local function send_again(channel, most, id, task)
  if redis.call('ZCARD', queue) >= tonumber(most) then return 0 end
  put(id, math.max(1, read_clock(0)), task)
  wake(channel)
  return 1
end

-- The work of a task: the last of its arguments.
local function read_units(task)
  local readable, read = pcall(cmsgpack.unpack, task)
  local arguments = readable and type(read) == 'table' and read.a
  return type(arguments) == 'table' and tonumber(arguments[#arguments]) or 1
end

-- Takes the first hints that no worker has, as far as there is room. A worker that holds nothing
-- takes one, however large. Hints without their task are of no use, and are removed.
local function take(held, most_units, most_hints, mark_seconds)
  local taken, rank = {}, 0
  while #taken < most_hints do
    local first = redis.call('ZRANGE', queue, rank, rank + PAGE - 1, 'WITHSCORES')
    for i = 1, #first, 2 do
      local id, mark = first[i], IN_PROGRESS .. first[i]
      rank = rank + 1
      if redis.call('EXISTS', mark) == 0 then
        local task = redis.call('GET', TASK .. id)
        local units = task and read_units(task) or 0
        if #taken == most_hints or task and held > 0 and held + units > most_units then
          return taken
        end
        if task then
          redis.call('SET', mark, '1', 'EX', mark_seconds)
          held = held + units
          table.insert(taken, {id, first[i + 1], text(units), task})
        else
          redis.call('ZREM', queue, id)
          rank = rank - 1
        end
      end
    end
    if #first < 2 * PAGE then
      -- An idle worker writes nothing.
      if redis.call('EXISTS', hungry) == 0 then
        redis.call('SET', hungry, '1', 'EX', DAY_SECONDS)
      end
      return taken
    end
  end
  return taken
end

-- Takes back hints from a worker, and gives it more. Wakes the others if they can be taken again.
-- done: length of the turns that it has done. ended: how many of the IDs are done; others can be
-- taken again. held, most_units, most_hints: as for take.
local function exchange(channel, done, held, most_units, most_hints, mark_seconds, ended, ...)
  if select('#', ...) > tonumber(ended) then wake(channel) end
  for i, id in ipairs({...}) do
    redis.call('DEL', IN_PROGRESS .. id)
    if i <= tonumber(ended) then
      redis.call('DEL', TASK .. id)
      redis.call('ZREM', queue, id)
    end
  end
  read_clock(tonumber(done))
  return take(tonumber(held), tonumber(most_units), tonumber(most_hints), mark_seconds)
end

-- Returns for each hint whether it is in the queue, and how long its worker's mark still lasts.
local function find_states(...)
  local states = {}
  for i, id in ipairs({...}) do
    states[i] = {is_there(id) and 1 or 0, redis.call('PTTL', IN_PROGRESS .. id)}
  end
  return states
end

-- Returns hints that a worker has taken and whose mark lasts for most_ms at most.
local function find_taken(most_ms)
  local taken = {}
  for _, id in ipairs(redis.call('ZRANGE', queue, 0, LOOKED_THROUGH - 1)) do
    local left_ms = redis.call('PTTL', IN_PROGRESS .. id)
    if left_ms > 0 and left_ms <= tonumber(most_ms) then
      table.insert(taken, id)
    end
  end
  return taken
end

-- Returns tenants with a backlog that have used half of their share, the furthest behind first; no
-- tenant if a process asked within the pause.
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

-- Removes a tenant from the backlog, unless more work has joined it since.
local function leave(tenant, cursor)
  if (redis.call('HGET', cursors, tenant) or '') ~= cursor then return 0 end
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
  send_all = send_all, send_again = send_again, exchange = exchange,
  find_states = find_states, find_taken = find_taken,
  pick = pick, leave = leave, join_all = join_all,
}
return commands[ARGV[1]](unpack(ARGV, 2))
