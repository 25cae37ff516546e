"""Files that appear finished or not at all."""

from __future__ import annotations

import gzip
import os

import pytest

from dcsim.errors import InputError, RunError
from dcsim.trace.outputs import new_files, write_files


def test_files_appear_together_at_the_end(tmp_path):
    first, second = tmp_path / "a.csv", tmp_path / "b.csv.gz"
    with new_files([first, second]) as (one, other):
        one.write("x\n")
        other.write("y\n")
        assert not first.exists()
        assert not second.exists()
    assert first.read_bytes() == b"x\n"
    assert gzip.decompress(second.read_bytes()) == b"y\n"
    assert len(list(tmp_path.iterdir())) == 2


def test_an_exception_leaves_what_was_there(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("older")
    with pytest.raises(ZeroDivisionError), new_files([path]) as (file,):
        file.write(f"newer {1 / 0}")
    assert path.read_text() == "older"
    assert [each.name for each in tmp_path.iterdir()] == ["a.csv"]


def test_equal_text_gives_equal_compressed_bytes(tmp_path):
    for name in ("a.gz", "b.gz"):
        with new_files([tmp_path / name]) as (file,):
            file.write("same\n")
    assert (tmp_path / "a.gz").read_bytes() == (tmp_path / "b.gz").read_bytes()


def test_a_link_is_followed(tmp_path):
    (tmp_path / "folder").mkdir()
    target = tmp_path / "folder" / "target.csv"
    target.write_text("older")
    (tmp_path / "link.csv").symlink_to(target)
    with new_files([tmp_path / "link.csv"]) as (file,):
        file.write("newer")
    assert (tmp_path / "link.csv").is_symlink()
    assert target.read_text() == "newer"


@pytest.mark.parametrize("taken", ["flows.csv", "./flows.csv", "link.csv"])
def test_an_input_is_never_replaced(tmp_path, monkeypatch, taken):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "flows.csv").write_text("input")
    (tmp_path / "link.csv").symlink_to("flows.csv")
    with pytest.raises(InputError, match="is read or written already; name another file"), new_files(
        [taken], ["flows.csv"]
    ):
        raise AssertionError("the block must not run")
    assert (tmp_path / "flows.csv").read_text() == "input"


def test_one_name_for_two_files_and_what_is_no_file(tmp_path):
    with pytest.raises(InputError, match="is read or written already"), new_files([tmp_path / "a", tmp_path / "a"]):
        pass
    for path in (tmp_path, os.devnull):
        with pytest.raises(InputError, match="is no file that could be replaced"), new_files([path]):
            pass
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_not_there(tmp_path):
    (tmp_path / "file").write_text("kept")
    for folder in ("nowhere", "file"):
        with pytest.raises(InputError, match=rf"{folder}/a.csv: there is no folder '.*{folder}'; make it first"), (
            new_files([tmp_path / "kept.csv", tmp_path / folder / "a.csv"])
        ):
            pass
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_refusal_of_the_system_is_one_line(tmp_path):
    long = "x" * 300
    with pytest.raises(RunError, match=rf"cannot write .*{long}.csv: File name too long"), new_files(
        [tmp_path / "kept.csv", tmp_path / f"{long}.csv"]
    ):
        pass
    assert not list(tmp_path.iterdir())


def test_content_is_written_as_it_is_into_folders_that_are_made(tmp_path):
    contents = {tmp_path / "deep" / "er" / "a.gz": b"\xff no gzip", tmp_path / "b.yaml": b"b\r\n"}
    write_files(contents)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == contents


def test_content_appears_together_or_not_at_all(tmp_path):
    (tmp_path / "a.yaml").write_text("older")
    (tmp_path / "folder.yaml").mkdir()
    with pytest.raises(InputError, match="is no file that could be replaced"):
        write_files({tmp_path / "a.yaml": b"newer", tmp_path / "folder.yaml": b""})
    with pytest.raises(RunError, match="File name too long"):
        write_files({tmp_path / "a.yaml": b"newer", tmp_path / ("x" * 300): b""})
    assert (tmp_path / "a.yaml").read_text() == "older"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.yaml", "folder.yaml"]


def test_nothing_to_write(tmp_path):
    with new_files([]) as files:
        assert files == []
