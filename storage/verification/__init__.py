"""All invariants of a database, checked in pieces, on a live service too."""

from storage.verification.invariants import Invariant, Look
from storage.verification.walk import EVERY_INVARIANT, Finding, Verification, Verifier

__all__ = ["EVERY_INVARIANT", "Finding", "Invariant", "Look", "Verification", "Verifier"]
