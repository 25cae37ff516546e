"""Imports: only downwards, absolute, at the top of the module, and each library only where it belongs."""

from __future__ import annotations

import ast
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from tests.architecture.source import PACKAGE, ROOT, modules, relative, tree

IMPORTS = (ast.Import, ast.ImportFrom)


def test_contracts_hold():
    program = Path(sysconfig.get_path("scripts")) / "lint-imports"
    done = subprocess.run([program, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_imports_are_absolute():
    relative_imports = [
        f"{relative(path)}:{node.lineno}"
        for path in modules("dcsim", "tests", "docs")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ImportFrom) and node.level > 0
    ]
    assert relative_imports == []


def _inside_functions(path):
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from (inner for inner in ast.walk(node) if isinstance(inner, IMPORTS))


def test_no_import_hides_in_a_function():
    """Only a verb of the command line may load what it needs when it is called."""
    hidden = sorted(
        {
            f"{relative(path)}:{node.lineno}"
            for path in modules("dcsim")
            if not path.is_relative_to(PACKAGE / "cli")
            for node in _inside_functions(path)
        }
    )
    assert hidden == []


LIGHT = [
    ("--help",),
    ("check", "hpca18_day"),
    ("catalog", "list"),
    ("catalog", "show", "servers", "leopard"),
    ("schema",),
]
HEAVY = ("numba", "pandas", "matplotlib", "simpy", "pyarrow", "networkx")


@pytest.mark.parametrize("arguments", LIGHT, ids=" ".join)
def test_light_verbs_stay_light(arguments, tmp_path):
    script = (
        "import sys\n"
        f"sys.argv = ['dcsim', *{arguments!r}]\n"
        "from dcsim.cli.main import main\n"
        "try:\n    main()\n"
        "except SystemExit as end:\n    assert not end.code, end.code\n"
        f"loaded = sorted(set({HEAVY!r}) & set(sys.modules))\n"
        "sys.stderr.write('loaded: ' + ' '.join(loaded))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.rpartition("loaded: ")[2] == ""


def test_reading_results_needs_neither_clock_nor_compiler(tmp_path):
    script = "import sys, dcsim; dcsim.load; print({'numba', 'simpy', 'matplotlib'} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.stdout == "set()\n", done.stderr
