"""Slots: how many uploads come in at the same time, in this process and of one tenant."""

from api.admission.accounts import Account
from domain.errors.capacity import TooManyInFlight, TooManyUploads
from domain.fairness.admission import slot_share

TENANT_SHARE = 1 / 2
RETRY_SECONDS = 1.0


class Slots:
    """Counts the slots that uploads hold. A small upload holds a part of one.

    Args:
        most: Slots of this process; 0: no limit.

    Attributes:
        used: The slots that are held now.
    """

    def __init__(self, most: int) -> None:
        self.used = 0.0
        self._most = most

    def check(self, account: Account | None, length: int | None) -> None:
        """Refuse an upload for which there is no slot.

        Raises:
            TooManyUploads: This process has no slot left.
            TooManyInFlight: The tenant holds half of all slots.
        """
        most, share = self._most, slot_share(length)
        if not most:
            return
        if self.used + share > most:
            raise TooManyUploads(
                "The memory for uploads is in use. Send the same request again.",
                RETRY_SECONDS,
            )
        if account is not None and account.slots and account.slots + share > most * TENANT_SHARE:
            raise TooManyInFlight(
                "Your uploads use half of the capacity. Send fewer at the same time.",
                RETRY_SECONDS,
            )

    def take(self, account: Account | None, length: int | None) -> None:
        """Hold the slot of an upload."""
        self._add(account, slot_share(length))

    def free(self, account: Account | None, length: int | None) -> None:
        """Give the slot of an upload back."""
        self._add(account, -slot_share(length))

    def _add(self, account: Account | None, share: float) -> None:
        self.used += share
        if account is not None:
            account.slots += share
