"""Keys are checked again in the transaction that accepts an upload."""

from collections.abc import Sequence

from pymongo.client_session import ClientSession

from domain.errors.access import Unauthenticated
from domain.keys import ADMIN_USER
from storage.acceptance.submissions import Submission
from storage.access.api_keys import VALID
from storage.mongo.threads import PlainDatabase

ENDED_DURING_UPLOAD = "The key was revoked, or has expired, during the upload."


def check_keys(
    database: PlainDatabase, session: ClientSession, submissions: Sequence[Submission]
) -> None:
    """Refuse uploads whose key was revoked or has expired since they began.

    The transaction reads a snapshot that is newer than the last byte of each upload. So an upload
    whose body ends after a revocation was answered is refused, and one that is accepted began its
    transaction before the revocation.

    Sets ``refusal``. Costs nothing for links and for the key in the settings, which have no key in
    the database. May be tried several times.
    """
    by_key = [one for one in submissions if one.upload.link_id is None]
    key_ids = {one.upload.key_id for one in by_key} - {ADMIN_USER}
    valid = {ADMIN_USER}
    if key_ids:
        query = {"_id": {"$in": list(key_ids)}} | VALID
        valid |= {
            key["_id"] for key in database["api_keys"].find(query, {"_id": 1}, session=session)
        }
    for one in submissions:
        one.refusal = None
    for one in by_key:
        is_valid = one.upload.key_id in valid
        if not is_valid:
            one.refusal = Unauthenticated(ENDED_DURING_UPLOAD)
