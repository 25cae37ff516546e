"""What the architecture tests look at: the files of the project, as text and as syntax trees."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "dcsim"
DATA = {"hardware_catalog": ROOT / "hardware_catalog", "workloads": ROOT / "workloads"}
SCENARIOS = ROOT / "scenarios"
TEXT_FOLDERS = (".ci", "dcsim", "docs", "hardware_catalog", "notebooks", "scenarios", "tests", "workloads")
GENERATED = ("_build", "__pycache__", "jupyter_execute", "reference")


def modules(*folders: str) -> list[Path]:
    """Return the Python files below folders of the project, in order."""
    found = (path for folder in folders for path in (ROOT / folder).rglob("*.py"))
    return sorted(path for path in found if not set(path.parts) & set(GENERATED))


def texts() -> list[Path]:
    """Return every text file of the project, in order."""
    inside = (path for folder in TEXT_FOLDERS for path in (ROOT / folder).rglob("*"))
    top = (ROOT / "README.md", ROOT / "pyproject.toml", ROOT / ".gitignore")
    files = {*top, *(path for path in inside if path.is_file())}
    binary = {".pyc", ".parquet", ".png", ".gz", ".nbc", ".nbi"}
    return sorted(
        path for path in files if path.suffix not in binary and not set(path.parts) & set(GENERATED)
    )


@cache
def tree(path: Path) -> ast.Module:
    """Return the syntax tree of a module."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def relative(path: Path) -> str:
    """Return the path as it is named in messages."""
    return path.relative_to(ROOT).as_posix()
