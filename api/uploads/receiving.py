"""Receives the body of an upload and makes the upload of it."""

import hashlib
from collections.abc import Callable

import msgspec

from api.admission.accounts import Slots
from api.admission.admission import Admitted
from api.schemas.jobs import JobView
from api.settings import Settings
from api.uploads.bodies import BodyKind, IncomingBody
from api.uploads.form import Form
from api.uploads.upload_time import within_upload_time
from domain.addresses import check_url
from domain.errors.faults import Faults
from domain.errors.requests import InvalidValue
from domain.images.operations import parse_operations
from domain.keys import Caller, uploading_user
from domain.links import UploadLink, check_takes_files
from domain.marks import parse_marks
from domain.quotas import quota_of
from domain.records import GpsPolicy
from domain.resumable import upload_owner
from domain.webhooks.events import EventType
from storage.acceptance.idempotency import Attempt, Reply
from storage.acceptance.references import StoredIntake, files_of
from storage.acceptance.uploads import Upload
from storage.blobs.intake import BlobIntake
from storage.clock import utc_now
from storage.stores import Stores

MARK_FIELDS = ("external_id", "tags", "attributes")


class UploadOptions(msgspec.Struct, frozen=True):
    """What the headers and the route ask for."""

    route: str
    """Path of the upload route; one for both routes of a link."""
    idempotency_key: str | None = None
    wait_seconds: int | None = None
    """How long the client waits for the end of the job; None: it does not wait."""
    operations: str | None = None
    """Comma list that replaces the one of the form; None: as the form says."""
    link: UploadLink | None = None
    show: Callable[[JobView], Reply] | None = None
    """Makes the response of a job that is accepted; None if the client waits for its end."""


class Arrival(msgspec.Struct, frozen=True):
    """An upload that is admitted, and whose body is not read yet."""

    caller: Caller
    body: IncomingBody
    options: UploadOptions
    admitted: Admitted


class _Fields(msgspec.Struct, frozen=True):
    """The text fields of an upload, and the caller within its tenant."""

    caller: Caller
    user_id: str
    operations: tuple[str, ...]
    gps: GpsPolicy
    callback_url: str | None
    marks: tuple[str, ...]


class UploadReceiver:
    """Receives bodies. Their bytes are written as they arrive."""

    def __init__(self, stores: Stores, settings: Settings, slots: Slots) -> None:
        self._stores = stores
        self._subscriptions = stores.subscriptions
        self._limits = settings.uploads
        self._default_gps = settings.api.gps
        self._key_secrets = stores.key_secrets
        self._targets = settings.targets
        self._fetch_rules = settings.fetches
        self._webhook_targets = stores.targets
        self._tenant_max_bytes = settings.admission.tenant_max_stored_bytes
        self._most_targets = settings.admission.max_webhooks_per_key
        self._slots = slots
        self._learns = settings.learning.learning

    async def receive(self, arrival: Arrival, attempt: Attempt | None) -> Upload:
        """Receive an upload. If that fails, what was written of it is removed.

        Raises:
            ServiceError: The body cannot be used, or the link takes no more files.
        """
        link = arrival.options.link
        # Resumable uploads have had their place in the link since they began.
        if link is not None and arrival.body.kind is not BodyKind.UPLOADS:
            check_takes_files(link, utc_now())
        intake = self.open_intake()
        try:
            form = await self.read(arrival, intake)
            return await self.make_upload(arrival, form, intake, attempt)
        except BaseException:
            await intake.discard()
            raise

    def open_intake(self) -> BlobIntake:
        """Open an intake for the files of one upload."""
        return self._stores.open_intake(lambda: self._slots.used)

    async def make_upload(
        self, arrival: Arrival, form: Form, intake: BlobIntake, attempt: Attempt | None
    ) -> Upload:
        """Make the upload of a body that was read.

        Raises:
            ServiceError: Its fields cannot be used.
        """
        caller = arrival.caller
        fields = self._read_fields(caller, form, arrival.options)
        if fields.callback_url is not None:
            await self._key_secrets.ensure(caller.key_id)
            await self._webhook_targets.admit_callback(
                fields.caller, fields.callback_url, self._most_targets
            )
        references, taken, refused = [], form.taken, form.refused
        if form.references:
            owner = upload_owner(caller)
            references = await self._stores.resumable.find_finished(owner, form.references)
            taken, refused = files_of(references)
            intake = StoredIntake(references)
        has_ended = not taken and not form.fetches
        return Upload(
            user_id=fields.user_id,
            key_id=caller.key_id,
            operations=fields.operations,
            taken=taken,
            refused=refused,
            fetches=form.fetches,
            references=references,
            intake=intake,
            gps=fields.gps,
            link_id=caller.link_id,
            callback_url=fields.callback_url,
            attempt=attempt,
            fingerprint=self.fingerprint_of(form) if attempt else "",
            quota=quota_of(fields.caller, self._tenant_max_bytes),
            marks=fields.marks,
            has_subscribers=has_ended and await self._has_subscribers(),
        )

    async def fingerprint(self, arrival: Arrival) -> str:
        """Read a body only to hash its content; nothing of it is written.

        Raises:
            ServiceError: The body cannot be read.
        """
        return self.fingerprint_of(await self.read(arrival, self._stores.open_hashing_intake()))

    def fingerprint_of(self, form: Form) -> str:
        """Hash the content of a form.

        Raises:
            InvalidValue: Fields have the wrong type.
        """
        Faults(form.faults).check()
        return _hash_content(form)

    async def read(self, arrival: Arrival, intake: BlobIntake) -> Form:
        """Read a body.

        Raises:
            ServiceError: It cannot be read.
        """
        body, admitted = arrival.body, arrival.admitted
        chunks = admitted.charged(body.chunks)
        async with within_upload_time(self._limits.max_upload_seconds):
            received = await body.receive(chunks, intake, self._limits, self._fetch_rules)
        admitted.count_files(received.files)
        return received

    def _read_fields(self, caller: Caller, form: Form, options: UploadOptions) -> _Fields:
        """Read the text fields of a form.

        Raises:
            InvalidValue: Fields cannot be used; it names all of them.
            Forbidden: The caller may not use a field.
        """
        user_id, gps, callback_url = "", self._default_gps, None
        operations: tuple[str, ...] = ()
        marks: tuple[str, ...] = ()
        faults = Faults(form.faults)
        with faults.of("tenant"):
            caller = caller.within(form.text("tenant"))
        with faults.of("user_id"):
            user_id = uploading_user(caller, form.text("user_id"))
        with faults.of("operations"):
            operations = parse_operations(
                options.operations or form.text("operations"), learning=self._learns
            )
        with faults.of("gps"):
            link = options.link
            gps = _choose_gps(form.text("gps"), (link and link.gps) or self._default_gps)
        with faults.of("callback_url"):
            callback_url = self._callback_url(caller, form)
        with faults.of(None):
            marks = _read_marks(caller, form)
        faults.check()
        return _Fields(caller, user_id, operations, gps, callback_url, marks)

    def _callback_url(self, caller: Caller, form: Form) -> str | None:
        """Read the callback URL of a form, if it has one."""
        url = form.text("callback_url")
        if url is None:
            return None
        if caller.link_id is not None:
            raise InvalidValue("A callback_url goes with a key; send none through a link.")
        check_url(url, self._targets)
        return url

    async def _has_subscribers(self) -> bool:
        return EventType.JOB_FINISHED in await self._subscriptions.wanted_types()


def _read_marks(caller: Caller, form: Form) -> tuple[str, ...]:
    """Read what the sender attaches to the job and its images."""
    texts = [form.text(name) for name in MARK_FIELDS]
    if caller.link_id is not None and any(texts):
        named = ", ".join(MARK_FIELDS)
        raise InvalidValue(f"{named} go with a key; send none through a link.", MARK_FIELDS[0])
    return tuple(parse_marks(*texts).stored)


def _hash_content(form: Form) -> str:
    """Hash the content of a form: its fields, its file names and their bytes."""
    files = [[file.index, file.filename, file.staged.sha256] for file in form.taken]
    files += [[file.index, file.filename, file.error.code] for file in form.refused]
    files += [[file.index, file.filename, file.url] for file in form.fetches]
    files += [[index, upload_id] for index, upload_id in enumerate(form.references)]
    content = [sorted(form.texts.items()), sorted(files)]
    return hashlib.sha256(msgspec.json.encode(content)).hexdigest()


def _choose_gps(wanted: str | None, default: GpsPolicy) -> GpsPolicy:
    try:
        return GpsPolicy(wanted) if wanted else default
    except ValueError as error:
        raise InvalidValue("gps must be 'keep' or 'strip'.") from error
