"""The template engine of the pages: templates beside their handlers, and the texts of a language.

Templates of all features extend ``layout/page.html``. They take files from :func:`asset` and texts
from ``t``, so that neither hashes nor sentences stand in them.
"""

import tomllib
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import Request
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.template import TemplateConfig

from api.pages.assets.registry import ASSETS, PAGES
from api.pages.formats import FILTERS

TEXTS = PAGES / "texts"
LANGUAGE = "en"


class Texts(SimpleNamespace):
    """Texts by name, as in ``t.home.title`` or ``t.admin.parts[name]``."""

    def __getitem__(self, name: str) -> Any:
        """Return a text, or a table of texts."""
        return self.__dict__[name]


def template_config() -> TemplateConfig[JinjaTemplateEngine]:
    """Make the configuration of the engine."""
    return TemplateConfig(instance=JinjaTemplateEngine.from_environment(make_environment()))


@cache
def make_environment(pages: Path = PAGES) -> Environment:
    """Make the environment in which templates are rendered.

    A name without a value is an error, and every value is escaped. Templates stay as they were read
    first: those of another release, which is installed while this one runs, want other values.
    """
    environment = Environment(
        loader=FileSystemLoader(pages),
        autoescape=True,
        auto_reload=False,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["asset"] = asset
    environment.globals["t"] = read_texts(LANGUAGE)
    environment.filters.update(FILTERS)
    return environment


def render(request: Request[Any, Any, Any], template: str, **values: Any) -> bytes:
    """Render a page whose bytes are needed, as for its ETag.

    Raises:
        Unavailable: It loads a part of a library that is not installed.
    """
    engine = cast("JinjaTemplateEngine", request.app.template_engine)
    return engine.get_template(template).render(**values).encode()


def asset(name: str) -> str:
    """Return the URL of a file that a page loads.

    Raises:
        Unavailable: It is part of a library that is not installed.
    """
    return ASSETS.get(name).url


def read_texts(language: str) -> Texts:
    """Read the texts of a language: a file for each feature, as in ``t.home.title``."""
    return _as_names(
        {
            path.stem: tomllib.loads(path.read_text(encoding="utf-8"))
            for path in sorted((TEXTS / language).glob("*.toml"))
        }
    )


def _as_names(table: dict[str, Any]) -> Texts:
    return Texts(
        **{
            name: _as_names(value) if isinstance(value, dict) else value
            for name, value in table.items()
        }
    )
