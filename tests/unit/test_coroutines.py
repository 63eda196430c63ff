"""What runs for every request is a coroutine: Litestar runs plain functions in a thread."""

import inspect

from api.app import create_app
from api.settings import read_settings
from openapi.write_document import ANY_SETTINGS


def test_guards_are_coroutines() -> None:
    app = create_app(read_settings(ANY_SETTINGS))
    handlers = {handler for route in app.routes for handler in getattr(route, "route_handlers", [])}
    layers = {layer for handler in handlers for layer in handler.ownership_layers}
    guards = {guard for layer in layers for guard in layer.guards or ()}
    assert len(guards) > 5
    assert [guard for guard in guards if not inspect.iscoroutinefunction(guard)] == []
