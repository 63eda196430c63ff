"""Bytes in GridFS, stored once for the same content."""
