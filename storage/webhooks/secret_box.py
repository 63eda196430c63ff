"""Secrets at rest: encrypted, and readable with the keys of the settings alone."""

from base64 import urlsafe_b64encode
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from domain.errors.capacity import WebhooksNotSetUp

_PURPOSE = b"minilab secrets at rest"
_KEY_BYTES = 32


class SecretBox:
    """Encrypts and decrypts.

    Args:
        keys: The first one encrypts, the others still decrypt; none: nothing can be kept.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        self._fernet = MultiFernet([_fernet(key) for key in keys]) if keys else None

    @property
    def is_configured(self) -> bool:
        """Whether there is a key."""
        return self._fernet is not None

    def check_configured(self) -> None:
        """Refuse what needs a secret where none can be kept.

        Raises:
            WebhooksNotSetUp: There is no key.
        """
        if self._fernet is None:
            raise WebhooksNotSetUp(
                "Whoever runs the service has to set MINILAB_SECRET_KEY, with which the secrets "
                "of receivers are encrypted, and start it again."
            )

    def encrypt(self, secret: str) -> str:
        """Encrypt a secret.

        Raises:
            WebhooksNotSetUp: There is no key.
        """
        self.check_configured()
        assert self._fernet is not None  # noqa: S101
        return self._fernet.encrypt(secret.encode()).decode()

    def decrypt(self, encrypted: str) -> str:
        """Decrypt a secret.

        Raises:
            WebhooksNotSetUp: It was encrypted with a key that is not among those here.
        """
        self.check_configured()
        assert self._fernet is not None  # noqa: S101
        try:
            return self._fernet.decrypt(encrypted.encode()).decode()
        except InvalidToken as error:
            raise WebhooksNotSetUp(
                "A secret cannot be read: MINILAB_SECRET_KEY no longer has the key that it was "
                "encrypted with."
            ) from error


def _fernet(key: str) -> Fernet:
    """Make a cipher of any text; its strength is that of the text."""
    derived = HKDF(SHA256(), _KEY_BYTES, salt=None, info=_PURPOSE).derive(key.encode())
    return Fernet(urlsafe_b64encode(derived))
