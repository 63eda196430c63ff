"""The longest time that a body may take to arrive."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from domain.errors.requests import UploadTooSlow


@asynccontextmanager
async def within_upload_time(seconds: float) -> AsyncIterator[None]:
    """End what takes too long: the sweeper removes bytes without a parent by their age.

    Raises:
        UploadTooSlow: The time is over.
    """
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError as error:
        raise UploadTooSlow(f"The limit is {seconds:g} seconds.") from error
