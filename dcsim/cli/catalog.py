"""``dcsim catalog``: what hardware, workloads and scenarios there are, and what each holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from dcsim.cli.options import as_json, catalog_option, json_option

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dcsim.spec.catalog import Catalog

__all__ = ["command"]


@click.group("catalog")
def command() -> None:
    """List and show hardware, workloads and scenarios."""


@command.command("list")
@click.argument("kind", required=False)
@catalog_option
@json_option
def list_entries(kind: str | None, catalog: Sequence[str], *, json_wanted: bool) -> None:
    """List the names of all entries, or of one KIND (servers, services, scenarios ...)."""
    from dcsim.spec.shelf import KINDS, Shelf

    shelf = Shelf(catalog)
    kinds = KINDS if kind is None else (_known(kind),)
    found = {each: shelf.names(each) for each in kinds}
    if json_wanted:
        click.echo(as_json(found))
        return
    for each, names in found.items():
        indent = ""
        if kind is None:
            click.echo(each)
            indent = "  "
        for name in names:
            click.echo(f"{indent}{name}")


@command.command("show")
@click.argument("words", metavar="[KIND] NAME", nargs=-1, required=True)
@catalog_option
@json_option
def show_entry(words: Sequence[str], catalog: Sequence[str], *, json_wanted: bool) -> None:
    """Print an entry as it is written, with its sources.

    Without KIND, the entries of that NAME of every kind.
    """
    from dcsim.spec.catalog import Catalog

    if len(words) > 2:
        raise click.UsageError("give a NAME, or a KIND and a NAME")
    shelf = Catalog(catalog)
    name = words[-1]
    kinds = [_known(words[0])] if len(words) == 2 else _kinds_with(shelf, name)
    documents = {kind: shelf.raw(kind, name) for kind in kinds}
    for kind in kinds:
        if kind != "scenarios":
            shelf.load(kind, name)
    if json_wanted:
        told = [
            {"kind": kind, "name": name, "file": document.file, "entry": document.data}
            for kind, document in documents.items()
        ]
        click.echo(as_json(told[0] if len(told) == 1 else told))
        return
    for document in documents.values():
        if len(documents) > 1:
            click.echo(f"# {document.file}")
        click.echo(document.path.read_text(encoding="utf-8"), nl=False)


def _known(kind: str) -> str:
    """Return a kind of entry, or refuse it."""
    from dcsim.spec.shelf import KINDS

    if kind not in KINDS:
        raise click.UsageError(_unknown("kind of entry", kind, list(KINDS)))
    return kind


def _kinds_with(shelf: Catalog, name: str) -> list[str]:
    """Return the kinds that have an entry of that name."""
    from dcsim.spec.shelf import KINDS

    kinds = shelf.find(name)
    if not kinds:
        raise click.UsageError(
            _unknown("entry", name, sorted({known for kind in KINDS for known in shelf.names(kind)}))
        )
    return kinds


def _unknown(what: str, name: str, known: list[str]) -> str:
    from dcsim.spec.suggest import Suggester

    return Suggester().unknown(what, name, known)
