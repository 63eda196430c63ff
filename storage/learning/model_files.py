"""The files of a model in GridFS: what scikit-learn trained, the weights, the reference."""

import hashlib

from pymongo import ASCENDING, IndexModel

from domain.errors.access import NotFound
from domain.learning.models import Model, TrainedModel
from storage.blobs.stores.chunks import CHUNK_BYTES
from storage.blobs.variants import variant_chunks
from storage.clock import utc_now
from storage.mongo.client import COMMITTED, Database, Document

FILES, CHUNKS = "models.files", "models.chunks"
ESTIMATOR, WEIGHTS, REFERENCE = "model.skops", "weights.npz", "reference.npz"
FILE_NAMES = (ESTIMATOR, WEIGHTS, REFERENCE)
FILE_INDEXES = {CHUNKS: [IndexModel([("files_id", ASCENDING), ("n", ASCENDING)], unique=True)]}


async def read_file(database: Database, model: Model, name: str) -> bytes:
    """Read one of :data:`FILE_NAMES`.

    Raises:
        NotFound: It is not stored.
    """
    file_id = file_id_of(model.task, model.version, name)
    chunks = database.get_collection(CHUNKS, read_concern=COMMITTED)
    found = chunks.find({"files_id": file_id}, {"data": 1}).sort("n", 1)
    if not (data := b"".join([chunk["data"] async for chunk in found])):
        raise NotFound
    return data


def file_id_of(task: str, version: int, name: str) -> str:
    """Return the ID of a file of a model."""
    return f"{task}/v{version}/{name}"


def files_of(
    task: str, version: int, trained: TrainedModel
) -> tuple[list[Document], list[Document]]:
    """Make the GridFS documents of the files of a model: files, and their chunks."""
    contents = (trained.estimator, trained.weights, trained.reference)
    files, chunks = list[Document](), list[Document]()
    for name, data in zip(FILE_NAMES, contents, strict=True):
        file_id = file_id_of(task, version, name)
        files.append(
            {
                "_id": file_id,
                "length": len(data),
                "chunkSize": CHUNK_BYTES,
                "uploadDate": utc_now(),
                "filename": file_id,
                "metadata": {
                    "task": task,
                    "version": version,
                    "sha256": hashlib.sha256(data).hexdigest(),
                },
            }
        )
        chunks += variant_chunks(file_id, data)
    return files, chunks
