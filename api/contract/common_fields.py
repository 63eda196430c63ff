"""Documentation of fields that mean the same in every schema; a docstring of a class overrides it.

Each has a description and, where the examples of ``openapi/examples/`` may lack one, an example.
``JobEvent.code`` is the field of one schema; it goes before that of all.
"""

from typing import Any, NamedTuple

from api.http.parameters import EXAMPLE_ID, EXAMPLE_TIME


class Documented(NamedTuple):
    """The description of a field, and an example."""

    description: str
    example: Any = None


COMMON: dict[str, Documented] = {
    "id": Documented("ID of the object.", EXAMPLE_ID),
    "job_id": Documented("ID of the job.", EXAMPLE_ID),
    "image_id": Documented("ID of the image.", EXAMPLE_ID),
    "link_id": Documented("ID of the upload link.", EXAMPLE_ID),
    "webhook_id": Documented("ID of the webhook.", EXAMPLE_ID),
    "key_id": Documented("ID of the API key.", EXAMPLE_ID),
    "dead_letter_id": Documented("ID of the dead letter, which is that of its image.", EXAMPLE_ID),
    "user_id": Documented("ID of the user: 1 to 128 characters.", "u1"),
    "tenant": Documented("Tenant of the user; absent without one.", "acme"),
    "filename": Documented("File name as uploaded, without folders.", "portrait.jpg"),
    "format": Documented("Format of the file: one of the capabilities.", "jpeg"),
    "media_type": Documented("Media type of the file (RFC 6838).", "image/jpeg"),
    "bytes": Documented("Size of the file in bytes.", 204_800),
    "status": Documented("Current status."),
    "error": Documented("Why there is no result; null if there is no error."),
    "code": Documented("Stable code of the error, for programs.", "corrupt_image"),
    "JobEvent.code": Documented("Stable code of the error.", "job_expired"),
    "BatchFailure.detail": Documented("What happened.", "The pixels cannot be decoded."),
    "Batch.store": Documented("Where the bytes are moved to.", "s3"),
    "BatchRequest.store": Documented("Where the bytes are moved to.", "s3"),
    "Batch.formats": Documented("Formats of the pictures.", ["webp"]),
    "BatchRequest.formats": Documented("Formats of the pictures.", ["webp"]),
    "BatchFilter.camera": Documented("Model of the camera, in full.", "NIKON D90"),
    "BatchFilter.faces": Documented("Whether faces were found.", True),
    "BatchFilter.min_faces": Documented("Least number of faces.", 2),
    "BatchFilter.near": Documented("Latitude and longitude in degrees.", "48.2085,16.3721"),
    "BatchFilter.radius_m": Documented("Radius in meters.", 500),
    "BatchFilter.tag": Documented("Tags of the images.", ["holiday"]),
    "BatchFilter.attribute": Documented("Attributes of the images.", ["room:kitchen"]),
    "BatchFilter.taken_from": Documented("Taken on this day or later.", "2026-11-01"),
    "BatchFilter.taken_to": Documented("Taken on this day or earlier.", "2026-11-30"),
    "BatchFilter.uploaded_from": Documented("Uploaded on this day or later.", "2026-11-01"),
    "BatchFilter.uploaded_to": Documented("Uploaded on this day or earlier.", "2026-11-30"),
    "max_images": Documented("The most images that the filter may select.", 12_000),
    "count": Documented("Number of images.", 12),
    "items": Documented("The page of the list, in the order of the list."),
    "next_cursor": Documented(
        "Pass this as `cursor` to get the next page; absent on the last page.", EXAMPLE_ID
    ),
    "total": Documented(
        "Number of all objects of the list; absent if there are more than 10,000.", 12
    ),
    "metadata": Documented("What the file says about its picture; null before it is read."),
    "histogram": Documented("The histogram; null without a result."),
    "faces": Documented("The detected faces, in no order; null without a result."),
    "operations": Documented("The operations, by name."),
    "progress": Documented("How many operations are done."),
    "queue": Documented("The position in the queue."),
    "warnings": Documented(
        "What was wrong with a file that has results all the same, by code.", ["truncated"]
    ),
    "duplicate_of": Documented(
        "ID of an earlier image of the same user with the same content. It may have been deleted.",
        EXAMPLE_ID,
    ),
    "version": Documented("Version of the object; it grows with every change.", 7),
    "gps": Documented("Whether GPS positions are kept (`keep`) or removed (`strip`).", "keep"),
    "note": Documented("A remark for people; null without one.", "Wedding of Ada and Charles"),
    "role": Documented("What the key may do."),
    "created_at": Documented("When the object was created.", EXAMPLE_TIME),
    "uploaded_at": Documented("When the image was uploaded.", EXAMPLE_TIME),
    "finished_at": Documented("When it ended; null before.", EXAMPLE_TIME),
    "expires_at": Documented("When it expires; null for never.", EXAMPLE_TIME),
    "revoked_at": Documented("When it was revoked; null if it was not.", EXAMPLE_TIME),
    "gave_up_at": Documented("When the service stopped trying.", EXAMPLE_TIME),
    "at": Documented("When it happened.", EXAMPLE_TIME),
    "held_since": Documented("Since when webhooks are held.", EXAMPLE_TIME),
    "failing_since": Documented("Time of the first failure since a success.", EXAMPLE_TIME),
    "not_before": Documented("No event is sent before this time.", EXAMPLE_TIME),
    "day": Documented("The day.", "2026-11-21"),
    "date": Documented("The day.", "2026-11-21"),
    "tz": Documented("Time zone of the days.", "Europe/Vienna"),
    "max_files": Documented("Maximum number of images; null without a limit.", 20),
    "max_bytes": Documented(
        "Maximum total size of the images in bytes; null without a limit.", 104_857_600
    ),
    "max_stored_bytes": Documented("Maximum number of stored bytes.", 1_073_741_824),
    "requests_per_second": Documented("Sustained uploads.", 4000),
    "requests_burst": Documented("Uploads at once.", 20_000),
    "files_per_second": Documented("Sustained files.", 8000),
    "files_burst": Documented("Files at once.", 80_000),
    "bytes_per_second": Documented("Sustained bytes.", 1_000_000_000),
    "bytes_burst": Documented("Bytes at once.", 17_179_869_184),
    "max_images_in_flight": Documented("Images that are not finished.", 200_000),
    "left_files": Documented("Number of images that are still accepted.", 18),
    "left_bytes": Documented("Number of bytes that are still accepted.", 104_000_000),
    "limits": Documented("Limits of one request and of one file."),
    "formats": Documented("The formats that can be decoded."),
    "type": Documented("Type of the event."),
    "data": Documented("The object that the event is about."),
    "event_type": Documented("Type of the event.", "job.finished"),
    "event_types": Documented("Types of events.", ["job.finished"]),
    "url": Documented("URL of the receiver.", "https://app.example.com/hooks/minilab"),
    "attempt_count": Documented("Number of attempts so far.", 2),
    "last_attempt": Documented("The latest attempt; null before the first."),
    "totals": Documented("Totals over all images."),
    "disabled_reason": Documented("Why the webhook is disabled.", "gone"),
    "compared": Documented("Number of images that were compared.", 10_000),
    "distance": Documented("How different it is; 0 if it is equal.", 3),
    "similarity": Documented("How similar it is; 1 if it is equal.", 0.8731),
    "workers": Documented("The number of live workers.", 2),
    "worker": Documented("The worker process, as `host:pid`.", "worker-1:4711"),
    "remove_tags": Documented("Tags to remove.", ["draft"]),
    "ids": Documented("IDs of objects.", [EXAMPLE_ID]),
    "fingerprint": Documented("64-bit perceptual hash as 16 hex digits.", "c3d1e0f08f1e3c78"),
    "pointer": Documented("Field of the body.", "#/max_files"),
    "parameter": Documented("Name of the parameter.", "limit"),
    "header": Documented("Name of the header.", "Idempotency-Key"),
    "camera_make": Documented("Maker of the camera.", "NIKON CORPORATION"),
    "camera_model": Documented("Model of the camera.", "NIKON D90"),
    "lens_model": Documented("Model of the lens.", "AF-S DX NIKKOR 18-105mm f/3.5-5.6G ED VR"),
    "taken_at": Documented("When the picture was taken.", "2026-11-21T10:30:00"),
    "orientation": Documented("EXIF orientation.", 6),
    "exposure_time": Documented("Seconds.", 0.004),
    "f_number": Documented("Focal length over aperture.", 5.6),
    "iso": Documented("Sensitivity.", 200),
    "focal_length": Documented("Millimetres.", 35),
    "latitude": Documented("Degrees, north positive.", 48.2085),
    "longitude": Documented("Degrees, east positive.", 16.3721),
    "altitude": Documented("Metres above sea level.", 171.5),
    "action": Documented("What to do about it.", "Start a worker."),
}
