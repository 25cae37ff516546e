"""``dcsim catalog``: what hardware, workloads and scenarios there are, what each holds, and models of other tools."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from dcsim.cli.messages import say
from dcsim.cli.options import as_json, catalog_option, json_option
from dcsim.errors import InputError, Problem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dcsim.onnx_import.entry import Entry
    from dcsim.spec.catalog import Catalog

__all__ = ["command"]


@click.group("catalog")
def command() -> None:
    """List, show and import hardware, workloads and scenarios."""


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
    from dcsim.spec.shelf import FOLDERS

    if len(words) > 2:
        raise click.UsageError("give a NAME, or a KIND and a NAME")
    shelf = Catalog(catalog)
    name = words[-1]
    kinds = [_known(words[0])] if len(words) == 2 else _kinds_with(shelf, name)
    documents = {kind: shelf.raw(kind, name) for kind in kinds}
    for kind in kinds:
        if kind not in FOLDERS["scenarios"]:
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


@command.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), metavar="FILE",
              help="Write the entry there, such as mine/models/NAME.yaml.  [default: print it]")
@click.option("--force", is_flag=True, help="Replace the file of --out.")
@click.option("--name", metavar="TEXT", help="Title of the entry.  [default: the name of the file]")
@click.option("--batch", metavar="N", help="Samples that the graph takes at once.  [default: from its first input]")
@click.option("--dim", "dims", metavar="NAME=N", multiple=True,
              help="Size of a dimension that the file leaves open; may be given more than once.")
@json_option
def import_entry(
    file: Path, out: Path | None, name: str | None, batch: str | None, dims: Sequence[str], *, force: bool,
    json_wanted: bool,
) -> None:
    """Turn a model in the ONNX format into an entry: its layers with their FLOP, bytes and parameters.

    Needs the package onnx (pip install 'dcsim[onnx]'). The entry is one of models/ in a folder for --catalog.
    """  # fmt: skip
    samples, sizes, problems = _asked(batch, dims)
    if out is not None:
        problems += _unwritable(out, force=force)
    try:
        entry = _imported(file, name, samples, sizes)
    except InputError as error:
        raise InputError([*problems, *error.problems]) from None
    if problems:
        raise InputError(problems)
    for note in entry.notes:
        say(f"note: {note}")
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(entry.to_yaml(), encoding="utf-8")
    if json_wanted:
        click.echo(as_json({"file": None if out is None else str(out), "entry": entry.data, "notes": entry.notes}))
    else:
        click.echo(entry.to_yaml() if out is None else str(out), nl=out is not None)


def _asked(batch: str | None, dims: Sequence[str]) -> tuple[int | None, dict[str, int], list[Problem]]:
    """Return the samples and the sizes that are given, and what is wrong with how they are written."""
    problems: list[Problem] = []

    def whole(option: str, text: str) -> int:
        if text.isascii() and text.isdigit() and int(text):
            return int(text)
        problems.append(Problem(option, 0, 0, "", f"'{text}' is not a whole number above zero"))
        return 1

    samples = None if batch is None else whole("--batch", batch)
    sizes = {}
    for text in dims:
        label, _, number = text.rpartition("=")
        if label:
            sizes[label] = whole("--dim", number)
        else:
            problems.append(Problem("--dim", 0, 0, "", f"'{text}' must be a name and a size, such as sequence=128"))
    return samples, sizes, problems


def _unwritable(out: Path, *, force: bool) -> list[Problem]:
    """Return why a file cannot be written."""
    if out.suffix != ".yaml":
        return [Problem("--out", 0, 0, "", f"'{out}' must end in .yaml")]
    blocking = next((folder for folder in out.parents if folder.exists() and not folder.is_dir()), None)
    if blocking is not None:
        return [Problem("--out", 0, 0, "", f"'{blocking}' is no folder")]
    if out.is_dir():
        return [Problem("--out", 0, 0, "", f"'{out}' is a folder; name a file in it")]
    if out.exists() and not force:
        return [Problem("--out", 0, 0, "", f"'{out}' exists; give another name, or --force to replace it")]
    return []


def _imported(file: Path, name: str | None, batch: int | None, sizes: dict[str, int]) -> Entry:
    """Return the entry of a file."""
    try:
        from dcsim.onnx_import.entry import import_model
    except ModuleNotFoundError as error:
        if error.name != "onnx":
            raise
        message = "needs the package onnx; install it with: pip install 'dcsim[onnx]'"
        raise InputError([Problem(str(file), 0, 0, "", message)]) from None
    return import_model(file, title=name, batch=batch, sizes=sizes)


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
