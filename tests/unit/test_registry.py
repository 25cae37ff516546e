from __future__ import annotations

import importlib.metadata
import sys

import pytest

from dcsim.registry import Registry, UnknownPluginError


@pytest.fixture
def package(tmp_path, monkeypatch):
    folder = tmp_path / "shapes_of_a_test"
    folder.mkdir()
    (folder / "__init__.py").write_text("from dcsim.registry import Registry\nshape = Registry('shape', __name__)\n")
    (folder / "plan.py").write_text("raise ImportError('a plan is no plug-in')\n")
    (folder / "round.py").write_text("from shapes_of_a_test import shape\nshape('round', unit='m')(lambda: 'o')\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield "shapes_of_a_test"
    for name in [name for name in sys.modules if name.startswith("shapes_of_a_test")]:
        del sys.modules[name]


def test_plugins_are_known_without_being_imported(package):
    shape = __import__(package).shape
    assert shape.names() == ["round"]
    assert "round" in shape
    assert "plan" not in shape
    assert f"{package}.round" not in sys.modules
    assert shape.get("round").call() == "o"
    assert shape.get("round").facts == {"unit": "m"}


def test_unknown_plugin_is_answered_with_the_nearest(package):
    shape = __import__(package).shape
    with pytest.raises(UnknownPluginError) as caught:
        shape.get("rond")
    assert str(caught.value) == "unknown shape 'rond'; did you mean 'round'?"
    assert shape.unknown("x") == "unknown shape 'x'; known: round"


def test_another_distribution_may_add_a_plugin_but_not_replace_one(package, monkeypatch):
    shape = __import__(package).shape

    class Point:
        def __init__(self, name):
            self.name = name

        def load(self):
            shape(self.name)(lambda: "from elsewhere")

    points = [Point("square"), Point("round")]
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda group: points if group == package else [])
    assert shape.names() == ["round", "square"]
    assert shape.get("square").call() == "from elsewhere"
    assert shape.get("round").call() == "o"


def test_family_without_a_package_holds_what_is_registered():
    shape = Registry("shape", "no_such_package_of_a_test")
    shape("round")(print)
    assert shape.names() == ["round"]
