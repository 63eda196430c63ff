"""Backlog: the work that waits, and the workers that do it."""
