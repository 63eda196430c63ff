"""Deletes an image."""

from domain.keys import Scope
from storage.stores import Stores


class DeleteImage:
    """Deletes images and notifies the workers and clients that are concerned.

    Args:
        stores: Hold the image; publish the notices.
    """

    def __init__(self, stores: Stores) -> None:
        self._deletion = stores.image_deletion
        self._job_events = stores.job_events

    async def delete(self, image_id: str, scope: Scope) -> None:
        """Delete an image; its blob and results go with the last image that shares them.

        Raises:
            NotFound: The caller may see no such image.
            ImageExpired: The image has expired.
        """
        deleted = await self._deletion.delete(image_id, scope)
        if deleted.was_open:  # A worker may be processing it: it can stop.
            await self._job_events.publish_cancel(deleted.job_id)
        await self._job_events.publish_all(deleted.changes)
