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

-- A hint waits in the queue or is taken: then a worker has it until a deadline, and waits again with
-- the same turn afterwards. Taken hints have sets of their own, by turn and by deadline, so that
-- workers find the first hint at once, however much is in work. The bound is for hints that wait.

local queue, taken, deadlines, clock, ends, backlog, cursors, joined, pause, hungry = unpack(KEYS)
-- arq's name.
local TASK = 'arq:job:'
local DAY_SECONDS = 86400
local SLACK = 100
local PAGE = 200
local MOST_FOUND = 500

local function number(text)
  return text and tonumber(text) or 0
end

local function text(value)
  return string.format('%.17g', value)
end

local function time_ms()
  local time = redis.call('TIME')
  return 1000 * time[1] + math.floor(time[2] / 1000)
end

local function score_at(key, rank)
  return tonumber(redis.call('ZRANGE', key, rank, rank, 'WITHSCORES')[2])
end

-- Advances the clock by the length of turns that are done. When the queue is empty, all turns are
-- over. Work of a killed worker is never reported, and holds the clock back by the slack at most.
local function read_clock(done)
  if redis.call('EXISTS', queue, taken, ends, backlog) == 0 then
    return number(redis.call('GET', clock))
  end
  local last = score_at(ends, -1) or 0
  local first, first_taken = score_at(queue, 0), score_at(taken, 0)
  local lowest = first and first_taken and math.min(first, first_taken) or first or first_taken
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

-- Also keeps the first position that joined since the tenant was picked: what was read of it then
-- may lack that.
local function join(tenant, turn, position)
  redis.call('ZADD', backlog, text(turn), tenant)
  for _, key in ipairs({cursors, joined}) do
    local first = redis.call('HGET', key, tenant)
    if not first or position < first then redis.call('HSET', key, tenant, position) end
  end
  for _, key in ipairs({backlog, cursors, joined}) do
    redis.call('EXPIRE', key, DAY_SECONDS)
  end
end

local function is_there(id)
  return redis.call('EXISTS', TASK .. id) == 1
    and (redis.call('ZSCORE', queue, id) or redis.call('ZSCORE', taken, id))
end

-- Returns the turn of a hint that is no longer taken; false if it was not.
local function give_back(id)
  local turn = redis.call('ZSCORE', taken, id)
  redis.call('ZREM', taken, id)
  redis.call('ZREM', deadlines, id)
  return turn
end

local function put(id, turn, task)
  give_back(id)
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
    local first = redis.call('HGET', joined, tenant)
    redis.call('HSET', cursors, tenant, first and first < position and first or position)
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

-- Sends hints of backlogs, given like those of send_all. Tenants without more work, a '1' in wholes,
-- leave the backlog if all found room, and no more has joined it since they were picked.
local function refill(channel, most, wholes, ...)
  local given, answers, at = {...}, send_all(channel, most, ...), 1
  for i, answer in ipairs(answers) do
    local tenant, start, count = given[at], given[at + 1], tonumber(given[at + 2])
    local position = count > 0 and given[at + 4 * count] or start
    at = at + 3 + 4 * count
    if string.sub(wholes, i, i) == '1' and answer[2] == 0
      and not redis.call('HGET', joined, tenant)
      and redis.call('HGET', cursors, tenant) == position then
      redis.call('ZREM', backlog, tenant)
      redis.call('HDEL', cursors, tenant)
    end
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

-- Lets hints wait again whose worker kept them too long.
local function return_overdue(now_ms)
  local late = redis.call('ZRANGEBYSCORE', deadlines, '-inf', now_ms, 'LIMIT', 0, PAGE)
  for _, id in ipairs(late) do
    local turn = give_back(id)
    if turn then redis.call('ZADD', queue, turn, id) end
  end
end

local function hold(id, turn, deadline)
  redis.call('ZREM', queue, id)
  redis.call('ZADD', taken, turn, id)
  redis.call('ZADD', deadlines, deadline, id)
end

-- Takes the first hints, as far as there is room. A worker that holds nothing takes one, however
-- large. Hints without their task are of no use, and are removed.
local function take(held, most_units, most_hints, hold_seconds)
  local got, now_ms = {}, time_ms()
  return_overdue(now_ms)
  while #got < most_hints do
    local wanted = math.min(PAGE, most_hints - #got)
    local first = redis.call('ZRANGE', queue, 0, wanted - 1, 'WITHSCORES')
    for i = 1, #first, 2 do
      local id, task = first[i], redis.call('GET', TASK .. first[i])
      local units = task and read_units(task) or 0
      if task and held > 0 and held + units > most_units then return got end
      if task then
        hold(id, first[i + 1], now_ms + 1000 * hold_seconds)
        held = held + units
        table.insert(got, {id, first[i + 1], text(units), task})
      else
        redis.call('ZREM', queue, id)
      end
    end
    if #first < 2 * wanted then
      -- An idle worker writes nothing.
      if redis.call('EXISTS', hungry) == 0 then
        redis.call('SET', hungry, '1', 'EX', DAY_SECONDS)
      end
      break
    end
  end
  return got
end

-- Takes back hints from a worker, and gives it more. Wakes the others if they can be taken again.
-- done: length of the turns that it has done. ended: how many of the IDs are done; others can be
-- taken again. held, most_units, most_hints: as for take.
local function exchange(channel, done, held, most_units, most_hints, hold_seconds, ended, ...)
  if select('#', ...) > tonumber(ended) then wake(channel) end
  for i, id in ipairs({...}) do
    local turn = give_back(id)
    if i <= tonumber(ended) then
      redis.call('DEL', TASK .. id)
      redis.call('ZREM', queue, id)
    elseif turn then
      redis.call('ZADD', queue, turn, id)
    end
  end
  read_clock(tonumber(done))
  local got = take(tonumber(held), tonumber(most_units), tonumber(most_hints), tonumber(hold_seconds))
  if #got > 0 then
    redis.call('EXPIRE', taken, DAY_SECONDS)
    redis.call('EXPIRE', deadlines, DAY_SECONDS)
  end
  return got
end

-- Returns for each hint whether it waits or is taken, and how long its worker may still keep it.
local function find_states(...)
  local states, now_ms = {}, time_ms()
  for i, id in ipairs({...}) do
    local deadline = redis.call('ZSCORE', deadlines, id)
    states[i] = {is_there(id) and 1 or 0, deadline and deadline - now_ms or 0}
  end
  return states
end

-- Returns hints that a worker has taken and may keep for most_ms at most, the oldest first.
local function find_taken(most_ms)
  local now_ms = time_ms()
  return redis.call(
    'ZRANGEBYSCORE', deadlines, '(' .. now_ms, now_ms + most_ms, 'LIMIT', 0, MOST_FOUND)
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
    local tenant, units = behind[i], now + room - math.max(now, tonumber(behind[i + 1]))
    local cursor = redis.call('HGET', cursors, tenant) or '0'
    redis.call('HSET', cursors, tenant, cursor)
    redis.call('HDEL', joined, tenant)
    table.insert(picked, {tenant, cursor, text(units)})
  end
  return picked
end

local function join_all(...)
  for _, tenant in ipairs({...}) do
    join(tenant, number(redis.call('ZSCORE', ends, tenant)), '0')
  end
end

local commands = {
  send_all = send_all, send_again = send_again, exchange = exchange,
  find_states = find_states, find_taken = find_taken,
  pick = pick, refill = refill, join_all = join_all,
}
return commands[ARGV[1]](unpack(ARGV, 2))
