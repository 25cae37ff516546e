"""``dcsim check``: every problem of files, at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from dcsim.cli.messages import plural, say, summary
from dcsim.cli.options import as_json, catalog_option, json_option, set_option, variant_option

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dcsim.errors import Problem
    from dcsim.spec.catalog import Catalog

__all__ = ["command"]


@click.command("check")
@click.argument("files", metavar="SCENARIO...", nargs=-1, required=True)
@set_option
@variant_option
@catalog_option
@json_option
@click.pass_context
def command(
    ctx: click.Context,
    files: Sequence[str],
    sets: Sequence[str],
    variants: Sequence[str],
    catalog: Sequence[str],
    *,
    json_wanted: bool,
) -> None:
    """Tell every problem of scenarios at once, with file, line and column.

    A SCENARIO is a file or the name of a shipped one; its variants are checked too, and of a sweep file every setting.
    Files in folders named after a kind of entry (servers/, services/ ...) are checked as catalogue entries. Exit code 2
    if there is any problem.
    """
    from dcsim.resolve import check_overlays
    from dcsim.spec.catalog import Catalog

    shelf = Catalog(catalog)
    own = check_overlays(shelf)
    outcomes = [_one(name, sets, variants, shelf, catalog) for name in files]
    if json_wanted:
        told = [
            {"file": name, "problems": [vars(p) for p in (*own, *problems)], "warnings": [vars(w) for w in warnings]}
            for name, (problems, warnings) in zip(files, outcomes, strict=True)
        ]
        click.echo(as_json(told))
    for line in own:
        say(str(line))
    if own:
        say(summary(own))
    for name, (problems, warnings) in zip(files, outcomes, strict=True):
        _tell(name, problems, warnings, quiet=json_wanted)
    ctx.exit(2 if own or any(problems for problems, _ in outcomes) else 0)


def _tell(name: str, problems: Sequence[Problem], warnings: Sequence[Problem], *, quiet: bool) -> None:
    """Print the outcome of one file."""
    for warning in warnings:
        say(f"warning: {warning}")
    for problem in problems:
        say(str(problem))
    if problems:
        say(summary(problems, name))
    elif not quiet:
        also = f", {plural(len(warnings), 'warning')}" if warnings else ""
        click.echo(f"{name}: no problems{also}")


def _one(
    name: str, sets: Sequence[str], variants: Sequence[str], shelf: Catalog, catalog: Sequence[str]
) -> tuple[list[Problem], Sequence[Problem]]:
    """Return problems and warnings of one file, or of a shipped scenario or sweep."""
    from pathlib import Path

    from dcsim.errors import InputError
    from dcsim.resolve import check, check_entry
    from dcsim.spec.shelf import kind_of
    from dcsim.spec.yaml import is_file, load_yaml
    from dcsim.sweeps.opening import names_a_sweep

    if names_a_sweep(name, shelf):
        return _sweep(name, sets, variants, catalog)
    if not is_file(Path(name)) or kind_of(Path(name)) == "scenarios":
        return check(name, sets=sets, variants=variants, catalog=shelf)
    try:
        return check_entry(kind_of(Path(name)), load_yaml(name, lenient=True), shelf), ()
    except InputError as error:
        return list(error.problems), ()


def _sweep(
    name: str, sets: Sequence[str], variants: Sequence[str], catalog: Sequence[str]
) -> tuple[list[Problem], Sequence[Problem]]:
    """Return problems and warnings of a sweep and its settings."""
    from dcsim.errors import InputError
    from dcsim.sweeps.reading import read_plan

    try:
        return [], read_plan(name, sets=sets, catalog=catalog, variant=variants).warnings
    except InputError as error:
        return list(error.problems), ()
