"""Filters and indexes of jobs and images on which work has not ended."""

from pymongo import ASCENDING, IndexModel

OPEN_JOBS = "open_jobs"
IS_OPEN = {"due_at": {"$exists": True}}
OPEN_WORK_INDEXES = {
    "images": [IndexModel([("due_at", ASCENDING)], partialFilterExpression=IS_OPEN)],
    "jobs": [
        IndexModel([("due_at", ASCENDING)], name=OPEN_JOBS, partialFilterExpression=IS_OPEN),
        # The backlog of a user, oldest first.
        IndexModel([("user_id", ASCENDING), ("_id", ASCENDING)], partialFilterExpression=IS_OPEN),
    ],
}
