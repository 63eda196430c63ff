"""Face detection in one request: an upload of the operation ``faces``, and its results."""

from api.schemas.jobs import FacesOfFile, FacesView, JobView
from api.uploads.take_in import TakeIn
from storage.stores import Stores


class DetectFaces:
    """Detects faces in the files of an upload."""

    def __init__(self, stores: Stores, take_in: TakeIn) -> None:
        self.take_in = take_in
        self._images = stores.images

    async def view(self, job: JobView) -> FacesView:
        """Read the faces of a job that has ended, in upload order."""
        found = await self._images.results_of(job.id, "faces")
        results = []
        for item in job.items:
            error = item.error or item.operations["faces"].error
            boxes = found.get(item.image_id) if item.image_id and error is None else None
            results.append(FacesOfFile(item.filename, boxes, error))
        return FacesView(job.id, results)
