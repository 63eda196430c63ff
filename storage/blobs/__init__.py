"""Blobs: bytes in GridFS, stored once for equal content."""
