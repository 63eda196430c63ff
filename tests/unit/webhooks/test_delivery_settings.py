"""Settings of a deliverer."""

import pytest

from domain.settings import SettingsError
from domain.webhooks.schedule import RETRY_SECONDS, read_delays
from tasks.delivery.settings import read_settings

SERVERS = {"MINILAB_MONGODB_URL": "mongodb://h", "MINILAB_REDIS_URL": "redis://h"}


def test_defaults_are_those_of_the_specification() -> None:
    settings = read_settings(SERVERS)
    assert settings.deliveries.webhook_timeout_seconds == 15
    assert settings.deliveries.webhook_disable_seconds == 5 * 24 * 3600
    assert read_delays(settings.deliveries.webhook_retry_seconds) == RETRY_SECONDS
    assert (settings.targets.networks, settings.targets.webhook_allow_http) == ((), False)


def test_all_mistakes_are_told_together() -> None:
    wrong = {
        "MINILAB_WEBHOOK_ALLOW": "10.0.0.1/8",
        "MINILAB_WEBHOOK_RETRY_SECONDS": "5,soon",
        "MINILAB_WEBHOOK_IN_FLIGHT": "0",
        "MINILAB_WEBHOOK_TIMEOUT_SECONDS": "-1",
        "MINILAB_PUBLIC_URL": "photos.example",
        "MINILAB_SECRET_KEY": "short",
    }
    with pytest.raises(SettingsError) as error:
        read_settings(SERVERS | wrong)
    assert all(name in str(error.value) for name in wrong)
    assert len(error.value.mistakes) == len(wrong)
