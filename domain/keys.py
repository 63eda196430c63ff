"""API keys: roles, and the scope of reads and uploads."""

import hashlib
import re
from base64 import urlsafe_b64encode
from enum import StrEnum

import msgspec

from domain.errors.access import Forbidden, NotFound
from domain.errors.requests import InvalidValue, UserRequired

KEY_PREFIX = "mlk_"
LINK_PREFIX = "mll_"
ADMIN_USER = "admin"
MAX_USER_ID_CHARS = 128
# 256 bits in base64url.
_RANDOM_PART = re.compile("[A-Za-z0-9_-]{43}")


class Role(StrEnum):
    """Role of a key."""

    ADMIN = "admin"
    SERVICE = "service"
    CLIENT = "client"
    LINK = "link"


class Caller(msgspec.Struct, frozen=True):
    """The sender of a request.

    Attributes:
        key_id: ``admin`` for the key in the settings; for a link's token, the ID of the link.
        user_id: The user that a client key or a link is bound to; None for other roles.
    """

    key_id: str
    role: Role
    user_id: str | None = None

    @property
    def is_admin(self) -> bool:
        """Whether the key may do everything."""
        return self.role is Role.ADMIN

    @property
    def link_id(self) -> str | None:
        """The link of the request's token; None for a key."""
        return self.key_id if self.role is Role.LINK else None


class Scope(msgspec.Struct, frozen=True):
    """Limits of a read: only data of this user, only what came in through this key; None: any."""

    user_id: str | None = None
    key_id: str | None = None

    def admits(self, user_id: str, key_id: str) -> bool:
        """Return whether data of this user, uploaded through this key, may be read."""
        return self.user_id in {None, user_id} and self.key_id in {None, key_id}


def scope_of(caller: Caller, named_user: str | None = None) -> Scope:
    """Return the limits of a caller's reads.

    An admin reads everything, or one named user. A client key reads its own user. A service
    key reads the user that it names, or else its own uploads. A link reads its own uploads.

    Raises:
        InvalidValue: The user ID is not well formed.
    """
    if named_user is not None:
        check_user_id(named_user)
    match caller.role:
        case Role.ADMIN:
            return Scope(user_id=named_user)
        case Role.SERVICE if named_user is None:
            return Scope(key_id=caller.key_id)
        case Role.SERVICE:
            return Scope(user_id=named_user)
        case Role.CLIENT if named_user not in {None, caller.user_id}:
            # A user that is not the key's own looks like one that does not exist.
            return Scope(user_id=named_user, key_id="")
        case Role.CLIENT:
            return Scope(user_id=caller.user_id)
        case Role.LINK:
            return Scope(user_id=named_user, key_id=caller.key_id)


def uploading_user(caller: Caller, named_user: str | None) -> str:
    """Return the owner of an upload; `named_user` is the form's field ``user_id``.

    Raises:
        UserRequired: A service key named no user.
        Forbidden: A client key named another user than its own, or a link named one.
        InvalidValue: The user ID is not well formed.
    """
    if named_user is not None:
        check_user_id(named_user)
    match caller.role:
        case Role.ADMIN:
            return named_user or ADMIN_USER
        case Role.SERVICE:
            if named_user is None:
                raise UserRequired("Add the form field user_id to the upload.")
            return named_user
        case Role.CLIENT:
            if named_user not in {None, caller.user_id}:
                raise Forbidden("A client key uploads for its own user only.")
            return str(caller.user_id)
        case Role.LINK:
            if named_user is not None:
                raise Forbidden("The link determines the user. Leave user_id out.")
            return str(caller.user_id)


def check_may_delete(caller: Caller, user_id: str) -> None:
    """Refuse to delete a user outside the caller's scope.

    Raises:
        NotFound: A client key named another user than its own.
        Forbidden: The token of a link cannot delete users.
        InvalidValue: The user ID is not well formed.
    """
    check_user_id(user_id)
    match caller.role:
        case Role.CLIENT if caller.user_id != user_id:
            raise NotFound
        case Role.LINK:
            raise Forbidden("The token of a link cannot delete users.")


def check_may_read(caller: Caller, user_id: str) -> None:
    """Refuse to read a user outside the caller's scope.

    Raises:
        NotFound: A client key or a link names another user than its own.
        InvalidValue: The user ID is not well formed.
    """
    check_user_id(user_id)
    if caller.role not in {Role.ADMIN, Role.SERVICE} and caller.user_id != user_id:
        raise NotFound


def check_user_id(user_id: str) -> None:
    """Refuse user IDs that are empty, too long, or carry control characters.

    Raises:
        InvalidValue: The user ID is not well formed.
    """
    if not 1 <= len(user_id) <= MAX_USER_ID_CHARS or not user_id.isprintable():
        raise InvalidValue(f"A user ID has 1 to {MAX_USER_ID_CHARS} printable characters.")


def key_secret(random_bits: bytes) -> str:
    """Write 256 random bits as a key's secret, with the prefix that leak scanners look for."""
    return KEY_PREFIX + urlsafe_b64encode(random_bits).decode().rstrip("=")


def link_token(random_bits: bytes) -> str:
    """Write 256 random bits as the token of a link; its prefix differs from that of keys."""
    return LINK_PREFIX + urlsafe_b64encode(random_bits).decode().rstrip("=")


def is_secret(text: str, prefix: str) -> bool:
    """Return whether a text has the form of a secret with this prefix, which costs no look-up."""
    return text.startswith(prefix) and _RANDOM_PART.fullmatch(text, len(prefix)) is not None


def link_user(link_id: str) -> str:
    """Return the owner of a link's uploads if the link names no user."""
    return f"link:{link_id}"


def hash_secret(secret: str) -> str:
    """Hash a key for storage and look-up, as 64 lower-case hex digits.

    SHA-256 without salt is enough for a random secret of 256 bits, which nobody can guess.
    """
    return hashlib.sha256(secret.encode()).hexdigest()
