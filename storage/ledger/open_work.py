"""Filters of jobs and images that have not ended."""

OPEN_JOBS = "open_jobs"

IS_OPEN = {"due_at": {"$exists": True}}
