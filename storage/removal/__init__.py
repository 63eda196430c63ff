"""Removes images, jobs and users from every collection."""
