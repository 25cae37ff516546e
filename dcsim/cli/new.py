"""``dcsim new``: a scenario of one's own, begun from a commented one."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dcsim.cli.messages import say
from dcsim.cli.options import as_json, json_option
from dcsim.errors import InputError, Problem

if TYPE_CHECKING:
    from dcsim.spec.yaml import Document

__all__ = ["command"]


@click.command("new")
@click.argument("name")
@click.option("--from", "origin", metavar="SCENARIO",
              help="Copy this one, with its comments and the files that it replays.  [default: one of two regions with "
              "every section explained]")
@click.option("--extend", metavar="SCENARIO",
              help="Write only what differs from this one.")
@click.option("--out", metavar="FILE", type=click.Path(path_type=Path), help="Where to.  [default: NAME.yaml]")
@click.option("--force", is_flag=True, help="Replace files that exist.")
@json_option
def command(
    name: str, origin: str | None, extend: str | None, out: Path | None, *, force: bool, json_wanted: bool
) -> None:
    """Begin a scenario called NAME: a commented file that passes check and runs as it is.

    Prints the files written. NAME is of lower-case letters, digits and underscores.
    """  # fmt: skip
    from dcsim.spec.shelf import Shelf
    from dcsim.trace.outputs import write_files

    target = out or Path(f"{name}.yaml")
    problems = [*_misnamed(name), *_unfit(target)]
    if origin is not None and extend is not None:
        problems.append(Problem.of_option("extend", "cannot stand beside --from; choose one"))
    if problems:
        raise InputError(problems)
    files = _extending(extend, name, target) if extend is not None else _copied(origin, name, target)
    if not force:
        _refuse_existing(files)
    write_files(dict(reversed(files.items())))
    if json_wanted:
        click.echo(as_json({"files": [str(file) for file in files]}))
    else:
        click.echo("\n".join(str(file) for file in files))
    say(f"edit it, then: dcsim check {target} && dcsim run {target}")
    if Shelf().path("scenarios", name) is not None:
        say(f"the name alone is that of a shipped scenario: 'dcsim run {name}' runs that one, not {target}")


def _misnamed(name: str) -> list[Problem]:
    """Return why a scenario cannot be called so."""
    from dcsim.spec.naming import misnamed

    why = misnamed(name)
    if why is None:
        return []
    path = Path(name)
    meant = path.name.removesuffix(".yaml")
    if meant != name and misnamed(meant) is None:
        where = "" if path.parent == Path() else f", and its file with --out {path.with_suffix('.yaml')}"
        why = f"is a name, not a file; write '{meant}'{where}"
    return [Problem("NAME", 0, 0, "", why)]


def _unfit(target: Path) -> list[Problem]:
    """Return why nothing can be written to a file."""
    if target.suffix != ".yaml":
        return [Problem.of_option("out", f"'{target}' must end in .yaml")]
    blocking = next((folder for folder in target.parents if folder.exists() and not folder.is_dir()), None)
    if blocking is not None:
        return [Problem.of_option("out", f"'{blocking}' is no folder")]
    return [Problem.of_option("out", f"'{target}' is a folder; name a file in it")] if target.is_dir() else []


def _opened(option: str, scenario: str) -> Document:
    """Return a scenario that can be read without a problem."""
    from dcsim.spec.authored import open_scenario
    from dcsim.spec.catalog import Catalog

    document = open_scenario(scenario, Catalog())
    if document.problems:
        raise InputError([*document.problems, Problem.of_option(option, f"'{scenario}' must be mended first")])
    return document


def _copied(origin: str | None, name: str, target: Path) -> dict[Path, bytes]:
    """Return the text of a scenario under its new name, and the files that it names, by where they are to lie."""
    from dcsim.spec.explain import problem_at
    from dcsim.spec.scaffold import SCAFFOLD, files_named, renamed
    from dcsim.spec.yaml import load_yaml

    document = load_yaml(SCAFFOLD) if origin is None else _opened("from", origin)
    text = renamed(document.path.read_text(encoding="utf-8-sig"), document, name, str(target))
    files = {target: text.encode()}
    problems = []
    if not _same_but_for_its_name(text, document, name):
        problems.append(problem_at(document.root, ("name",), "write it plainly, behind 'name:', to have it replaced"))
    for path, file in files_named(document.root):
        beside = Path(file)
        if path == ("extends",) or ".." in beside.parts:
            what = "extends" if path == ("extends",) else "reads"
            message = f"'{origin}' {what} '{file}', which would have to be copied too; use --extend instead"
            problems.append(Problem.of_option("from", message))
        elif not (document.path.parent / beside).is_file():
            problems.append(Problem.of_option("from", f"'{origin}' reads '{file}', and there is no such file"))
        elif not beside.is_absolute():
            files[target.parent / beside] = (document.path.parent / beside).read_bytes()
    if problems:
        raise InputError(problems)
    return files


def _same_but_for_its_name(text: str, document: Document, name: str) -> bool:
    """Whether a text says what a scenario does, under another name: YAML has many ways to write one."""
    from dcsim.spec.yaml import parse_yaml

    try:
        return bool(parse_yaml(text, "copy").plain() == {**document.data, "name": name})
    except InputError:
        return False


def _extending(base: str, name: str, target: Path) -> dict[Path, bytes]:
    """Return the text of a scenario that says what differs from another, by where it is to lie."""
    from dcsim.spec.scaffold import extending
    from dcsim.spec.shelf import Shelf

    document = _opened("extend", base)
    written = base
    if Shelf().path("scenarios", base) != document.path:
        if document.path.suffix not in {".yaml", ".yml"}:
            raise InputError([Problem.of_option("extend", f"'{base}' must end in .yaml to be extended")])
        written = Path(os.path.relpath(document.path, target.parent)).as_posix()
    described, offered = document.root.child("description"), document.root.child("variants")
    variants = [str(key) for key, _ in offered.children()] if offered is not None else []
    text = extending(written, str(described.value) if described else "", variants, name, str(target))
    return {target: text.encode()}


def _refuse_existing(files: dict[Path, bytes]) -> None:
    """Refuse files that exist with other content."""
    problems = [
        Problem.of_option("out", f"'{file}' exists; give another name, or --force to replace it")
        for place, (file, content) in enumerate(files.items())
        if file.exists() and (place == 0 or not file.is_file() or file.read_bytes() != content)
    ]
    if problems:
        raise InputError(problems)
