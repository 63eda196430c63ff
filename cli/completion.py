"""``minilab completion``: what a shell needs to complete commands and options."""

import click
from click.shell_completion import get_completion_class

SHELLS = ("bash", "zsh", "fish")


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the completion of a shell: eval "$(minilab completion bash)"."""
    kind = get_completion_class(shell)
    if kind is None:
        raise click.UsageError(f"{shell} is not known")
    root = context.find_root()
    click.echo(kind(root.command, {}, "minilab", "_MINILAB_COMPLETE").source())
