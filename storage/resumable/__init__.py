"""Resumable uploads: their bytes in GridFS, their offsets, and the places that they reserve."""
