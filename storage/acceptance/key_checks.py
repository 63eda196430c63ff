"""Keys are checked again in the transaction that accepts an upload."""

from collections.abc import Sequence

from pymongo.client_session import ClientSession

from domain.errors.access import Unauthenticated
from domain.keys import ADMIN_USER
from storage.acceptance.submissions import Submission
from storage.access.managed import SERVICE_ID, VALID
from storage.mongo.threads import PlainDatabase

ENDED_DURING_UPLOAD = "The key was revoked, or has expired, during the upload."


def check_keys(
    database: PlainDatabase, session: ClientSession, submissions: Sequence[Submission]
) -> None:
    """Refuse uploads whose key was revoked or has expired since they began.

    The transaction reads a snapshot that is newer than the last byte of each upload. So an upload
    whose body ends after a revocation was answered is refused, and one that is accepted began its
    transaction before the revocation.

    A file that a worker fetched belongs to a job that was accepted: its key no longer matters.

    Sets ``refusal``. Costs nothing for links and for the key in the settings, which have no key in
    the database. May be tried several times.
    """
    by_key = [one for one in submissions if one.upload.link_id is None and one.upload.claim is None]
    valid = {ADMIN_USER} | _find_valid(
        database, session, {one.upload.key_id for one in by_key} - {ADMIN_USER}
    )
    for one in submissions:
        one.refusal = None
    for one in by_key:
        is_valid = one.upload.key_id in valid
        if not is_valid:
            one.refusal = Unauthenticated(ENDED_DURING_UPLOAD)


def _find_valid(database: PlainDatabase, session: ClientSession, key_ids: set[str]) -> set[str]:
    if not key_ids:
        return set()
    query = {"_id": {"$in": list(key_ids)}} | VALID
    found = database["api_keys"].find(query, {SERVICE_ID: 1}, session=session)
    service_of = {key["_id"]: key.get(SERVICE_ID) for key in found}
    services = {service for service in service_of.values() if service is not None}
    valid = _find_valid(database, session, services) | {None}
    return {key_id for key_id, service in service_of.items() if service in valid}
