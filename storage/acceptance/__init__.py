"""Acceptance: from bytes to a durable job."""
