"""``callback_url``: the URL that an upload wants notified when its job ends."""

from collections.abc import Mapping

from domain.errors.requests import InvalidValue
from domain.keys import Caller
from domain.webhooks.addresses import TargetRules, check_url
from storage.webhooks.key_secrets import KeySecrets


class Callbacks:
    """Checks callback URLs."""

    def __init__(self, key_secrets: KeySecrets, targets: TargetRules) -> None:
        self._key_secrets = key_secrets
        self._targets = targets

    async def url_of(self, caller: Caller, fields: Mapping[str, str]) -> str | None:
        """Read the callback URL of a form, if it has one, and make sure that it can be signed for.

        Raises:
            InvalidValue: The URL cannot be used, or the form came in through a link.
            WebhooksNotSetUp: The service has no secret to sign with.
        """
        url = fields.get("callback_url") or None
        if url is None:
            return None
        if caller.link_id is not None:
            raise InvalidValue(
                "A callback_url requires an API key; it cannot be used through a link."
            )
        check_url(url, self._targets)
        await self._key_secrets.ensure(caller.key_id)
        return url
