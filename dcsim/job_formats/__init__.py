"""Formats of job traces: one file each, from a source to blocks of jobs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from dcsim.registry import Registry

if TYPE_CHECKING:
    from dcsim.job_formats.plan import JobFormat
    from dcsim.trace.source import Source

__all__ = ["OTHERWISE", "detect", "job_format"]

job_format: Registry[JobFormat] = Registry("job format", __name__)

OTHERWISE = "table"
"""The format of files that no other knows as its own."""


def detect(source: Source) -> str:
    """Return the name of the format that a source has: by its name, else by its first bytes, else by its header.

    Raises
    ------
    InputError
        Where the source cannot be read.

    Examples
    --------
    >>> from dcsim.trace.source import Source
    >>> detect(Source("logs/UniLu-Gaia-2014-1.swf.gz"))
    'swf'
    """
    name = "" if source.path is None else Path(source.path.name.removesuffix(".gz")).suffix.lower()
    facts = {each: job_format.get(each).facts for each in job_format.names()}
    for each, known in facts.items():
        if name and known.get("suffix") == name:
            return each
    head = source.head()
    for each, known in facts.items():
        if known.get("begins") and head.lstrip().startswith(known["begins"]):
            return each
    header = _header(head)
    fitting = [each for each, known in facts.items() if known.get("columns") and header.issuperset(known["columns"])]
    return max(fitting, key=lambda each: len(facts[each]["columns"]), default=OTHERWISE)


def _header(head: bytes) -> set[str]:
    """Return the names in the first line that is no comment."""
    lines = head.decode(errors="replace").removeprefix("\ufeff").splitlines()
    line = next((line for line in lines if line.strip() and not line.startswith("#")), "")
    return {name.strip().strip('"') for name in line.split(",")}
