"""Signed URLs: pictures and event streams for clients that cannot send a header, as browsers."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import msgspec

from api.http.auth import ADMIN, caller_of
from domain.errors.access import NotFound
from domain.keys import ADMIN_USER, Caller
from domain.signed_urls import (
    MAX_SECONDS,
    MIN_SECONDS,
    VARIANTS,
    Grant,
    Issuer,
    Purpose,
    SigningKey,
    find_expiry,
    has_mark,
    read_token,
    write_token,
)
from storage.clock import utc_now
from storage.stores import Stores

PATHS = {
    Purpose.CONTENT: "/v1/content",
    Purpose.EVENTS: "/v1/events",
    Purpose.RESULTS: "/v1/results",
}
CONNECT_SECONDS = MIN_SECONDS
"""Time to open an event stream for the first time."""
RESUME_TIME = timedelta(days=1)
"""Time to open it again, for who has read an event of it."""


class SignedUrl(msgspec.Struct, frozen=True):
    """A path with a token, and until when it works; ``variant`` is that of a picture."""

    path: str
    expires_at: datetime
    variant: str = VARIANTS[0]


class Admitted(msgspec.Struct, frozen=True):
    """A request with a signed URL.

    Attributes:
        caller: The key or link through which the URL was made.
        resume_mark: What the IDs of events end with; see :meth:`Token.resume_mark`.
    """

    grant: Grant
    caller: Caller
    resume_mark: str


class SignedUrls:
    """Makes signed URLs, and admits requests with them."""

    def __init__(self, stores: Stores, admin_key_hash: str) -> None:
        self._stores = stores
        self._admin_key_hash = admin_key_hash.encode()

    async def of_pictures(
        self, caller: Caller, image_ids: Sequence[str], variants: Sequence[str], seconds: int
    ) -> dict[str, list[SignedUrl]]:
        """Make the URLs of variants of images, by image, for at least so many seconds.

        The caller must be allowed to read the images.
        """
        key, now = await self._stores.signing_keys.newest(), utc_now()
        issuer = _issuer(caller)
        return {
            image_id: [
                self._sign(
                    Grant(
                        Purpose.CONTENT,
                        image_id,
                        find_expiry(image_id, now, seconds),
                        *issuer,
                        variant,
                    ),
                    key,
                )
                for variant in dict.fromkeys(variants)
            ]
            for image_id in image_ids
        }

    async def of_events(self, caller: Caller, job_id: str) -> SignedUrl:
        """Make the URL of the event stream of a job, which the caller must be allowed to read."""
        key, now = await self._stores.signing_keys.newest(), utc_now()
        expires_at = find_expiry(job_id, now, CONNECT_SECONDS)
        return self._sign(Grant(Purpose.EVENTS, job_id, expires_at, *_issuer(caller)), key)

    async def results_signer(self, caller: Caller) -> Callable[[str], SignedUrl]:
        """Return what makes the URL of the results of a job that a link's caller uploads."""
        key, issuer = await self._stores.signing_keys.newest(), _issuer(caller)

        def sign(job_id: str) -> SignedUrl:
            expires_at = find_expiry(job_id, utc_now(), MAX_SECONDS)
            return self._sign(Grant(Purpose.RESULTS, job_id, expires_at, *issuer), key)

        return sign

    async def admit(self, text: str, purpose: Purpose, last_event_id: str = "") -> Admitted:
        """Admit a request, given the token of its URL.

        Raises:
            NotFound: The token is not genuine, not for this purpose or has expired, or its key or
                link is no longer valid. The error does not tell which.
        """
        token = read_token(text)
        key = token and await self._stores.signing_keys.find(token.key_number)
        if not token or not key or not token.is_genuine(key, self._bound_to(token.grant)):
            raise _refusal()
        mark, end = token.resume_mark(key), token.grant.expires_at
        if purpose is Purpose.EVENTS and has_mark(last_event_id, mark):
            end += RESUME_TIME
        if token.grant.purpose is not purpose or utc_now() >= end:
            raise _refusal()
        caller = await self._issuer_of(token.grant)
        if caller is None:
            raise _refusal()
        return Admitted(token.grant, caller, mark)

    def _sign(self, grant: Grant, key: SigningKey) -> SignedUrl:
        token = write_token(grant, key, self._bound_to(grant))
        return SignedUrl(f"{PATHS[grant.purpose]}/{token}", grant.expires_at, grant.variant)

    def _bound_to(self, grant: Grant) -> bytes:
        """URLs made through the key in the settings end when that key is replaced."""
        return self._admin_key_hash if grant.issuer is Issuer.SETTINGS else b""

    async def _issuer_of(self, grant: Grant) -> Caller | None:
        """Find the key or link of a grant; None if it has expired or was revoked."""
        if grant.issuer_id is None:
            return ADMIN
        if grant.issuer is Issuer.KEY:
            return await self._stores.api_keys.find_by_id(grant.issuer_id)
        link = await self._stores.upload_links.get(grant.issuer_id)
        return None if link is None or link.revoked_at is not None else caller_of(link)


def _issuer(caller: Caller) -> tuple[Issuer, str | None]:
    if caller.key_id == ADMIN_USER:
        return Issuer.SETTINGS, None
    return (Issuer.KEY if caller.link_id is None else Issuer.LINK), caller.key_id


def _refusal() -> NotFound:
    return NotFound("The URL is not valid, or has expired. Ask for a new one.")
