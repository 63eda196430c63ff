"""Verification of all invariants, on a live service too."""
