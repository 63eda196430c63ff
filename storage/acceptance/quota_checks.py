"""Quotas of stored bytes, checked in the transaction that accepts an upload."""

from collections.abc import Mapping, Sequence

from pymongo.client_session import ClientSession

from domain.errors.requests import QuotaExceeded
from domain.quotas import accounts_of, check_fits
from storage.acceptance.submissions import Submission
from storage.access.stored_bytes import AccountReader


def check_quotas(
    reader: AccountReader, session: ClientSession, submissions: Sequence[Submission]
) -> Mapping[str, int]:
    """Refuse uploads that do not fit into their quota, first come, first served.

    All files of an upload fit, or none is accepted. Two transactions that read the same account
    cannot both write it, which makes the quotas exact.

    Sets ``refusal``. Returns the accounts that exist, among those of the uploads, with their bytes.
    """
    uploads = [one.upload for one in submissions]
    names = {name for one in uploads for name in accounts_of(one.user_id, one.key_id)}
    quotas = [one.quota for one in uploads if one.quota is not None]
    names |= {quota.account for quota in quotas}
    stored = dict(reader.read(session, names, wanted=bool(quotas)))
    before = dict(stored)
    for one in submissions:
        size_bytes = sum(image["size_bytes"] for image in one.documents.images)
        quota = one.upload.quota
        try:
            if quota is not None:
                check_fits(quota, stored.get(quota.account, 0), size_bytes)
        except QuotaExceeded as refusal:
            one.refusal = refusal
            continue
        for name in accounts_of(one.upload.user_id, one.upload.key_id):
            if name in stored:
                stored[name] += size_bytes
    return before
