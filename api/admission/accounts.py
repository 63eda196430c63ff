"""Accounts of tenants in this API process: their leased tokens and slots."""

import asyncio
import math
import time
from collections import OrderedDict
from collections.abc import Iterable, Sequence

from domain.errors.capacity import RateLimited, TooManyInFlight, TooManyUploads
from domain.fairness.admission import rate_limits
from domain.fairness.token_buckets import RateLimit, TokenLease, draw
from domain.limits import AdmissionLimits, TenantLimits
from storage.queue.rate_limits import Buckets

MAX_TENANTS = 10_000
ADMIN_RESERVE = 1 / 8
SLOT_SECONDS = 1.0


class Account:
    """The leases and slots of one tenant.

    Attributes:
        limits: Its limits, and those of the service.
        policy: The header that tells its rates.
    """

    def __init__(self, tenant: str, all_limits: AdmissionLimits, now: float) -> None:
        self.tenant = tenant
        self.limits = all_limits
        limits = rate_limits(all_limits)
        self.policy = policy_header(limits)
        self.slots = 0.0
        self.leases = {limit.name: TokenLease(limit, now) for limit in limits}
        self._limits = limits
        self._drawing = asyncio.Lock()

    @property
    def is_in_debt(self) -> bool:
        """Whether more was spent than was held."""
        return any(lease.held < 0 for lease in self.leases.values())

    def is_idle(self, now: float) -> bool:
        """Say whether the account holds no slot and owes nothing, also not to its buckets."""
        levels = (lease.held + lease.level(now) for lease in self.leases.values())
        return not self.slots and not self.is_in_debt and all(level >= 0 for level in levels)

    def charge(self, name: str, tokens: int) -> None:
        """Spend tokens of one kind, into debt where there are too few."""
        if name in self.leases:
            self.leases[name].spend(tokens)

    async def prepare(self, buckets: Buckets, *, only: str | None = None) -> None:
        """Hold a token of each kind, or of one kind only.

        Raises:
            RateLimited: A bucket is empty, or in debt.
        """
        wanted = [lease for name, lease in self.leases.items() if only in {None, name}]
        while not all(lease.can_pay for lease in wanted):
            _check_rates(wanted)
            async with self._drawing:
                # Else another request has drawn meanwhile.
                if not all(lease.can_pay for lease in wanted):
                    await self._draw(buckets, lease=True)

    async def pay_debts(self, buckets: Buckets) -> None:
        """Take what was overspent out of the buckets, so that other processes count it."""
        async with self._drawing:
            if self.is_in_debt:
                await self._draw(buckets, lease=False)

    async def _draw(self, buckets: Buckets, *, lease: bool) -> None:
        leases = list(self.leases.values())
        demands = [one.demand(lease=lease) for one in leases]
        drawn = await buckets.draw(self.tenant, self._limits, demands)
        now = time.monotonic()
        if drawn is None:  # This process alone keeps the limits, as well as it can.
            drawn = [
                draw(one.limit, one.level(now), demand)
                for one, demand in zip(leases, demands, strict=True)
            ]
        for one, demand, given in zip(leases, demands, drawn, strict=True):
            one.receive(demand, given, now)


def _check_rates(leases: Sequence[TokenLease]) -> None:
    now = time.monotonic()
    slowest = max(leases, key=lambda lease: lease.wait_seconds(now))
    wait_seconds, limit = slowest.wait_seconds(now), slowest.limit
    if wait_seconds:
        raise RateLimited(
            f"The limit is {limit.per_second:g} {limit.name} a second, and "
            f"{limit.burst} at once. Wait for the seconds of Retry-After, then send the "
            "same request again.",
            wait_seconds,
        )


class Accounts:
    """The accounts of the tenants that came last.

    An account that holds a slot or owes tokens is kept, however many come after it: a new one
    in its place would know nothing of them.
    """

    def __init__(self, limits: AdmissionLimits) -> None:
        self._limits = limits
        self._accounts: OrderedDict[str, Account] = OrderedDict()

    def get(self, tenant: str, own: TenantLimits | None = None) -> Account:
        """Give the account of a tenant, which may have limits of its own."""
        account = self._accounts.get(tenant)
        if account is None:
            self._make_room()
            limits = self._limits if own is None else own.in_place_of(self._limits)
            account = self._accounts[tenant] = Account(tenant, limits, time.monotonic())
        else:
            self._accounts.move_to_end(tenant)
        return account

    def _make_room(self) -> None:
        """Forget the idle account that was used least recently, if there are many."""
        now = time.monotonic()
        for _ in range(len(self._accounts) if len(self._accounts) >= MAX_TENANTS else 0):
            tenant, account = next(iter(self._accounts.items()))
            if account.is_idle(now):
                del self._accounts[tenant]
                return
            self._accounts.move_to_end(tenant)  # It is busy: look at it last the next time.


class Slots:
    """Counts the slots that uploads hold in this process: ``most``, or any number if it is 0.

    No tenant takes more than it leaves free, so that slow uploads of several leave room for
    others: the first takes half of the slots, the next one half of the rest. Uploads of admins,
    which have no tenant, have a reserve beside them.
    Source: Choudhury and Hahne, Dynamic Queue Length Thresholds for Shared-Memory Packet Switches
    (1998), with a factor of 1.
    """

    def __init__(self, most: int) -> None:
        self.used = 0.0
        self._most = most
        self._with_reserve = most + max(1.0, most * ADMIN_RESERVE)

    def check(self, account: Account | None, share: float) -> None:
        """Refuse an upload for which there is no slot, or no such share of one.

        Raises:
            TooManyUploads: This process has no slot left.
            TooManyInFlight: The tenant would hold more than is free.
        """
        if not self._most:
            return
        free = (self._with_reserve if account is None else self._most) - self.used - share
        if free < 0:
            raise TooManyUploads(
                "The memory for uploads is in use. Send the same request again.", SLOT_SECONDS
            )
        if account is not None and account.slots and account.slots + share > free:
            raise TooManyInFlight(
                "Your uploads use as much of the capacity as is free. Send fewer at the same time.",
                SLOT_SECONDS,
            )

    def add(self, account: Account | None, share: float) -> None:
        """Take a share of a slot; give it back if it is negative."""
        self.used += share
        if account is not None:
            account.slots += share


def policy_header(limits: Sequence[RateLimit]) -> str:
    """Write RateLimit-Policy: ``q`` units ``qu`` at once, refilled in ``w`` seconds.

    Source: draft-ietf-httpapi-ratelimit-headers (structured fields, RFC 9651).
    """
    return ", ".join(
        f'"{limit.name}";q={limit.burst};qu="{limit.unit}"'
        f";w={math.ceil(limit.burst / limit.per_second)}"
        for limit in limits
    )


def remaining_header(leases: Iterable[TokenLease], now: float) -> str:
    """Write RateLimit: ``r`` units may be sent now.

    ``t`` is the seconds until the bucket is full; for an empty bucket, until it has one token.
    """
    items = []
    for lease in leases:
        limit, total = lease.limit, lease.held + lease.level(now)
        left = max(0, math.floor(total))
        missing = (limit.burst if left else 1) - total
        seconds = max(0, math.ceil(missing / limit.per_second))
        items.append(f'"{limit.name}";r={left};t={seconds}')
    return ", ".join(items)
