"""The HTTP API of the peer: upload images, and ask for their results."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

from fastapi import FastAPI, HTTPException, UploadFile
from pydantic import BaseModel, Field

from benchmarks.peer.database import open_files, open_images
from benchmarks.peer.tasks import process_image


class Image(BaseModel):
    """An image of a job, with its results."""

    id: str = Field(validation_alias="_id")
    filename: str | None
    status: str
    error: str | None = None
    results: dict[str, Any] | None = None


class Job(BaseModel):
    """An upload; it has its images when all of them are done."""

    id: str
    status: str
    images: list[Image] = []


@asynccontextmanager
async def create_index(_: FastAPI) -> AsyncIterator[None]:
    """Create the index by which the images of a job are found."""
    open_images().create_index("job_id")
    yield


app = FastAPI(lifespan=create_index)


@app.post("/jobs", status_code=202)
def create_job(file: list[UploadFile]) -> Job:
    """Store images and have them processed."""
    job_id = str(uuid4())
    images = []
    for upload in file:
        image_id = str(uuid4())
        open_files().upload_from_stream_with_id(image_id, upload.filename or "", upload.file)
        images.append(
            {"_id": image_id, "job_id": job_id, "filename": upload.filename, "status": "queued"}
        )
    open_images().insert_many(images)
    for image in images:
        process_image.delay(image["_id"])
    return Job(id=job_id, status="queued")


@app.get("/jobs/{job_id}")
def read_job(job_id: str) -> Job:
    """Read a job: its status, and its images with their results when all are done."""
    if open_images().find_one({"job_id": job_id, "status": "queued"}, {"_id": 1}):
        return Job(id=job_id, status="queued")
    found = list(open_images().find({"job_id": job_id}, {"results.thumbnail.content": 0}))
    if not found:
        raise HTTPException(404)
    failed = any(image["status"] == "failed" for image in found)
    images = [Image.model_validate(image) for image in found]
    return Job(id=job_id, status="failed" if failed else "succeeded", images=images)
