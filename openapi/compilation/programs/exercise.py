"""Run by `make clients`; prints a word for each thing that it has seen to work."""

import json
import sys
from pathlib import Path

from minilab_client import ApiError, Minilab
from minilab_client.models import Job

url, key, picture, document = sys.argv[1:]
with Minilab(url, key) as minilab:
    ticket = minilab.upload(picture, user_id="python")
    print("uploads")
    changes = list(minilab.follow_job(ticket.id))
    assert changes[-1].status == "succeeded", changes
    print("follows")
    job = minilab.wait_for_job(ticket.id)
    assert job.status == "succeeded", job
    print("polls")
    image_id = job.items[0].image_id
    assert image_id is not None
    assert minilab.read_picture(image_id) == Path(picture).read_bytes()
    print("fetches")
    unknown = Job.from_dict(json.loads(Path(document).read_text()))
    assert unknown.status == "resting", unknown
    print("unknown")
    try:
        minilab.images.get_image("none")
    except ApiError as missing:
        assert (missing.status, missing.code) == (404, "not_found")
        print("problems")
