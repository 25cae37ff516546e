from __future__ import annotations

import time

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from dcsim.errors import InputError
from dcsim.spec.dump import dump_yaml
from dcsim.spec.scalars import TrapError, read_plain
from dcsim.spec.tree import Mark, path_text, quoted
from dcsim.spec.yaml import MAX_BYTES, load_yaml, parse_yaml


def _problems(path):
    with pytest.raises(InputError) as caught:
        load_yaml(path, name="f.yaml")
    return [str(problem) for problem in caught.value.problems]


def _timed(path):
    began = time.process_time()
    told = _problems(path)
    assert time.process_time() - began < 1.0
    return told


def test_every_value_has_its_place(tmp_path):
    path = tmp_path / "f.yaml"
    path.write_text("a: 1\nb:\n  c: [x, {d: 2.5}]\n  'e f': 12 h\n", encoding="utf-8")
    document = load_yaml(path, name="f.yaml")
    assert document.data == {"a": 1, "b": {"c": ["x", {"d": 2.5}], "e f": "12 h"}}
    assert document.marks == {
        (): Mark("f.yaml", 1, 1),
        ("a",): Mark("f.yaml", 1, 4),
        ("b",): Mark("f.yaml", 3, 3),
        ("b", "c"): Mark("f.yaml", 3, 6),
        ("b", "c", 0): Mark("f.yaml", 3, 7),
        ("b", "c", 1): Mark("f.yaml", 3, 10),
        ("b", "c", 1, "d"): Mark("f.yaml", 3, 14),
        ("b", "e f"): Mark("f.yaml", 4, 10),
    }
    assert document.root.at(("b", "e f")).key == Mark("f.yaml", 4, 3)


def test_aliases_are_written_out_where_they_are_harmless():
    tree = parse_yaml("base: &b {x: 1}\nother: *b\nlist: [*b, *b]\n", "f.yaml")
    assert tree.plain() == {"base": {"x": 1}, "other": {"x": 1}, "list": [{"x": 1}, {"x": 1}]}
    assert tree.at(("other", "x")).mark == Mark("f.yaml", 1, 14)
    assert tree.at(("other",)).key == Mark("f.yaml", 2, 1)


def test_every_problem_at_once(tmp_path):
    path = tmp_path / "f.yaml"
    path.write_text("a: yes\na: 2\nb: {c: 010}\n1: x\n", encoding="utf-8")
    assert [line.split(": ")[0] for line in _problems(path)] == ["f.yaml:1:4", "f.yaml:2:1", "f.yaml:3:8", "f.yaml:4:1"]


def test_a_lenient_reading_keeps_the_rest(tmp_path):
    path = tmp_path / "f.yaml"
    path.write_text("a: yes\nb: 2\n", encoding="utf-8")
    document = load_yaml(path, lenient=True)
    assert document.data == {"a": None, "b": 2}
    assert len(document.problems) == 1
    assert document.complete
    path.write_text("1: x\nb: 2\n", encoding="utf-8")
    assert not load_yaml(path, lenient=True).complete


def test_file_above_the_limit(tmp_path):
    path = tmp_path / "f.yaml"
    path.write_bytes(b"a: " + b"x" * (MAX_BYTES - 3))
    assert len(load_yaml(path).data["a"]) == MAX_BYTES - 3
    path.write_bytes(b"a: " + b"x" * (MAX_BYTES - 2))
    assert _timed(path) == ["f.yaml: is larger than 1 MB; keep traces in files of their own"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "f.yaml: is empty; write one 'field: value' per line, such as 'name: my_fleet'"),
        (b"\xef\xbb\xbf\n", "f.yaml: is empty; write one 'field: value' per line, such as 'name: my_fleet'"),
        (b"~\n", "f.yaml: is empty; write one 'field: value' per line, such as 'name: my_fleet'"),
        (bytes(range(256)) * 3000, "f.yaml:2:118: is not UTF-8 text; save it as UTF-8"),
        (b"a: b\nc: \x00\n", r"f.yaml:2:4: has a control character (\x00); is this a text file?"),
        (b"a: \xff\xfe\n", "f.yaml:1:4: is not UTF-8 text; save it as UTF-8"),
        (b"[" * 900_000, "f.yaml:1:42: nested deeper than 40 levels"),
        (b"- " * 450_000, "f.yaml:1:83: nested deeper than 40 levels"),
        (b"{a: " * 200_000, "f.yaml:1:165: nested deeper than 40 levels"),
        (b"? " * 450_000, "f.yaml:1:83: nested deeper than 40 levels"),
        (b"a: &a [*a]\n", "f.yaml:1:8: a[0]: the alias '*a' stands inside what it names; write the value out"),
    ],
    ids=[
        "empty",
        "only_a_mark",
        "null",
        "bytes",
        "zero_byte",
        "utf16",
        "brackets",
        "dashes",
        "braces",
        "keys",
        "recursive",
    ],
)
def test_hostile_file_is_refused_within_a_second(content, said, tmp_path):
    path = tmp_path / "f.yaml"
    path.write_bytes(content)
    assert _timed(path) == [said]


def test_alias_bomb_is_refused_within_a_second(tmp_path):
    path = tmp_path / "f.yaml"
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 10)}]" for level in range(1, 30)]
    path.write_text("\n".join(lines), encoding="utf-8")
    (said,) = _timed(path)
    assert "holds more than 25,000 values, aliases written out" in said


def test_chain_of_aliases_does_not_nest_without_end(tmp_path):
    path = tmp_path / "f.yaml"
    lines = ["a0: &a0 [x]", *(f"a{level}: &a{level} [*a{level - 1}]" for level in range(1, 60))]
    path.write_text("\n".join(lines), encoding="utf-8")
    assert _timed(path)[0].endswith("nested deeper than 40 levels")


@pytest.mark.parametrize("name", ["missing.yaml", ".", "with\0zero.yaml"])
def test_what_is_no_file(name, tmp_path):
    (said,) = _problems(f"{tmp_path}/{name}")
    assert said in {
        "f.yaml: no such file",
        "f.yaml: cannot be read: is a directory",
        "f.yaml: cannot be read: not a file name",
    }


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e9", 1e9), ("+1.5", 1.5), (".5", 0.5), ("-0", 0), ("12", 12), ("true", True), ("False", False), ("~", None),
        ("2017-09-19", "2017-09-19"), ("2017-09-19T00:00:00Z", "2017-09-19T00:00:00Z"), ("24 h", "24 h"), ("y", "y"),
        ("nOn", "nOn"), ("1.2.3", "1.2.3"), ("-", "-"), ("1e", "1e"), ("_1", "_1"), ("12:30:xx", "12:30:xx"),
    ],
)  # fmt: skip
def test_plain_scalars(text, value):
    read = read_plain(text)
    assert (read, type(read)) == (value, type(value))


@pytest.mark.parametrize(
    "text",
    ["yes", "No", "ON", "off", "12:30", "-1:30", "1:2:3.5", "010", "-007", "0_1", "1_000", "1_0.5", "0x1F", "0o17",
     "0b1",
     ".inf", "-.Inf", ".NaN", "1e999", "9" * 31],
)  # fmt: skip
def test_traps_are_refused(text):
    with pytest.raises(TrapError):
        read_plain(text)


@pytest.mark.parametrize("text", ["yes", "12:30", "010", "1_000", "2017-09-19", "1e9", "~", "0x1F"])
def test_quotes_make_text(text):
    assert parse_yaml(f"'{text}'", "f").plain() == text
    assert parse_yaml(f'"{text}"', "f").plain() == text


SCALARS = st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.floats(allow_nan=False, allow_infinity=False)
TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc", "Cn", "Co")), max_size=12) | st.sampled_from(
    [
        "yes",
        "1e9",
        "12:30",
        "010",
        "1_0",
        "null",
        "2017-09-19",
        " x ",
        "a: b",
        "# c",
        "- d",
        "'",
        '"',
        "*",
        "&a",
        "!b",
        "%",
    ]
)
TREES = st.recursive(
    SCALARS | TEXT, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3), max_leaves=12
)


@given(TREES)
def test_what_is_written_is_read_back_here_and_elsewhere(tree):
    text = dump_yaml({"top": tree})
    assert repr(parse_yaml(text, "f").plain()) == repr({"top": tree})
    assert yaml.safe_load(text) == {"top": tree}


def test_what_a_user_wrote_cannot_move_the_cursor():
    assert quoted("a\x1b[2Jb\n") == r"'a\x1b[2Jb\n'"
    assert len(quoted("x" * 1000)) == 62
    assert path_text(("a", 0, "b\x07")) == r"a[0].b\x07"
