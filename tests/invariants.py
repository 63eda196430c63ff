"""Looks for broken invariants in the data of a test, however young they are."""

from datetime import timedelta

from storage.stores import Stores
from storage.verification.walk import Verifier

AT_ONCE = timedelta(0)


async def find_broken(stores: Stores, *, pause_seconds: float = 0) -> dict[str, list[str]]:
    """Check every invariant, and the hashes of all bytes wherever they are.

    Args:
        pause_seconds: Time after which suspects are looked at again: while work goes on.

    Returns:
        Examples by the name of the broken invariant; empty if all hold.
    """
    verifier = Verifier(
        stores.client,
        stores.database,
        AT_ONCE,
        pause_seconds=pause_seconds,
        hashes=True,
        stores=stores.blob_stores,
    )
    return (await verifier.verify()).broken
