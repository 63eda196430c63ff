"""Filters and indexes of jobs and images on which work has not ended."""

from pymongo import ASCENDING, IndexModel

OPEN_JOBS = "open_jobs"
OPEN_JOBS_OF_USER = [("user_id", ASCENDING), ("_id", ASCENDING)]
"""The backlog of a user, oldest first."""
IS_OPEN = {"due_at": {"$exists": True}}
OPEN_WORK_INDEXES = {
    "images": [IndexModel([("due_at", ASCENDING)], partialFilterExpression=IS_OPEN)],
    "jobs": [
        IndexModel([("due_at", ASCENDING)], name=OPEN_JOBS, partialFilterExpression=IS_OPEN),
        IndexModel(OPEN_JOBS_OF_USER, partialFilterExpression=IS_OPEN),
    ],
}
