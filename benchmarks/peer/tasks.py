"""The Celery tasks of the peer: an image each."""

import os
from typing import Any

from celery import Celery
from celery.signals import worker_process_init

from benchmarks.peer.database import open_files, open_images
from benchmarks.peer.operations import run_all, run_at_full_size
from domain.errors.base import ServiceError
from domain.images.pipeline import warm_up

celery = Celery(broker=os.environ["PEER_REDIS_URL"])
celery.conf.update(
    task_default_queue=os.environ["PEER_DATABASE"],
    task_ignore_result=True,  # Results are in MongoDB.
    task_acks_late=True,  # An image is processed again if its worker dies.
    broker_connection_retry_on_startup=True,
)
run_operations = run_at_full_size if os.environ.get("PEER_FULL_SIZE") else run_all


@worker_process_init.connect
def prepare(**_: Any) -> None:
    """Load decoders and models, and connect, before the first image comes."""
    warm_up()
    open_images().find_one()


@celery.task
def process_image(image_id: str) -> None:
    """Run the operations on an image and keep their results."""
    data = open_files().open_download_stream(image_id).read()
    try:
        change = {"status": "succeeded", "results": run_operations(data)}
    except ServiceError as error:
        change = {"status": "failed", "error": error.code}
    open_images().update_one({"_id": image_id}, {"$set": change})
