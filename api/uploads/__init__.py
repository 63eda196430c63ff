"""Uploads: from a multipart body to a job."""
