"""The service as processes of its own, as the tests of faults have it."""

from tests.faults.conftest import fragile_servers, stack

__all__ = ["fragile_servers", "stack"]
