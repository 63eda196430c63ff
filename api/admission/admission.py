"""Admission: accepts or refuses an upload before its body is read.

A decision uses what this process knows: the load that :class:`LoadWatch` reads in the background,
and the tokens that it has leased from the tenant's buckets. Redis is only asked for tokens when
the lease is used up, and never waited for long.
"""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator

from api.admission.accounts import Account, Accounts, Slots, remaining_header
from api.admission.load_watch import LoadWatch
from domain.errors.capacity import OverLimit
from domain.fairness.admission import (
    check_backlog,
    check_in_flight,
    check_storage,
    slot_share,
    tenant_of,
)
from domain.keys import Caller
from domain.limits import AdmissionLimits
from storage.queue.rate_limits import Buckets

ADMITTED = ("admitted", "")


class Admission:
    """Admits uploads, or refuses them with the time after which to try again.

    Attributes:
        decisions: How often each decision was made: ``("admitted", "")``, or ``("refused",
            code)`` with the code of the problem document.
    """

    def __init__(self, limits: AdmissionLimits, buckets: Buckets, watch: LoadWatch) -> None:
        self.decisions: Counter[tuple[str, str]] = Counter()
        self.slots = Slots(limits.max_concurrent_uploads)
        self.watch = watch
        self._limits = limits
        self._buckets = buckets
        self._accounts = Accounts(limits)
        self._settling: set[asyncio.Task[None]] = set()

    async def admit(self, caller: Caller, length: int | None) -> "Admitted":
        """Decide about an upload, before its body is read.

        Args:
            caller: Its tenant's limits apply; for an admin only those of the whole service.
            length: Bytes of the body; None if the request does not say.

        Raises:
            OverLimit: The upload is refused for now.
        """
        account = self._account(caller)
        try:
            admitted = Admitted(self, account, length)
            try:
                self._check_load(account, length or 0)
                if account is not None:
                    await account.prepare(self._buckets)
                    account.charge("requests", 1)
            except BaseException:
                admitted.close()
                raise
        except OverLimit as refusal:
            self.decisions["refused", refusal.code] += 1
            raise
        self.decisions[ADMITTED] += 1
        admitted.charge_announced()
        return admitted

    async def admit_replay(self, caller: Caller, length: int | None) -> "Admitted":
        """Admit an upload whose answer is known: it adds no work and stores nothing.

        Its body is read to compare it: it takes a slot, and the limit of bytes holds for it.

        Raises:
            OverLimit: There is no slot for it, or the tenant may send no bytes now.
        """
        account = self._account(caller)
        admitted = Admitted(self, account, length)
        try:
            if account is not None:
                await account.prepare(self._buckets, only="bytes")
        except BaseException:
            admitted.close()
            raise
        admitted.charge_announced()
        return admitted

    def headers(self, caller: Caller) -> dict[str, str]:
        """Describe what a caller may send now; empty where no limit of its tenant applies."""
        account = self._account(caller)
        if account is None or not account.leases:
            return {}
        left = remaining_header(account.leases.values(), time.monotonic())
        return {"RateLimit-Policy": account.policy, "RateLimit": left}

    def settle(self, account: Account | None) -> None:
        """Pay the debts of a tenant in the background, if it has any."""
        if account is not None and account.is_in_debt:
            task = asyncio.create_task(account.pay_debts(self._buckets))
            self._settling.add(task)
            task.add_done_callback(self._settling.discard)

    async def close(self) -> None:
        """Wait until all debts are paid."""
        if self._settling:
            await asyncio.wait(self._settling)

    def _check_load(self, account: Account | None, length: int) -> None:
        limits, load = self._limits, self.watch.load
        check_storage(limits, load, self.watch.bytes_since, length)
        check_backlog(limits, self.watch.images, load.images_per_second)
        if account is not None:
            images = self.watch.images_of(account.tenant)
            check_in_flight(account.limits, images, load.images_per_second)

    def _account(self, caller: Caller) -> Account | None:
        tenant = tenant_of(caller)
        return None if tenant is None else self._accounts.get(tenant, caller.limits)


class Admitted:
    """An admitted upload. It holds a slot until it is closed."""

    def __init__(self, admission: Admission, account: Account | None, length: int | None) -> None:
        self._admission = admission
        self._account = account
        self._length = length
        self._share = slot_share(length)
        admission.slots.check(account, self._share)
        admission.slots.add(account, self._share)

    def close(self) -> None:
        """Give the slot back, and pay what was charged meanwhile."""
        self._admission.slots.add(self._account, -self._share)
        self._admission.settle(self._account)

    def charge_announced(self) -> None:
        """Charge the bytes that the request announces."""
        self._charge_bytes(self._length or 0)
        self._admission.settle(self._account)

    def charged(self, body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """Give the body; bytes that were not announced are charged as they arrive."""
        return body if self._length is not None else self._charge(body)

    def count_files(self, files: int) -> None:
        """Charge the files, once they are counted."""
        if self._account is not None:
            self._account.charge("files", files)

    def count_images(self, images: int) -> None:
        """Count the images that are in flight from now on."""
        tenant = None if self._account is None else self._account.tenant
        self._admission.watch.count_images(tenant, images)

    def _charge_bytes(self, length: int) -> None:
        self._admission.watch.count_bytes(length)
        if self._account is not None:
            self._account.charge("bytes", length)

    async def _charge(self, body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        async for chunk in body:
            self._charge_bytes(len(chunk))
            yield chunk
