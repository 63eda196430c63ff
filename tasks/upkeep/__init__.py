"""Upkeep: recovery of lost work, deletes, expiry, statistics, orphans."""
