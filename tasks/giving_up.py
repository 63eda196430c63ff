"""What is said when our side gives an image up."""

import structlog

from storage.ledger.rows import ClaimedImage, FinishedImage

_log = structlog.get_logger(__name__)


def log_dead_letter(image: ClaimedImage, finished: FinishedImage) -> None:
    """Log that an image has become a dead letter, if it has."""
    if (error := finished.gave_up) is None:
        return
    _log.error(
        "dead_letter",
        job_id=image.job_id,
        image_id=image.id,
        sha256=image.sha256,
        reason=error.code,
        attempts=image.bad_attempts + len(finished.bad_attempts),
    )
