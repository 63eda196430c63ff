"""Upkeep: work of all kinds that is due, found by one call."""
