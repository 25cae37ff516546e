"""Tables handed over as CSV: what is read, and what is told of everything that cannot be."""

from __future__ import annotations

import gzip
import io
import math
import sys

import numpy as np
import pytest

from dcsim.errors import InputError
from dcsim.trace import csv_table
from dcsim.trace.csv_table import Field, csv_blocks, read_csv

FIELDS = [
    Field("id", "text", unique=True),
    Field("host", "whole", high=9, beyond="lies outside"),
    Field("size", high=1e6),
    Field("cap", low=1.0, default=np.inf),
]


@pytest.fixture
def table(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def table(content):
        data = content if isinstance(content, bytes) else content.encode()
        (tmp_path / "t.csv").write_bytes(data)
        return read_csv("t.csv", FIELDS)

    return table


def _told(read, content):
    with pytest.raises(InputError) as caught:
        read(content)
    return [str(problem) for problem in caught.value.problems]


def test_columns_in_any_order_with_defaults(table):
    read = table("size,cap,id,host\n1.5,,a,3\n 2e3 , 7 , b c , 0 \n")
    assert (read.file, read.rows) == ("t.csv", 2)
    assert read.columns["id"].tolist() == ["a", "b c"]
    assert read.columns["host"].tolist() == [3, 0]
    assert read.columns["host"].dtype == np.int64
    assert read.columns["size"].tolist() == [1.5, 2000.0]
    assert read.columns["cap"].tolist() == [np.inf, 7.0]
    assert table("id,host,size\na,3,1\n").columns["cap"].tolist() == [np.inf]


@pytest.mark.parametrize(
    "content",
    [
        "id,host,size\r\na,3,1\r\nb,4,2\r\n",
        "\ufeffid,host,size\na,3,1\nb,4,2",
        "id,host,size\na,3,1\n\n   \nb,4,2\n\n\n",
        'id,"host",size\n"a",3,1\nb,"4",2\n',
        gzip.compress(b"id,host,size\na,3,1\nb,4,2\n", mtime=0),
        "# made by hand\n\n# twice\nid,host,size\na,3,1\nb,4,2\n",
    ],
    ids=["Windows", "mark", "blank lines", "quoted", "gzip", "comments"],
)
def test_the_same_table_written_otherwise(table, content):
    read = table(content)
    assert read.columns["id"].tolist() == ["a", "b"]
    assert read.columns["host"].tolist() == [3, 4]
    assert read.columns["size"].tolist() == [1.0, 2.0]


def test_a_quoted_comma_belongs_to_its_cell(table):
    read = table('id,host,size\n"a,b",3,1\n')
    assert read.columns["id"].tolist() == ["a,b"]
    assert _told(table, 'id,host,size\n"a,b",x,1\n') == ["t.csv:2:7: host: 'x' is not a whole number"]


def test_numbers_are_read_to_the_last_digit(table):
    values = np.random.default_rng(7).random(1000) * 10.0 ** np.random.default_rng(8).integers(-9, 6, 1000)
    rows = "".join(f"{row},1,{value!r}\n" for row, value in enumerate(values.tolist()))
    assert table(f"id,host,size\n{rows}").columns["size"].tolist() == values.tolist()


def test_standard_input(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"id,host,size\na,3,1\n")))
    read = read_csv("-", FIELDS)
    assert (read.file, read.rows) == ("standard input", 1)


def test_no_rows(table):
    read = table("id,host,size\n")
    assert read.rows == 0
    assert {name: (len(column), column.dtype.char) for name, column in read.columns.items()} == {
        "id": (0, "O"), "host": (0, "l"), "size": (0, "d"), "cap": (0, "d"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("", "is empty"),
        ("x", "'x' is not a number"),
        ("1_000", "'1_000' is not a number"),
        ("\u0661", "'\u0661' is not a number"),
        ("nan", "'nan' is not a finite number"),
        ("-inf", "'-inf' is not a finite number"),
        ("1e400", "'1e400' is not a finite number"),
        ("-1", "'-1' must be 0 or more"),
        ("\x1b[31m", "'\\x1b[31m' is not a number"),
        ("1000001", "'1000001' must be 1000000 or less"),
        ("9" * 60, f"'{'9' * 40}...' must be 1000000 or less"),
    ],
)
def test_wrong_numbers(table, cell, said):
    assert _told(table, f"id,host,size\nx,1,2\na,3,{cell}\n") == [f"t.csv:3:5: size: {said}"]


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("", "is empty"),
        ("1.0", "'1.0' is not a whole number"),
        ("1e2", "'1e2' is not a whole number"),
        ("10", "'10' lies outside"),
        ("-1", "'-1' lies outside"),
        ("9" * 30, f"'{'9' * 30}' lies outside"),
        ("9" * 400, f"'{'9' * 40}...' lies outside"),
        ("9" * 5000, f"'{'9' * 40}...' is not a whole number"),
    ],
)
def test_wrong_whole_numbers(table, cell, said):
    assert _told(table, f"id,host,size\nx,1,2\na,{cell},3\n") == [f"t.csv:3:3: host: {said}"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", ["t.csv: is empty; the first line must name the columns"]),
        (" \n\n", ["t.csv: is empty; the first line must name the columns"]),
        ("# only\n# talk\n", ["t.csv:1:1: must name the columns: 'id,host,size', separated by commas"]),
        ("# x\nid,host\n#a,1\n", ["t.csv:2:1: needs a column 'size'"]),
        ("# x\nid,host,size\n#a,1,x\n", ["t.csv:3:6: size: 'x' is not a number"]),
        ("1,2,3\n", ["t.csv:1:1: must name the columns: 'id,host,size'"]),
        ("id;host;size\n",
         ["t.csv:1:1: must name the columns: 'id,host,size', separated by commas"]),
        ("x" * 200_000, ["t.csv:1:1: must name the columns: 'id,host,size', separated by commas"]),
        ('"id', ["t.csv:1:1: must name the columns: 'id,host,size', separated by commas"]),
        ("\0\0\0\n", ["t.csv:1:1: must name the columns: 'id,host,size', separated by commas"]),
        ("id,host\na,1\n", ["t.csv:1:1: needs a column 'size'"]),
        ("id,host,size,Caps\na,1,2,3\n", ["t.csv:1:14: unknown column 'Caps'; did you mean 'cap'?"]),
        ("id,host,size,quux\na,1,2,3\n", ["t.csv:1:14: unknown column 'quux'; known: id, host, size, cap"]),
        ("id,host,size,id\na,1,2,3\n", ["t.csv:1:14: id: stands twice; leave one column of that name"]),
        ("id,host,size\na,1\nb,1,2,3\n",
         ["t.csv:2:1: has 2 cells, where the header has 3", "t.csv:3:1: has 4 cells, where the header has 3"]),
        ('id,host,size\n"a,1,2\nb,1,2\n',
         ["t.csv:2:1: has a quotation mark that does not close, or a cell beyond all measure"]),
        ("id,host,size\na,1,2\nb,1,2\na,3,4\n", ["t.csv:4:1: id: 'a' stands on line 2 too; give it another"]),
        ("id,host,size\na,1,2\n  ,1,2\n", ["t.csv:3:3: id: is empty"]),
        ("id,host,siz\na,x,2\n", [
            "t.csv:1:1: needs a column 'size'", "t.csv:1:9: unknown column 'siz'; did you mean 'size'?",
            "t.csv:2:3: host: 'x' is not a whole number",
        ]),
        (b"id,host,size\na\xe9,1,2\n", ["t.csv:2:2: is not UTF-8 text; save the file as UTF-8"]),
        ("id,host,size\n".encode("utf-16"), ["t.csv:1:1: is not UTF-8 text; save the file as UTF-8"]),
        (gzip.compress(b"id,host,size\n", mtime=0)[:-9], ["t.csv: cannot be read: is a damaged gzip file"]),
    ],
)  # fmt: skip
def test_wrong_tables(table, content, said):
    assert _told(table, content) == said


def test_a_file_that_is_not_there():
    assert _told(lambda name: read_csv(name, FIELDS), "no.csv") == [
        "no.csv: cannot be read: no such file or directory"
    ]


@pytest.mark.parametrize("block", [1, 7, 65536])
def test_every_problem_in_order_and_the_number_of_the_rest(table, monkeypatch, block):
    monkeypatch.setattr(csv_table, "_BLOCK", block)
    rows = [f"{row},{'x' if row % 3 == 0 else 1},{'nan' if row % 5 == 0 else 1}" for row in range(60)]
    bad = [(row + 2, name) for row in range(60) for name, every in (("host", 3), ("size", 5)) if row % every == 0]
    told = _told(table, "id,host,size\n" + "\n".join(rows))
    assert [(int(line.split(":")[1]), line.split(": ")[1]) for line in told[:20]] == bad[:20]
    line, name = bad[20]
    assert told[20:] == [f"t.csv:{line}:{5 if name == 'size' else 4}: and {len(bad) - 20} more from here on"]


@pytest.mark.parametrize("block", [1, 2, 3])
def test_blocks_do_not_show(table, monkeypatch, block):
    content = 'id,host,size\na,1,2\n\n"b",2,3\nc,3,4\n'
    whole = table(content)
    monkeypatch.setattr(csv_table, "_BLOCK", block)
    parts = table(content)
    for name, column in whole.columns.items():
        assert parts.columns[name].tolist() == column.tolist()
        assert parts.columns[name].dtype == column.dtype
    assert str(parts.problem(1, "size", "no")) == "t.csv:4:7: size: no"


def test_problems_found_later_are_told_by_place_too(table):
    read = table("id,host,size\na, 1,2\nb,2,3\n")
    with pytest.raises(InputError, match=r"t.csv:2:4: host: no\Z"):
        read.refuse([read.problem(0, "host", "no")])
    read.refuse([])


ODD = [
    "", " ", "0", " 1 ", "-0", "1e3", "1E-3", ".5", "5.", "+7", "--7", "1_0", "nan", "inf", "-Infinity", "1e400",
    "\u0665", "0x1", "1,5", "1 5", "9223372036854775807", "9223372036854775808", "-9223372036854775808",
    "-9223372036854775809", "x", "\u00a07",
]  # fmt: skip


@pytest.mark.parametrize(
    "field",
    [
        Field("f"), Field("f", low=-math.inf), Field("f", low=1e-3, high=6.0, default=2.0), Field("f", "whole"),
        Field("f", "whole", low=-math.inf), Field("f", "whole", high=6, default=1), Field("f", "text"),
        Field("f", "whole", low=-math.inf, default=-5),
    ],
)  # fmt: skip
def test_what_passes_quickly_is_what_has_no_reason_not_to(field):
    for cell in ODD:
        try:
            csv_table._array(field, [cell])
        except (ValueError, OverflowError):
            assert csv_table._reason(field, cell), cell
        else:
            assert not csv_table._reason(field, cell), cell


@pytest.mark.parametrize("block", [1, 2, 5, 65536])
def test_blocks_are_the_table(tmp_path, monkeypatch, block):
    monkeypatch.setattr(csv_table, "_BLOCK", block)
    path = tmp_path / "t.csv"
    path.write_text("# talk\n\nhost,id,size\n" + "".join(f"{row % 9},n{row},{row}.5\n" for row in range(23)))
    blocks = list(csv_blocks(path, FIELDS))
    whole = read_csv(path, FIELDS)
    assert sum(each.rows for each in blocks) == whole.rows == 23
    assert max(each.rows for each in blocks) <= block
    for name, column in whole.columns.items():
        assert [cell for each in blocks for cell in each.columns[name].tolist()] == column.tolist()
    last = blocks[-1]
    assert str(last.problem(last.rows - 1, "id", "no")) == f"{path}:26:3: id: no"


@pytest.mark.parametrize("block", [1, 3, 65536])
def test_a_repeated_name_is_found_across_blocks(table, monkeypatch, block):
    monkeypatch.setattr(csv_table, "_BLOCK", block)
    content = "id,host,size\na,1,2\nb,1,2\nc,1,2\na,1,2\n\nb,1,2\n"
    assert _told(table, content) == [
        "t.csv:5:1: id: 'a' stands on line 2 too; give it another",
        "t.csv:7:1: id: 'b' stands on line 3 too; give it another",
    ]


def test_texts_that_may_be_empty_and_columns_that_must_be_there(tmp_path):
    fields = [Field("id", "text"), Field("who", "text", default="-"), Field("size", default=7.0, needed=True)]
    path = tmp_path / "t.csv"
    path.write_text("id,who,size\na,,\nb, x ,3\n")
    assert {name: column.tolist() for name, column in read_csv(path, fields).columns.items()} == {
        "id": ["a", "b"], "who": ["-", "x"], "size": [7.0, 3.0],
    }  # fmt: skip
    path.write_text("id\na\n")
    assert _told(lambda content: read_csv(path, fields), "") == [f"{path}:1:1: needs a column 'size'"]


PLAIN = [*ODD, "+", "-", "1+", "1-", "\t", "00", "+-1", ",", "-1", "9007199254740992", "\x1c", "1\x1f"]


@pytest.mark.parametrize("first", PLAIN)
def test_the_quick_way_reads_whole_numbers_as_int_does(first):
    for second in PLAIN:
        quick = csv_table._plain_numbers([first, second])
        if quick is not None:
            assert quick.tolist() == [int(first), int(second)]
            assert first.isascii()
            assert second.isascii()
            assert "_" not in first + second
