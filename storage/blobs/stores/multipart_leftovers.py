"""Multipart uploads that processes began and did not end: listed, and aborted.

``obstore`` aborts those that it sees fail. What a killed process leaves is no object, and costs as
much. The library has no call for it, but signs URLs: it takes the URL of the bucket as it is, with
a query, and adds a path that lands in the last parameter, ``x-id``, which S3 does not read.
"""

from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from urllib.parse import quote, urlencode
from xml.etree import ElementTree

import aiohttp
import msgspec
import obstore
from yarl import URL

from domain.errors.capacity import BytesUnavailable
from storage.blobs.stores.bucket import open_bucket
from storage.blobs.stores.object_names import name_of
from storage.urls.s3 import S3Place

VALID = timedelta(minutes=5)
UNUSED = "x-id"
NOT_OFFERED = (HTTPStatus.NOT_IMPLEMENTED, HTTPStatus.METHOD_NOT_ALLOWED)


class BegunUpload(msgspec.Struct, frozen=True):
    """A multipart upload that was begun: the key of its object, its ID, and its age."""

    key: str
    upload_id: str
    age: timedelta


class MultipartLeftovers:
    """Removes the multipart uploads of this service that are too old to be running."""

    def __init__(self, place: S3Place, timeout_seconds: float) -> None:
        self._place = place
        self._seconds = timeout_seconds

    async def remove(self, min_age: timedelta) -> int:
        """Abort those of an age, and count them. Ages are by S3's clock.

        Raises:
            BytesUnavailable: S3 cannot be reached, or refuses it.
        """
        timeout = aiohttp.ClientTimeout(total=self._seconds)
        try:
            async with aiohttp.ClientSession(timeout=timeout, trust_env=True) as session:
                old = [found for found in await self._list(session) if found.age >= min_age]
                for upload in old:
                    await self._abort(session, upload)
        except (aiohttp.ClientError, TimeoutError, ElementTree.ParseError) as error:
            raise BytesUnavailable from error
        return len(old)

    async def _list(self, session: aiohttp.ClientSession) -> list[BegunUpload]:
        """List the first thousand; there are more only after many crashes, and a later time."""
        prefix = f"{self._place.prefix}/" if self._place.prefix else ""
        url = await self._sign("GET", "", {"uploads": "", "prefix": prefix})
        async with session.get(url) as answer:
            if answer.status in NOT_OFFERED:
                return []
            answer.raise_for_status()
            now = parsedate_to_datetime(answer.headers["Date"])
            root = ElementTree.fromstring(await answer.read())  # noqa: S314  The operator's server.
        found = []
        for upload in root.iterfind("{*}Upload"):
            key, began = upload.findtext("{*}Key", ""), upload.findtext("{*}Initiated", "")
            if key.startswith(prefix) and name_of(key.removeprefix(prefix)) is not None:
                age = now - datetime.fromisoformat(began)
                found.append(BegunUpload(key, upload.findtext("{*}UploadId", ""), age))
        return found

    async def _abort(self, session: aiohttp.ClientSession, upload: BegunUpload) -> None:
        url = await self._sign("DELETE", f"/{quote(upload.key)}", {"uploadId": upload.upload_id})
        async with session.delete(url) as answer:
            if answer.status != HTTPStatus.NOT_FOUND:  # It has ended meanwhile.
                answer.raise_for_status()

    async def _sign(self, method: str, path: str, query: dict[str, str]) -> URL:
        url = f"{self._place.bucket_url}{path}?{urlencode({**query, UNUSED: ''})}"
        place = msgspec.structs.replace(self._place, prefix="")
        bucket = open_bucket(place, url, self._seconds)
        signed = await obstore.sign_async(bucket, method, UNUSED, VALID)  # type: ignore[call-overload]
        return URL(signed, encoded=True)
