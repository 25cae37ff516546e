"""Sources of text: read in chunks, packed or not, with every line numbered."""

from __future__ import annotations

import gzip
import io
import sys

import pytest

from dcsim.errors import InputError
from dcsim.trace import source as module
from dcsim.trace.source import Source

TEXT = "".join(f"line {number} {'é' * (number % 7)}\n" for number in range(1, 200))


@pytest.fixture(params=[1, 5, 64, 1 << 20])
def chunk(request, monkeypatch):
    monkeypatch.setattr(module, "_CHUNK", request.param)
    monkeypatch.setattr(module, "_PACKED_CHUNK", max(request.param, 2))


def _lines(source, rows=10):
    blocks = list(source.lines(rows))
    assert [first for first, _ in blocks] == list(range(1, 1 + rows * len(blocks), rows))
    assert all(len(lines) == rows for _, lines in blocks[:-1])
    return [line for _, lines in blocks for line in lines]


@pytest.mark.parametrize(
    "content",
    [
        TEXT.encode(), TEXT.removesuffix("\n").encode(), TEXT.replace("\n", "\r\n").encode(),
        b"\xef\xbb\xbf" + TEXT.encode(), gzip.compress(TEXT.encode(), mtime=0),
        gzip.compress(TEXT[:100].encode(), mtime=0) + gzip.compress(TEXT[100:].encode(), mtime=0) + b"\0" * 9,
    ],
    ids=["plain", "no end", "Windows", "mark", "packed", "two members and padding"],
)  # fmt: skip
def test_lines_whatever_the_chunks(tmp_path, chunk, content):
    (tmp_path / "a").write_bytes(content)
    source = Source(tmp_path / "a")
    assert _lines(source) == TEXT.splitlines()
    assert _lines(source) == TEXT.splitlines()


def test_standard_input_can_be_looked_at_before_it_is_read(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(gzip.compress(TEXT.encode(), mtime=0))))
    source = Source("-")
    assert source.head().startswith(b"line 1 ")
    assert source.head().startswith(b"line 1 ")
    assert _lines(source) == TEXT.splitlines()
    assert (source.name, source.path) == ("standard input", None)


def test_no_content_is_no_lines(tmp_path):
    (tmp_path / "a").write_bytes(b"")
    assert list(Source(tmp_path / "a").lines(3)) == []
    assert Source(tmp_path / "a").head() == b""


def test_the_place_of_a_wrong_letter(tmp_path, chunk):
    (tmp_path / "a").write_bytes(b"one\ntwo\nthr\xc3\xa9\xff\nfour\n")
    with pytest.raises(InputError, match=r"a:3:5: is not UTF-8 text"):
        list(Source(tmp_path / "a").lines(2))


@pytest.mark.parametrize("cut", [5, 30, -9, -1])
def test_damaged_files(tmp_path, chunk, cut):
    (tmp_path / "a").write_bytes(gzip.compress(TEXT.encode(), mtime=0)[:cut])
    with pytest.raises(InputError, match="cannot be read: is a damaged gzip file"):
        list(Source(tmp_path / "a").lines(2))


def test_garbage_behind_a_packed_file(tmp_path):
    (tmp_path / "a").write_bytes(gzip.compress(b"x\n", mtime=0) + b"garbage")
    with pytest.raises(InputError, match="damaged gzip"):
        list(Source(tmp_path / "a").lines(2))
