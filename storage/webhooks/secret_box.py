"""Encryption of stored secrets with the keys of ``MINILAB_SECRET_KEY``."""

from base64 import urlsafe_b64encode
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from domain.errors.capacity import WebhooksNotSetUp

_PURPOSE = b"minilab secrets at rest"
_KEY_BYTES = 32


class SecretBox:
    """Encrypts and decrypts secrets.

    Args:
        keys: The first key encrypts; all of them decrypt. Without a key, no secret can be stored.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        self._fernet = MultiFernet([_fernet(key) for key in keys]) if keys else None

    @property
    def is_configured(self) -> bool:
        """Whether there is a key."""
        return self._fernet is not None

    def check_configured(self) -> MultiFernet:
        """Check that there is a key; return the cipher.

        Raises:
            WebhooksNotSetUp: There is no key.
        """
        if self._fernet is None:
            raise WebhooksNotSetUp(
                "The operator of the service has to set MINILAB_SECRET_KEY, which encrypts "
                "webhook secrets, and restart it."
            )
        return self._fernet

    def encrypt(self, secret: str) -> str:
        """Encrypt a secret.

        Raises:
            WebhooksNotSetUp: There is no key.
        """
        return self.check_configured().encrypt(secret.encode()).decode()

    def reads(self, encrypted: str) -> bool:
        """Say whether one of the keys decrypts a secret."""
        try:
            self.decrypt(encrypted)
        except WebhooksNotSetUp:
            return False
        return True

    def decrypt(self, encrypted: str) -> str:
        """Decrypt a secret.

        Raises:
            WebhooksNotSetUp: There is no key, or none of the keys decrypts it.
        """
        fernet = self.check_configured()
        try:
            return fernet.decrypt(encrypted.encode()).decode()
        except InvalidToken as error:
            raise WebhooksNotSetUp(
                "A stored secret cannot be decrypted: its key is no longer in MINILAB_SECRET_KEY."
            ) from error


def _fernet(key: str) -> Fernet:
    """Make a cipher from any text; it is as strong as the text."""
    derived = HKDF(SHA256(), _KEY_BYTES, salt=None, info=_PURPOSE).derive(key.encode())
    return Fernet(urlsafe_b64encode(derived))
