"""``dcsim validate``: predictions beside what was published."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from dcsim.cli.messages import plural, say
from dcsim.cli.options import as_json, catalog_option, json_option
from dcsim.cli.pictures import undrawable
from dcsim.errors import InputError, Problem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dcsim.validation.rows import Row

__all__ = ["command"]

_USES = {"calibrate": "--calibration", "validate": "--validation"}


@click.command("validate")
@click.argument("files", nargs=-1)
@click.option("--only", metavar="PATTERN", help="Rows whose name matches, such as 'TFP-*' or '*VGG*'.")
@click.option("--calibration", "use", flag_value="calibrate", help="Only rows that a number was fitted to.")
@click.option("--validation", "use", flag_value="validate", help="Only rows that nothing was fitted to.")
@click.option("--out", metavar="FILE", help="Write everything as a page in Markdown.")
@click.option("--plot", "picture", metavar="FILE", help="Draw predicted over published (.png, .svg or .pdf).")
@catalog_option
@json_option
def command(
    files: Sequence[str],
    only: str | None,
    use: str | None,
    out: str | None,
    picture: str | None,
    catalog: Sequence[str],
    *,
    json_wanted: bool,
) -> None:
    """Predict published measurements and tell how far the predictions are off.

    FILES are files of rows, or folders of them; without any, the project's own. Prints a line for each row, a summary
    in which the rows that numbers were fitted to stand apart, scaling efficiencies, and which aims are missed. With
    --json, the same as values. Rows that do not fit are findings: the exit code is 0 all the same.

    The page of the reference is written by
    'dcsim validate --out docs/reference/validation.md --plot docs/reference/validation.png'.
    """
    from dcsim.spec.catalog import Catalog
    from dcsim.trace.outputs import new_files
    from dcsim.validation.reading import read_rows
    from dcsim.validation.report import page, report, table
    from dcsim.validation.results import validate

    problems = undrawable(picture)
    read = read_rows(files)
    chosen = [placed for placed in read.rows if _asked(placed.row, only, use)]
    if not chosen:
        problems.append(_nothing(len(read.rows), only, use))
    if problems:
        raise InputError(problems)
    with new_files([] if out is None else [out], files) as streams:
        results = validate(chosen, Catalog(catalog))
        for stream in streams:
            left = read.not_answered if only is None and use is None else ()
            stream.write(page(results, left, _seen(picture, from_page=str(out))))
    if picture is not None:
        from dcsim.plot.validation import validation

        validation([result for result in results if result.measured]).savefig(picture)
    click.echo(as_json(report(results)) if json_wanted else table(results))
    for path in filter(None, (out, picture)):
        say(f"written: {path}")


def _seen(picture: str | None, from_page: str) -> str | None:
    """Return the path of a picture as the page links it."""
    from os.path import relpath
    from pathlib import Path

    return None if picture is None else Path(relpath(picture, Path(from_page).parent)).as_posix()


def _asked(row: Row, only: str | None, use: str | None) -> bool:
    """Whether a row is to be predicted."""
    from fnmatch import fnmatchcase

    return (only is None or fnmatchcase(row.id, only)) and (use is None or row.use == use)


def _nothing(count: int, only: str | None, use: str | None) -> Problem:
    """Say why no row is left."""
    option = "--only" if only is not None else _USES.get(str(use), "FILES")
    return Problem(option, 0, 0, "", f"leaves none of {plural(count, 'row')}; 'dcsim validate' alone lists all of them")
