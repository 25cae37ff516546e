"""Sphinx configuration."""

from __future__ import annotations

import importlib
import importlib.metadata
import shutil
import sys
from pathlib import Path

from sphinx.application import Sphinx

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
use_mathml = importlib.import_module("mathml").use_mathml

project = "dcsim"
author = "The dcsim authors"
copyright = "The dcsim authors"
version = release = importlib.metadata.version("dcsim")

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
autodoc_typehints = "none"  # the docstrings say the types in words
autodoc_member_order = "bysource"
napoleon_google_docstring = False
exclude_patterns = ["_build", "jupyter_execute"]
myst_enable_extensions = ["dollarmath", "amsmath", "deflist"]
myst_heading_anchors = 3
nb_execution_mode = "off"  # notebooks are committed executed; CI runs them
html_math_renderer = "mathml"
html_static_path = ["assets"]
html_css_files = ["site.css"]
html_theme = "furo"
html_title = "dcsim"


def _generate(app: Sphinx) -> None:
    """Write the reference and bring the notebooks inside the source folder."""
    importlib.import_module("generate").generate()
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
    use_mathml(app)
