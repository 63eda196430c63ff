"""Token buckets that all API processes share: one hash in Redis for each tenant, one script.

Redis may be down, slow or frozen. A call takes a tenth of a second at most. After a failure no
request calls Redis until it has answered a ping, and each process continues with the levels that
it last knew.
"""

import asyncio
from collections.abc import Sequence

import msgspec
import structlog

from domain.fairness.token_buckets import Demand, Drawn, RateLimit
from storage.errors import REDIS_FAILED
from storage.queue.connection import connect_redis
from storage.settings import StoreSettings

ANSWER_SECONDS = 0.1
RECOVERY_SECONDS = 1.0
MAX_CALLS = 16
PREFIX = "minilab:admission:"

# A level is stored with its time, by the clock of Redis. The key expires when every bucket would be
# full again, so a missing bucket is a full one.
DRAW = """
local time = redis.call('TIME')
local now = time[1] + time[2] / 1e6
local answer, lasts = {}, 0
for first = 1, #ARGV, 5 do
    local name, rate, burst = ARGV[first], tonumber(ARGV[first + 1]), tonumber(ARGV[first + 2])
    local debt, wanted = tonumber(ARGV[first + 3]), tonumber(ARGV[first + 4])
    local kept = redis.call('HMGET', KEYS[1], name, name .. ':at')
    local level = burst
    if kept[1] and kept[2] then
        local elapsed = math.max(0, now - tonumber(kept[2]))
        level = math.min(burst, tonumber(kept[1]) + elapsed * rate)
    end
    level = level - debt
    local granted = math.max(0, math.min(wanted, math.floor(level)))
    level = level - granted
    redis.call('HSET', KEYS[1], name, string.format('%.17g', level),
        name .. ':at', string.format('%.6f', now))
    lasts = math.max(lasts, (burst - level) / rate)
    answer[#answer + 1] = string.format('%.17g', level)
    answer[#answer + 1] = granted
end
redis.call('PEXPIRE', KEYS[1], math.ceil(math.min(lasts, 1e9) * 1000) + 1000)
return answer
"""

_log = structlog.get_logger(__name__)


class Buckets:
    """Draws from shared buckets within a short time limit."""

    def __init__(self, settings: StoreSettings) -> None:
        self._answer_seconds = min(ANSWER_SECONDS, settings.redis_timeout_seconds)
        quick = msgspec.structs.replace(settings, redis_timeout_seconds=self._answer_seconds)
        self._redis = connect_redis(quick, retries=0)
        self._draw = self._redis.register_script(DRAW)
        self._calls = asyncio.Semaphore(MAX_CALLS)
        self._recovering: asyncio.Task[None] | None = None

    @property
    def is_shared(self) -> bool:
        """Whether the last call to Redis was answered."""
        return self._recovering is None

    async def draw(
        self, tenant: str, limits: Sequence[RateLimit], demands: Sequence[Demand]
    ) -> list[Drawn] | None:
        """Draw from the buckets of a tenant at one moment; None if Redis cannot be called now."""
        if not self.is_shared:
            return None
        args: list[str | float] = []
        for limit, demand in zip(limits, demands, strict=True):
            args += [limit.name, limit.per_second, limit.burst, demand.debt, demand.wanted]
        try:
            async with asyncio.timeout(self._answer_seconds), self._calls:
                answer = await self._draw(keys=[PREFIX + tenant], args=args)
        except REDIS_FAILED as error:  # TimeoutError is an OSError.
            self._give_up(type(error).__name__)
            return None
        pairs = zip(answer[::2], answer[1::2], strict=True)
        return [Drawn(float(level), int(granted)) for level, granted in pairs]

    async def close(self) -> None:
        """Close all connections."""
        if self._recovering is not None:
            self._recovering.cancel()
            await asyncio.wait([self._recovering])
        await self._redis.aclose(close_connection_pool=True)

    def _give_up(self, reason: str) -> None:
        if self._recovering is None:
            _log.warning("shared_limits_lost", reason=reason)
            self._recovering = asyncio.create_task(self._recover())

    async def _recover(self) -> None:
        while True:
            await asyncio.sleep(RECOVERY_SECONDS)
            try:
                async with asyncio.timeout(self._answer_seconds):
                    await self._redis.ping()
            except REDIS_FAILED:
                continue
            _log.info("shared_limits_found")
            self._recovering = None
            return
