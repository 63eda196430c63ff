"""The images of a tenant's users, among images that are read by ID."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from pymongo.client_session import ClientSession

from domain.tenants import NO_TENANT
from storage.mongo.client import Document
from storage.mongo.threads import PlainDatabase

HAS_TENANT: Document = {"tenant": {"$gt": ""}}

Ids = npt.NDArray[np.bytes_]
Mask = Callable[[Ids], npt.NDArray[np.bool_]]


def read_mask(
    database: PlainDatabase,
    session: ClientSession,
    tenant: str | None,
    first_id: str = "",
    after_id: str | None = None,
) -> Mask | None:
    """Make a mask of the image IDs that are of a tenant; None if all are.

    Reads the IDs of the images of the tenant, from one ID up to another; without a tenant, those
    of all tenants, which are left out.
    """
    if tenant is None:
        return None
    within: Document = {"$gte": first_id} | ({} if after_id is None else {"$lt": after_id})
    of_tenant = HAS_TENANT if tenant == NO_TENANT else {"tenant": tenant}
    found = database["images"].find(of_tenant | {"_id": within}, {"_id": 1}, session=session)
    ids = np.array([image["_id"] for image in found], "S36")
    if tenant == NO_TENANT and not len(ids):
        return None
    return lambda read: np.isin(read, ids, invert=tenant == NO_TENANT)
