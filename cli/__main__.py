"""``python -m cli``, where the command is not installed."""

from cli.main import minilab

minilab(prog_name="minilab")
