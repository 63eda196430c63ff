"""The command ``python -m cli``, if ``minilab`` is not installed."""

from cli.main import minilab

minilab(prog_name="minilab")
