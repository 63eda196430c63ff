"""Receives the body of an upload and makes the upload of it."""

import asyncio

import msgspec

from api.admission.accounts import Slots
from api.admission.admission import Admitted
from api.settings import Settings
from api.uploads.multipart import Form, receive_form
from api.uploads.options import IncomingForm, UploadOptions, fingerprint, upload_of
from domain.errors.requests import InvalidValue, UploadTooSlow
from domain.keys import Caller
from domain.links import check_takes_files
from domain.webhooks.addresses import check_url
from domain.webhooks.events import EventType
from storage.acceptance.idempotency import Attempt
from storage.acceptance.uploads import Upload
from storage.blobs.intake import BlobIntake, HashingIntake
from storage.clock import utc_now
from storage.stores import Stores


class UploadReceiver:
    """Receives bodies. Their bytes are written as they arrive."""

    def __init__(self, stores: Stores, settings: Settings, slots: Slots) -> None:
        self._chunks = stores.blob_chunks
        self._subscriptions = stores.subscriptions
        self._limits = settings.uploads
        self._default_gps = settings.api.gps
        self._key_secrets = stores.key_secrets
        self._targets = settings.targets
        self._slots = slots

    async def receive(
        self,
        caller: Caller,
        form: IncomingForm,
        options: UploadOptions,
        admitted: Admitted,
        attempt: Attempt | None,
    ) -> Upload:
        """Receive an upload. If that fails, what was written of it is removed.

        Raises:
            ServiceError: The form cannot be used, or the link takes no more files.
        """
        if options.link is not None:
            check_takes_files(options.link, utc_now())
        intake = BlobIntake(self._chunks, lambda: self._slots.used)
        try:
            received = await self._read(form, intake, admitted)
            upload = upload_of(received, intake, caller, options, self._default_gps)
            return msgspec.structs.replace(
                upload,
                callback_url=await self._callback_url(caller, received),
                attempt=attempt,
                fingerprint=fingerprint(received) if attempt else "",
                has_subscribers=not upload.taken and await self._has_subscribers(),
            )
        except BaseException:
            await intake.discard()
            raise

    async def fingerprint(self, form: IncomingForm, admitted: Admitted) -> str:
        """Read a body only to hash its content; nothing of it is written.

        Raises:
            ServiceError: The form cannot be read.
        """
        return fingerprint(await self._read(form, HashingIntake(self._chunks), admitted))

    async def _read(self, form: IncomingForm, intake: BlobIntake, admitted: Admitted) -> Form:
        seconds = self._limits.max_upload_seconds
        try:
            # The sweeper removes bytes without a parent by their age: no upload may take that long.
            async with asyncio.timeout(seconds):
                received = await receive_form(
                    admitted.charged(form.body),
                    form.content_type,
                    form.length,
                    intake,
                    self._limits,
                )
        except TimeoutError as error:
            raise UploadTooSlow(f"The limit is {seconds:g} seconds.") from error
        admitted.count_files(received.files)
        return received

    async def _callback_url(self, caller: Caller, form: Form) -> str | None:
        """Read the callback URL of a form, if it has one; calls of the key can then be signed."""
        url = form.fields.get("callback_url") or None
        if url is None:
            return None
        if caller.link_id is not None:
            raise InvalidValue("A callback_url goes with a key; send none through a link.")
        check_url(url, self._targets)
        await self._key_secrets.ensure(caller.key_id)
        return url

    async def _has_subscribers(self) -> bool:
        return EventType.JOB_FINISHED in await self._subscriptions.wanted_types()
