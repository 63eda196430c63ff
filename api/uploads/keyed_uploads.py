"""Uploads with an Idempotency-Key: the first request is accepted, those after it are recognised."""

from collections.abc import Awaitable, Callable

import msgspec

from api.http.idempotency import check_same, holding
from api.uploads.receiving import Arrival, UploadReceiver
from domain.errors.base import ServiceError
from domain.errors.requests import IdempotencyTakenOver
from storage.acceptance.idempotency import Answered
from storage.acceptance.uploads import Ticket, Upload
from storage.stores import Stores

Accept = Callable[[Arrival, Upload], Awaitable[Ticket]]


class KeyedUploads:
    """Takes uploads with a key in."""

    def __init__(self, stores: Stores, receiver: UploadReceiver, accept: Accept) -> None:
        self._keys = stores.idempotency
        self._joining_bytes = stores.blob_stores.joining_bytes
        self._receiver = receiver
        self._accept = accept

    async def take(self, arrival: Arrival, key: str) -> Ticket | Answered:
        """Take an upload in, or find the answer that the same request got before.

        Raises:
            IdempotencyKeyInUse: The first request with this key is still running.
            IdempotencyKeyMisused: The key was used with other content.
            ServiceError: The upload cannot be used.
        """
        length = arrival.body.length
        if length is not None and length < self._joining_bytes and arrival.options.link is None:
            return await self._take_small(arrival, key)
        begun = await self._keys.begin(key)
        if isinstance(begun, Answered):
            return await self.repeat(arrival, begun)
        async with holding(self._keys, begun):
            return await self._accept(arrival, await self._receiver.receive(arrival, begun))

    async def repeat(self, arrival: Arrival, answered: Answered) -> Answered:
        """Read an upload that was answered, only to compare it.

        Raises:
            IdempotencyKeyMisused: The key was used with other content.
            ServiceError: The body cannot be read.
        """
        check_same(answered, await self._receiver.fingerprint(arrival))
        return answered

    async def _take_small(self, arrival: Arrival, key: str) -> Ticket | Answered:
        """Take in an upload of which nothing is written before its acceptance, which takes the key.

        So the first request, by far the most common, pays for no look-up of its key. One that is
        refused may be a repetition of one that was not: its key is looked up then.
        """
        intake, attempt = self._receiver.open_intake(), self._keys.plan(key)
        form = await self._receiver.read(arrival, intake)
        upload = None
        try:
            upload = await self._receiver.make_upload(arrival, form, intake, attempt)
            return await self._accept(arrival, upload)
        except ServiceError as refusal:
            begun = await self._keys.begin(key)
            if isinstance(begun, Answered):
                check_same(begun, self._receiver.fingerprint_of(form))
                return begun
            async with holding(self._keys, begun):
                if upload is None or not isinstance(refusal, IdempotencyTakenOver):
                    raise
                return await self._accept(arrival, msgspec.structs.replace(upload, attempt=begun))
