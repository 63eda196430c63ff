"""Batches: work over stored images, for admins."""
