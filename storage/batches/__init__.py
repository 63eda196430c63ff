"""Batches: what admins ordered, the pieces that workers hold, and what they write."""
