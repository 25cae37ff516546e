"""``dcsim completion``: what a shell must read so that the Tab key completes verbs, options, names and settings."""

from __future__ import annotations

import os
from pathlib import PurePath

import click

from dcsim.errors import InputError, Problem

__all__ = ["SHELLS", "command"]

SHELLS = ("bash", "zsh", "fish")
"""Shells that a script can be had for."""

_MENDED = {
    "bash": {"COMPREPLY+=($value)": 'COMPREPLY+=("$value"); [[ $value == *[.=,] ]] && compopt -o nospace'},
    "zsh": {
        'completions+=("$key")':
            '[[ $key == *[.=,] ]] && compadd -U -S "" -V unsorted -- "$key" || completions+=("$key")',
        'completions_with_descriptions+=("$key":"$descr")':
            'shown=("$key  $descr"); [[ $key == *[.=,] ]] && compadd -U -S "" -V unsorted -d shown -- "$key" '
            '|| completions_with_descriptions+=("$key":"$descr")',
        "local -a response": "local -a response shown",
    },
}  # fmt: skip
"""What is changed in click's scripts: nothing is put behind a part of a path; fish knows that by itself."""


_USE = """\b
bash   dcsim completion bash > ~/.local/share/bash-completion/completions/dcsim
zsh    dcsim completion zsh > a folder of $fpath, as _dcsim
fish   dcsim completion fish > ~/.config/fish/completions/dcsim.fish"""
"""Told below the options; the first character keeps the lines as they are."""


@click.command("completion", epilog=_USE)
@click.argument("shell", required=False, type=click.Choice(SHELLS))
def command(shell: str | None) -> None:
    """Print the completion script of a SHELL: bash, zsh or fish; by default that of $SHELL."""
    named = shell or PurePath(os.environ.get("SHELL", "")).name
    if named not in SHELLS:
        raise InputError([Problem("SHELL", 0, 0, "", f"is none of {', '.join(SHELLS)}; name one of them")])
    click.echo(_script(named))


def _script(shell: str) -> str:
    """Return the script of a shell, made so that nothing is put behind a part of a path."""
    from click.shell_completion import get_completion_class

    from dcsim.cli.main import main

    found = get_completion_class(shell)
    if found is None:
        raise RuntimeError(f"no completion for {shell}")
    script = found(main, {}, "dcsim", "_DCSIM_COMPLETE").source()
    for written, instead in _MENDED.get(shell, {}).items():
        script = script.replace(written, instead)
    return script
