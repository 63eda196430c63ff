"""Who is told of the end of an upload's job: ``callback_url``, and whoever listens."""

import msgspec

from api.state import ApiRequest
from domain.errors.requests import InvalidValue
from domain.webhooks.addresses import check_url
from domain.webhooks.events import EventType
from storage.acceptance.uploads import Upload


async def with_listeners(request: ApiRequest, fields: dict[str, str], drop_off: Upload) -> Upload:
    """Note who is to be told of a job, as the form says and as is known otherwise.

    Args:
        request: The upload.
        fields: Its form.
        drop_off: What it brings.

    Raises:
        InvalidValue: It names a URL that cannot be used, or came through a link.
        WebhooksNotSetUp: It names one, and nothing can be signed.
    """
    stores = request.app.state.stores
    callback_url = fields.get("callback_url") or None
    if callback_url is not None:
        if request.user.link_id is not None:
            raise InvalidValue("A callback_url goes with a key; send none through a link.")
        check_url(callback_url, request.app.state.settings.targets)
        await stores.key_secrets.ensure(request.user.key_id)
        drop_off = msgspec.structs.replace(drop_off, callback_url=callback_url)
    if not drop_off.taken:  # Such a job ends with its acceptance.
        has_subscribers = EventType.JOB_FINISHED in await stores.subscriptions.wanted_types()
        drop_off = msgspec.structs.replace(drop_off, has_subscribers=has_subscribers)
    return drop_off
