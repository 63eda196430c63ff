"""API keys: roles, and the scope of reads and uploads."""

import hashlib
import re
from base64 import urlsafe_b64encode
from enum import StrEnum

import msgspec

from domain.errors.access import Forbidden, NotFound
from domain.errors.requests import InvalidValue, UserRequired
from domain.key_scopes import ALL_SCOPES, KeyScope
from domain.limits import TenantLimits
from domain.tenants import NO_TENANT, is_in_tenant, owner_id

KEY_PREFIX = "mlk_"
LINK_PREFIX = "mll_"
ADMIN_USER = "admin"
MAX_USER_ID_CHARS = 128
READS_ONLY = "This key only reads. Use one with another role."
# 256 bits in base64url.
_RANDOM_PART = re.compile("[A-Za-z0-9_-]{43}")


class Role(StrEnum):
    """Role of a key."""

    ADMIN = "admin"
    SERVICE = "service"
    CLIENT = "client"
    READER = "reader"
    LINK = "link"


class Caller(msgspec.Struct, frozen=True):
    """The sender of a request.

    Attributes:
        key_id: ``admin`` for the key in the settings; for a link's token, the ID of the link.
        user_id: The stored ID of the user that the key or link is bound to; None: to no user.
        tenant: The tenant within which user IDs are understood; None: users without a tenant.
        max_stored_bytes: The key's own quota; None: that of the settings.
        limits: The key's own limits of uploads; None: those of the settings.
        scopes: What the key may do.
    """

    key_id: str
    role: Role
    user_id: str | None = None
    tenant: str | None = None
    max_stored_bytes: int | None = None
    scopes: frozenset[KeyScope] = ALL_SCOPES
    limits: TenantLimits | None = None

    @property
    def is_admin(self) -> bool:
        """Whether the key may do everything."""
        return self.role is Role.ADMIN

    @property
    def may_write(self) -> bool:
        """Whether the key may change anything."""
        return self.role is not Role.READER

    @property
    def visible_tenant(self) -> str | None:
        """The tenant of all that the key can see; None for all tenants."""
        return self.tenant if self.is_admin else self.tenant or NO_TENANT

    def owner(self, user_id: str) -> str:
        """Return the stored ID of a user that the caller names.

        Raises:
            InvalidValue: The user ID is not well formed.
        """
        check_user_id(user_id)
        return owner_id(self.tenant, user_id)

    def within(self, tenant: str | None) -> "Caller":
        """Return the caller as it acts within a tenant that it names; None: as it is.

        Raises:
            Forbidden: The key is not an admin's, and belongs to another tenant or to none.
            InvalidValue: The tenant is not well formed.
        """
        if tenant is None or tenant == self.tenant:
            return self
        check_tenant(tenant)
        if not self.is_admin:
            raise Forbidden("The key determines the tenant. Leave tenant out.")
        return msgspec.structs.replace(self, tenant=tenant)

    @property
    def link_id(self) -> str | None:
        """The link of the request's token; None for a key."""
        return self.key_id if self.role is Role.LINK else None


class Scope(msgspec.Struct, frozen=True):
    """Limits of a read: only data of this user, only the uploads of this key; None: any.

    Attributes:
        user_id: Stored ID of a user.
        tenant: Only data of users of this tenant; see :data:`domain.tenants.NO_TENANT`.
    """

    user_id: str | None = None
    key_id: str | None = None
    tenant: str | None = None

    def admits(self, user_id: str, key_id: str) -> bool:
        """Return whether data of this user, uploaded through this key, may be read."""
        is_owner = self.user_id in {None, user_id} and self.key_id in {None, key_id}
        return is_owner and is_in_tenant(user_id, self.tenant)


def scope_of(caller: Caller, named_user: str | None = None) -> Scope:
    """Return the limits of a caller's reads.

    An admin reads everything, one tenant, or one named user. A key that is bound to a user reads
    that user. A service key reads the user that it names; or else its tenant or, without one, its
    own uploads. A reader reads the user that it names, or its tenant, or all users without a
    tenant. A link reads its own uploads.

    Raises:
        InvalidValue: The user ID is not well formed.
    """
    owner = None if named_user is None else caller.owner(named_user)
    if caller.role is Role.LINK:
        return Scope(user_id=owner, key_id=caller.key_id)
    if caller.user_id is not None:
        # A user that is not the key's own looks like one that does not exist.
        is_own = owner in {None, caller.user_id}
        return Scope(user_id=caller.user_id) if is_own else Scope(user_id=owner, key_id="")
    if owner is not None:
        return Scope(user_id=owner)
    if caller.role is Role.SERVICE and caller.tenant is None:
        return Scope(key_id=caller.key_id)
    return Scope(tenant=caller.visible_tenant)


def webhook_scope(caller: Caller) -> Scope:
    """Return the limits of a caller's reads of webhooks, which can hold secrets in their URLs.

    A reader without a tenant and a user sees none of other keys.
    """
    scope = scope_of(caller)
    return Scope(key_id=caller.key_id) if scope.tenant == NO_TENANT else scope


def uploading_user(caller: Caller, named_user: str | None) -> str:
    """Return the stored ID of the owner of an upload; `named_user` is the form's ``user_id``.

    Raises:
        UserRequired: A service key named no user.
        Forbidden: The key uploads nothing, a client key named another user than its own, or a
            link named one.
        InvalidValue: The user ID is not well formed.
    """
    if named_user is not None:
        check_new_user_id(named_user)
    owner = None if named_user is None else caller.owner(named_user)
    match caller.role:
        case Role.ADMIN:
            return owner or caller.owner(ADMIN_USER)
        case Role.SERVICE:
            if owner is None:
                raise UserRequired("Add the user_id to the upload.", "user_id")
            return owner
        case Role.CLIENT:
            if owner not in {None, caller.user_id}:
                raise Forbidden("A client key uploads for its own user only.")
            return str(caller.user_id)
        case Role.READER:
            raise Forbidden(READS_ONLY)
        case Role.LINK:
            if owner is not None:
                raise Forbidden("The link determines the user. Leave user_id out.")
            return str(caller.user_id)


def asking_user(caller: Caller, named_user: str | None) -> str:
    """Return the stored ID of the user whose files a caller asks for before an upload.

    For a user that a client key does not see, it is that of no user.

    Raises:
        UserRequired: A service key or a reader named no user.
        InvalidValue: The user ID is not well formed.
    """
    scope = scope_of(caller, named_user)
    if scope.user_id is None and caller.is_admin:
        return caller.owner(ADMIN_USER)
    if scope.user_id is None:
        raise UserRequired("Add the user_id.")
    return scope.user_id if scope.key_id is None else ""


def check_may_delete(caller: Caller, user_id: str) -> None:
    """Refuse to delete a user outside the caller's scope.

    Raises:
        NotFound: A client key named another user than its own.
        Forbidden: The key of a reader and the token of a link cannot delete users.
        InvalidValue: The user ID is not well formed.
    """
    owner = caller.owner(user_id)
    match caller.role:
        case Role.CLIENT if caller.user_id != owner:
            raise NotFound
        case Role.READER:
            raise Forbidden(READS_ONLY)
        case Role.LINK:
            raise Forbidden("The token of a link cannot delete users.")


def check_may_read(caller: Caller, user_id: str) -> None:
    """Refuse to read a user outside the caller's scope.

    Raises:
        NotFound: A key that is bound to a user, or a link, names another user.
        InvalidValue: The user ID is not well formed.
    """
    owner = caller.owner(user_id)
    if caller.user_id is not None and caller.user_id != owner:
        raise NotFound


def check_tenant(tenant: str) -> None:
    """Refuse tenants by the rule of user IDs.

    Raises:
        InvalidValue: The tenant is not well formed.
    """
    try:
        check_user_id(tenant)
    except InvalidValue as error:
        raise InvalidValue(error.detail.replace("user ID", "tenant"), "tenant") from None


def check_user_id(user_id: str) -> None:
    """Refuse user IDs that are empty, too long, or carry control characters.

    Raises:
        InvalidValue: The user ID is not well formed.
    """
    if not 1 <= len(user_id) <= MAX_USER_ID_CHARS or not user_id.isprintable():
        most = MAX_USER_ID_CHARS
        raise InvalidValue(f"A user ID has 1 to {most} printable characters.", "user_id")


def check_new_user_id(user_id: str) -> None:
    """Refuse IDs of new users that are not well formed, or that URLs and forms change.

    Clients remove ``.`` and ``..`` from paths, and many programs blanks at the ends of a value.
    Users that were named so before can still be read and deleted.

    Raises:
        InvalidValue: The user ID is not well formed, a dot or two, or has blanks at an end.
    """
    check_user_id(user_id)
    if user_id in {".", ".."} or user_id != user_id.strip():
        raise InvalidValue(
            "A user ID is not . or .. and has no blank at its beginning or end.", "user_id"
        )


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
