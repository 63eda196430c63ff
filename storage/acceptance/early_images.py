"""The image of an upload that an idle worker can begin with before the upload is accepted."""

from domain.ports import GRIDFS
from storage.acceptance.uploads import Upload
from storage.queue.head_starts import MOST_BYTES, EarlyImage


def early_image_of(upload: Upload) -> EarlyImage | None:
    """Return the only image of an upload, if it is small and still in memory."""
    if len(upload.taken) != 1 or upload.fetches:
        return None
    (file,) = upload.taken
    staged = file.staged
    is_written = staged.location.store != GRIDFS or staged.file_id in upload.intake.flushed
    if staged.size_bytes > MOST_BYTES or is_written:
        return None
    data = b"".join(chunk["data"] for chunk in upload.intake.pending_of(staged.file_id))
    return EarlyImage(data, file.format, upload.operations)
