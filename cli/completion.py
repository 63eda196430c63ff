"""The command ``minilab completion``: prints what a shell needs to complete commands."""

import click
from click.shell_completion import get_completion_class

from cli.groups import list_lines

SHELLS = ("bash", "zsh", "fish")
_INSTALL = list_lines(
    "To install it:",
    """bash  echo 'eval "$(minilab completion bash)"' >> ~/.bashrc""",
    """zsh   echo 'eval "$(minilab completion zsh)"' >> ~/.zshrc""",
    "fish  minilab completion fish > ~/.config/fish/completions/minilab.fish",
)


@click.command(
    help=f"Print the script that completes commands and options in a shell.\n\n{_INSTALL}"
)
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the completion script of a shell."""
    kind = get_completion_class(shell)
    if kind is None:
        raise click.UsageError(f"the shell {shell} is not supported")
    root = context.find_root()
    click.echo(kind(root.command, {}, "minilab", "_MINILAB_COMPLETE").source())
