"""Kept measurements: taken once, for everything that decides them, and never trusted when damaged."""

from __future__ import annotations

import stat

import pytest

from dcsim.kernels import jit
from dcsim.network.measurements import kept


class Meter:
    def __init__(self, *found):
        self.found, self.times = found, 0

    def __call__(self):
        self.times += 1
        return self.found


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(jit, "FOLDER", tmp_path)
    return tmp_path / "measured"


def test_taken_once_with_every_digit(folder):
    meter = Meter(0.1, 1.0 / 3.0, 5e-324)
    assert [kept(__file__, ("port", 4), meter) for _ in range(3)] == [meter.found] * 3
    assert meter.times == 1
    assert len(list(folder.iterdir())) == 1


def test_other_arguments_and_other_code_are_other_measurements(folder, tmp_path):
    (tmp_path / "other.py").write_text("x = 1\n")
    assert kept(__file__, 1, Meter(1.0)) == (1.0,)
    assert kept(__file__, 2, Meter(2.0)) == (2.0,)
    assert kept(str(tmp_path / "other.py"), 1, Meter(3.0)) == (3.0,)


@pytest.mark.parametrize("damaged", ["", "[1.0", "7", '["a"]', "\0"])
def test_a_damaged_file_is_measured_anew(folder, damaged):
    kept(__file__, 1, Meter(4.0))
    (file,) = folder.iterdir()
    file.write_text(damaged)
    assert kept(__file__, 1, Meter(5.0)) == (5.0,)
    assert kept(__file__, 1, Meter(6.0)) == (5.0,)


def test_without_a_place_everybody_measures(folder, tmp_path, monkeypatch):
    (tmp_path / "measured").write_text("in the way")
    assert [kept(__file__, 1, Meter(each)) for each in (1.0, 2.0)] == [(1.0,), (2.0,)]
    monkeypatch.setattr(jit, "FOLDER", None)
    assert kept(__file__, 1, Meter(3.0)) == (3.0,)
    assert stat.S_ISREG((tmp_path / "measured").stat().st_mode)
