"""The command ``minilab completion``: prints shell completions."""

import click
from click.shell_completion import get_completion_class

SHELLS = ("bash", "zsh", "fish")


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the completion for a shell; use it as eval "$(minilab completion bash)"."""
    kind = get_completion_class(shell)
    if kind is None:
        raise click.UsageError(f"the shell {shell} is not supported")
    root = context.find_root()
    click.echo(kind(root.command, {}, "minilab", "_MINILAB_COMPLETE").source())
