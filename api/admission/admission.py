"""Admission: whether an upload is let in, decided before its body is read.

Each decision is made of what this process knows: the load that :class:`LoadWatch` reads in the
background, and the tokens that it holds of the tenant's buckets. Redis is asked for tokens only
when the purse is empty, and never waited for long.
"""

import asyncio
import time
from collections import Counter, OrderedDict
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from api.admission.load_watch import LoadWatch
from api.admission.rate_limit_headers import policy_header, remaining_header
from domain.errors.capacity import OverLimit, RateLimited, TooManyInFlight, TooManyUploads
from domain.fairness.admission import (
    check_backlog,
    check_in_flight,
    check_storage,
    place_of,
    rate_limits,
)
from domain.fairness.token_buckets import Purse, RateLimit, draw
from domain.limits import AdmissionLimits
from storage.rate_limits import Buckets

MAX_TENANTS = 10_000
TENANT_SHARE = 1 / 2
PLACE_SECONDS = 1.0
ADMITTED = ("admitted", "")
REQUESTS = "requests"
BYTES = "bytes"
FILES = "files"


class Account:
    """What this process holds for one tenant.

    Args:
        tenant: Whose.
        limits: Its buckets.
        now: The time, monotonic.
    """

    def __init__(self, tenant: str, limits: Sequence[RateLimit], now: float) -> None:
        self.tenant = tenant
        self.places = 0.0
        self.purses = {limit.name: Purse(limit, now) for limit in limits}
        self._limits = limits
        self._drawing = asyncio.Lock()

    @property
    def can_pay(self) -> bool:
        """Whether one token of each kind is held."""
        return all(purse.held >= 1 for purse in self.purses.values())

    @property
    def is_in_debt(self) -> bool:
        """Whether more was spent than was held."""
        return any(purse.held < 0 for purse in self.purses.values())

    def charge(self, name: str, tokens: int) -> None:
        """Spend tokens of one kind, into debt where there are too few."""
        if name in self.purses:
            self.purses[name].spend(tokens)

    def slowest(self, now: float) -> Purse:
        """Give the purse that it takes longest to get a token for."""
        return max(self.purses.values(), key=lambda purse: purse.wait_seconds(now))

    async def prepare(self, buckets: Buckets) -> None:
        """Hold a token of each kind.

        Raises:
            RateLimited: A bucket is empty, or in debt.
        """
        while not self.can_pay:
            now = time.monotonic()
            purse = self.slowest(now)
            wait_seconds = purse.wait_seconds(now)
            if wait_seconds:
                limit = purse.limit
                raise RateLimited(
                    f"The limit is {limit.per_second:g} {limit.name} a second, and "
                    f"{limit.burst} at once. Wait for as long as Retry-After says, then send the "
                    "same request again.",
                    wait_seconds,
                )
            async with self._drawing:
                if not self.can_pay:  # Else another request has drawn meanwhile.
                    await self._draw(buckets, lease=True)

    async def pay_debts(self, buckets: Buckets) -> None:
        """Take what was overspent out of the buckets, so that other processes know of it."""
        async with self._drawing:
            if self.is_in_debt:
                await self._draw(buckets, lease=False)

    async def _draw(self, buckets: Buckets, *, lease: bool) -> None:
        purses = list(self.purses.values())
        demands = [purse.ask(lease=lease) for purse in purses]
        drawn = await buckets.draw(self.tenant, self._limits, demands)
        now = time.monotonic()
        if drawn is None:  # This process alone keeps the limits, as well as it can.
            drawn = [
                draw(purse.limit, purse.level(now), demand)
                for purse, demand in zip(purses, demands, strict=True)
            ]
        for purse, demand, given in zip(purses, demands, drawn, strict=True):
            purse.take(demand, given, now)


class Upload:
    """An upload that was let in. Its place is free again when the context ends.

    Args:
        admission: What let it in.
        account: Its tenant's; None where no tenant's limits count.
        length: Bytes that the request says it has; None where it does not.
    """

    def __init__(self, admission: "Admission", account: Account | None, length: int | None) -> None:
        self._admission = admission
        self._account = account
        self._length = length
        self._take(place_of(length))

    def __enter__(self) -> Self:
        """Hold the place, which was taken when the upload was let in."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave."""
        self.leave()

    def leave(self) -> None:
        """Give the place back, and pay what was charged meanwhile."""
        self._take(-place_of(self._length))
        if self._account is not None:
            self._admission.settle(self._account)

    def count_arrived(self, arrived_bytes: int) -> None:
        """Charge bytes that were not announced."""
        if self._length is None:
            self._admission.charge_bytes(self._account, arrived_bytes)

    def count_files(self, files: int) -> None:
        """Charge the files, now that they are counted."""
        if self._account is not None:
            self._account.charge(FILES, files)

    def count_images(self, images: int) -> None:
        """Count the images that are on their way from now on."""
        tenant = None if self._account is None else self._account.tenant
        self._admission.watch.count_images(tenant, images)

    def _take(self, place: float) -> None:
        self._admission.places += place
        if self._account is not None:
            self._account.places += place


class Admission:
    """Lets uploads in, or says why not and when.

    Attributes:
        decisions: How often each decision was made: ``("admitted", "")``, or ``("refused",
            code)`` with the code of the problem document.
        places: Large uploads that are coming in; small ones count in part.

    Args:
        limits: How much is let in.
        buckets: Shared with the other API processes.
        watch: Knows how full the service is.
    """

    def __init__(self, limits: AdmissionLimits, buckets: Buckets, watch: LoadWatch) -> None:
        self.decisions: Counter[tuple[str, str]] = Counter()
        self.places = 0.0
        self.watch = watch
        self._limits = limits
        self._buckets = buckets
        self._rates = rate_limits(limits)
        self._policy = policy_header(self._rates)
        self._accounts: OrderedDict[str, Account] = OrderedDict()
        self._settling: set[asyncio.Task[None]] = set()

    async def admit(self, tenant: str | None, length: int | None) -> Upload:
        """Decide about an upload, before its body is read.

        Args:
            tenant: Whose limits count; None: only those of the whole service.
            length: Bytes of the body; None where the request does not say.

        Returns:
            The upload, to be entered while it is received.

        Raises:
            OverLimit: It is not let in now.
        """
        account = None if tenant is None else self._account(tenant)
        try:
            self._check_load(account, length)
            upload = Upload(self, account, length)
            if account is not None:
                await self._pay(account, upload)
        except OverLimit as refusal:
            self.decisions["refused", refusal.code] += 1
            raise
        self.decisions[ADMITTED] += 1
        self.charge_bytes(account, length or 0)
        if account is not None:
            self.settle(account)
        return upload

    def headers(self, tenant: str | None) -> dict[str, str]:
        """Say what a tenant may send now; nothing where no limit of its own counts."""
        if tenant is None or not self._rates:
            return {}
        purses = self._account(tenant).purses.values()
        left = remaining_header(purses, time.monotonic())
        return {"RateLimit-Policy": self._policy, "RateLimit": left}

    def charge_bytes(self, account: Account | None, length: int) -> None:
        """Count bytes of a body."""
        self.watch.count_bytes(length)
        if account is not None:
            account.charge(BYTES, length)

    def settle(self, account: Account) -> None:
        """Pay the debts of a tenant in the background, if it has any."""
        if account.is_in_debt:
            task = asyncio.create_task(account.pay_debts(self._buckets))
            self._settling.add(task)
            task.add_done_callback(self._settling.discard)

    async def close(self) -> None:
        """End looking after the load, and wait until all debts are paid."""
        await self.watch.stop()
        if self._settling:
            await asyncio.wait(self._settling)

    async def _pay(self, account: Account, upload: Upload) -> None:
        try:
            await account.prepare(self._buckets)
        except BaseException:
            upload.leave()
            raise
        account.charge(REQUESTS, 1)

    def _check_load(self, account: Account | None, length: int | None) -> None:
        limits, load = self._limits, self.watch.load
        self._check_places(account, length)
        check_storage(limits, load, self.watch.bytes_since, length or 0)
        check_backlog(limits, self.watch.images, load.images_per_second)
        if account is not None:
            images = self.watch.images_of(account.tenant)
            check_in_flight(limits, images, load.images_per_second)

    def _check_places(self, account: Account | None, length: int | None) -> None:
        most, place = self._limits.max_concurrent_uploads, place_of(length)
        if not most:
            return
        if self.places + place > most:
            raise TooManyUploads(
                "As many uploads are coming in as fit into memory. Send the same request again.",
                PLACE_SECONDS,
            )
        if account is not None and account.places and account.places + place > most * TENANT_SHARE:
            raise TooManyInFlight(
                "Your uploads take half of the places there are. Send fewer at the same time.",
                PLACE_SECONDS,
            )

    def _account(self, tenant: str) -> Account:
        account = self._accounts.get(tenant)
        if account is None:
            account = self._accounts[tenant] = Account(tenant, self._rates, time.monotonic())
            if len(self._accounts) > MAX_TENANTS:
                self._accounts.popitem(last=False)
        else:
            self._accounts.move_to_end(tenant)
        return account
