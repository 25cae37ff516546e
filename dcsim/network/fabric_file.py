"""Fabrics by name or from a user's own file, with the cables that a graph may hold in a CSV beside it."""

from __future__ import annotations

from pathlib import Path as FilePath
from typing import TYPE_CHECKING, cast

from dcsim.errors import InputError, Problem
from dcsim.spec.catalog import Catalog, singular, spec_of
from dcsim.spec.explain import problem_at
from dcsim.spec.fabric import Cable, GraphFabric
from dcsim.spec.suggest import Suggester
from dcsim.spec.tree import quoted
from dcsim.spec.yaml import load_yaml
from dcsim.trace.csv_table import CsvTable, Field, read_csv
from dcsim.units import dimension_example, parse_quantity

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dcsim.spec.fabric import FabricSpec
    from dcsim.spec.yaml import Document

__all__ = ["check_fabric", "load_fabric"]

_COLUMNS = (
    Field("a", "text"), Field("b", "text"), Field("bandwidth", "text"), Field("latency", "text"),
    Field("one_way", "whole", high=1, default=0),
)  # fmt: skip


def load_fabric(name_or_path: str | FilePath, catalog: Catalog) -> FabricSpec:
    """Return a fabric of the catalogue, or one from a YAML file.

    Parameters
    ----------
    name_or_path : str or Path
        A name, or a file: what ends in ``.yaml``, has a folder or exists.
    catalog : Catalog
        Entries by name.

    Raises
    ------
    InputError
        With every problem of the file and of the cables that it names.

    Examples
    --------
    >>> load_fabric("leaf_spine_256", Catalog()).spines
    4
    """
    document = _document(name_or_path, catalog)
    cables, problems = _read_cables(document)
    problems += [*document.problems, *catalog.check("fabrics", document), *_strays(document, cables)]
    if problems:
        raise InputError(problems)
    fabric = cast("FabricSpec", spec_of("fabrics", document.data).model_validate(document.data))
    if isinstance(fabric, GraphFabric) and fabric.file is not None:
        return fabric.model_copy(update={"links": tuple(cables)})
    return fabric


def check_fabric(document: Document) -> list[Problem]:
    """Return what is wrong with the cables of a fabric, beyond what its fields say."""
    cables, problems = _read_cables(document)
    return problems + _strays(document, cables)


def _document(name_or_path: str | FilePath, catalog: Catalog) -> Document:
    """Read the file of a fabric."""
    text = str(name_or_path)
    path = FilePath(name_or_path)
    if path.suffix in {".yaml", ".yml"} or len(path.parts) > 1 or path.is_file():
        return load_yaml(path, name=text, lenient=True)
    if catalog.path("fabrics", text) is not None:
        return catalog.raw("fabrics", text)
    message = f"no such file, and {Suggester().unknown(singular('fabrics'), text, catalog.names('fabrics'))}"
    raise InputError([Problem(quoted(text)[1:-1], 0, 0, "", message)])


def _read_cables(document: Document) -> tuple[list[Cable], list[Problem]]:
    """Return the cables in the file that a graph names, and what is wrong with them."""
    node = document.root.child("file")
    if node is None or not isinstance(node.value, str) or spec_of("fabrics", document.data) is not GraphFabric:
        return [], []
    path = document.path.parent / node.value
    if not path.is_file():
        message = f"no such file: {quoted(node.value)}, seen from the folder of this one"
        return [], [problem_at(document.root, ("file",), message)]
    try:
        table = read_csv(path, _COLUMNS)
    except InputError as error:
        return [], list(error.problems)
    problems = list(_wrong(table))
    if problems:
        return [], problems
    columns = [table.columns[field.name].tolist() for field in _COLUMNS]
    return [
        Cable(a=a, b=b, bandwidth=bandwidth, latency=latency, one_way=bool(one_way))
        for a, b, bandwidth, latency, one_way in zip(*columns, strict=True)
    ], []


def _wrong(table: CsvTable) -> Iterator[Problem]:
    """Yield a problem for each cell of a table of cables that is no quantity, and each cable that joins nothing."""
    for name, dimension in (("bandwidth", "data rate"), ("latency", "time")):
        for row, text in enumerate(table.columns[name].tolist()):
            try:
                value = parse_quantity(text, dimension)
            except ValueError as error:
                yield table.problem(row, name, str(error))
                continue
            if value < 0 or (value == 0 and name == "bandwidth"):
                bound = "above zero" if name == "bandwidth" else "zero or more"
                yield table.problem(row, name, f"must be {bound}, such as '{dimension_example(dimension)}'")
    ends = zip(table.columns["a"].tolist(), table.columns["b"].tolist(), strict=True)
    yield from (table.problem(row, "b", f"joins {quoted(a)} with itself") for row, (a, b) in enumerate(ends) if a == b)


def _strays(document: Document, cables: Sequence[Cable]) -> list[Problem]:
    """Return a problem for each host that no cable names."""
    hosts, links = document.root.child("hosts"), document.root.child("links")
    if hosts is None or spec_of("fabrics", document.data) is not GraphFabric:
        return []
    ends = [cable.a for cable in cables] + [cable.b for cable in cables]
    for _, link in links.children() if links is not None else ():
        both = (link.child("a"), link.child("b"))
        ends += [end.value for end in both if end is not None and isinstance(end.value, str)]
    named, ask = set(ends), Suggester()
    return [
        problem_at(
            document.root,
            ("hosts", place),
            f"no link ends at host {quoted(host.value)}; {ask(host.value, sorted(named))}",
        )
        for place, host in hosts.children()
        if named and isinstance(host.value, str) and host.value not in named
    ]
