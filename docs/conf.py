"""Sphinx configuration."""

from __future__ import annotations

import importlib.metadata
import runpy
import shutil
from pathlib import Path

from sphinx.application import Sphinx

HERE = Path(__file__).resolve().parent

project = "dcsim"
author = "The dcsim authors"
copyright = "The dcsim authors"
version = release = importlib.metadata.version("dcsim")

extensions = ["myst_nb", "sphinx.ext.mathjax"]
exclude_patterns = ["_build", "jupyter_execute"]
myst_enable_extensions = ["dollarmath", "amsmath", "deflist"]
myst_heading_anchors = 3
nb_execution_mode = "off"  # notebooks are committed executed; CI runs them
html_theme = "furo"
html_title = "dcsim"


def _generate(app: Sphinx) -> None:
    """Write the reference and bring the notebooks inside the source folder."""
    runpy.run_path(str(HERE / "generate.py"))["generate"]()
    notebooks = HERE / "notebooks"
    notebooks.mkdir(exist_ok=True)
    sources = sorted((HERE.parent / "notebooks").glob("*.ipynb"))
    for path in sources:
        shutil.copyfile(path, notebooks / path.name)
    listed = "\n".join(path.stem for path in sources)
    (notebooks / "index.md").write_text(f"# Notebooks\n\n```{{toctree}}\n{listed}\n```\n", encoding="utf-8")


def setup(app: Sphinx) -> None:
    """Run the generator before the sources are read."""
    app.connect("builder-inited", _generate)
