"""Values as people write them on the command line."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcsim.errors import InputError
from dcsim.spec.layered import parse_path, parse_set
from dcsim.sweeps.axes import Axis, canonical, numbers, parse_axis
from dcsim.sweeps.ranges import Span, read_values, split_values


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("fleet.nic.bandwidth=25 Gbit/s,50 Gbit/s,100 Gbit/s", ("25 Gbit/s", "50 Gbit/s", "100 Gbit/s")),
        ("x=10..40:10", ("10", "20", "30", "40")),
        ("x=25..100:25 Gbit/s", ("25 Gbit/s", "50 Gbit/s", "75 Gbit/s", "100 Gbit/s")),
        ("x=0..0.3:0.1", ("0", "0.1", "0.2", "0.3")),
        ("x=-1..1:0.5", ("-1", "-0.5", "0", "0.5", "1")),
        ("x=1..1000:log4", ("1", "10", "100", "1000")),
        ("x=1..2:log3 h", ("1 h", "1.41421 h", "2 h")),
        ("x=1..8:x2 min", ("1 min", "2 min", "4 min", "8 min")),
        ("x = 1 , 3..5:1 , 9", ("1", "3", "4", "5", "9")),
        ("x=0..20:10 %", ("0 %", "10 %", "20 %")),
        ("x='a, b',c", ("a, b", "c")),
        ('x="a, b",\'7\'', ("a, b", "'7'")),
        ("x=[1, 2],[3]", ("[1, 2]", "[3]")),
        ("x={a: 1, b: [2, 3]},null", ("{a: 1, b: [2, 3]}", "null")),
        ("x=it's,that's", ("it's", "that's")),
        ("file=../jobs.csv,b.csv", ("../jobs.csv", "b.csv")),
        ("x=2e3", ("2000.0",)),
        ("start=2017-09-19T00:00:00Z", ("2017-09-19T00:00:00Z",)),
        ("drills.0.at=1 h,2 h", ("1 h", "2 h")),
    ],
)
def test_values_are_written_out(text, values):
    axis = parse_axis(text)
    assert axis.values == values
    assert axis.span is None


def test_path_is_written_one_way():
    assert parse_axis("drills.0.at=1 h").path == "drills[0].at"


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("x=10..20", Span(Decimal(10), Decimal(20))),
        ("x=0.5..20 %", Span(Decimal("0.5"), Decimal(20), "%")),
        ("x=1..1000:log MB", Span(Decimal(1), Decimal(1000), "MB", log=True)),
    ],
)
def test_range_without_a_step_is_a_span(text, span):
    axis = parse_axis(text)
    assert (axis.values, axis.span) == ((), span)
    assert read_values(span.text) == ((), span)
    assert read_values(span.stepped)[0]


def test_spans_are_drawn_evenly_or_on_their_logarithm():
    assert [Span(Decimal(10), Decimal(20), "GB").at(share) for share in (0.0, 0.5, 1.0)] == ["10 GB", "15 GB", "20 GB"]
    assert [Span(Decimal(1), Decimal(100), log=True).at(share) for share in (0.0, 0.5, 1.0)] == ["1", "10", "100"]
    assert Span(Decimal(0), Decimal(1)).at(1 / 3) == "0.333333"


def test_values_are_drawn_equally_often():
    axis = Axis("x", ("a", "b", "c"))
    assert [axis.at(share) for share in (0.0, 0.33, 0.34, 0.66, 0.67, 0.999999999, 1.0)] == list("aabbccc")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x", "--set: 'x' needs the form path=value"),
        ("x=", "--set: x: needs a value after '='; write null for none"),
        ("=1,2", "--set: '' is not a path; write it as in services.ads.staleness.target or drills[0].at"),
        ("x=1,,2", "--set: x: '1,,2' leaves a place empty; write values with commas between them, null for none"),
        ("x=1,1", "--set: x: has '1' twice; keep one"),
        ("x=1.50,1.5", "--set: x: has '1.5' twice; keep one"),
        ("x=1..3:1,2", "--set: x: has '2' twice; keep one"),
        ("x=10..1:1", "--set: x: '10..1:1' does not rise; write the smaller end first"),
        ("x=1..1:1", "--set: x: '1..1:1' does not rise; write the smaller end first"),
        ("x=0..20:7", "--set: x: '0..20:7' steps past its end; end it at 14, or take a step that divides it"),
        ("x=0..20:0", "--set: x: '0..20:0' needs a step above zero"),
        ("x=1..2e6:1", "--set: x: '1..2e6:1' has more than 1,000,000 values; take a larger step"),
        ("x=0..8:x2", "--set: x: '0..8:x2' needs ends above zero, since its values grow by a factor"),
        ("x=1..8:x1", "--set: x: '1..8:x1' needs a factor above 1"),
        ("x=1..9:x2", "--set: x: '1..9:x2' multiplies past its end; end it at 8 or 16"),
        ("x=1..2:x1.0000001", "--set: x: '1..2:x1.0000001' has more than 1,000,000 values; take a larger factor"),
        ("x=1..9:log1", "--set: x: '1..9:log1' needs 2 to 1,000,000 values, such as :log4"),
        ("x=1..9:lg3", "--set: x: '1..9:lg3' is not a range; write it as 10..100:10 or 25..100:25 Gbit/s"),
        ("x=1 GB..3 GB", "--set: x: '1 GB..3 GB' is not a range; write it as 10..100:10 or 25..100:25 Gbit/s"),
        ("x=1..2,3", "--set: x: '1..2' is a span, which stands alone; give it a step, such as :10"),
        ("x=1..1e400:1", "--set: x: '1..1e400:1' has an end that is too large or too small for a number"),
        ("x=1,12:30", "--set: x: 12:30 is a number in base 60 to some YAML readers; quote it, or write a quantity "
                      "such as '12.5 h'"),
    ],
)  # fmt: skip
def test_wrong_texts_are_told(text, message):
    with pytest.raises(InputError) as caught:
        parse_axis(text)
    assert [str(problem) for problem in caught.value.problems] == [message]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a", ("a",)),
        ("a,b , c", ("a", "b", "c")),
        ("'it''s, a',b", ("'it''s, a'", "b")),
        (r'"a \" , b",c', (r'"a \" , b"', "c")),
        ("{a: 'x, y', b: \"p, q\"},[1, (2, 3)]", ("{a: 'x, y', b: \"p, q\"}", "[1, (2, 3)]")),
        ("[a, it's],b", ("[a, it's]", "b")),
        ("", ("",)),
        (",", ("", "")),
    ],
)
def test_commas_split_outside_quotes_and_brackets(text, parts):
    assert split_values(text) == parts


@pytest.mark.parametrize(
    ("values", "found"),
    [
        (["1", "2.5", "-3e2"], ([1.0, 2.5, -300.0], "")),
        (["25 Gbit/s", "100 Gbit/s"], ([3.125e9, 12.5e9], "B/s")),
        (["1 h", "30 min"], ([3600.0, 1800.0], "s")),
        (["5 %", "0.25"], ([0.05, 0.25], "ratio")),
        (["1 h", "1 W"], None),
        (["1 h", "2"], None),
        (["packed", "spread"], None),
        (["1", "null"], None),
        (["true", "false"], None),
        (["'1'", "2"], None),
        (["[1]"], None),
    ],
)
def test_numbers_have_one_unit_or_are_text(values, found):
    told = numbers(values)
    if found is None:
        assert told is None
    else:
        assert told is not None
        assert told[0] == pytest.approx(found[0], rel=1e-15)
        assert told[1] == found[1]


def test_a_parameter_named_like_a_dimension_has_a_column_of_its_own():
    assert [Axis(path).column for path in ("network", "duration")] == ["set network", "duration"]


_ENDS = st.decimals(min_value=-(10**6), max_value=10**6, places=3)


@given(_ENDS, st.decimals(min_value="0.001", max_value=1000, places=3), st.integers(1, 50))
def test_steps_are_exact_and_meet_both_ends(low, step, count):
    high = low + count * step
    values = read_values(f"{low}..{high}:{step}")[0]
    assert [Decimal(value) for value in values] == [low + k * step for k in range(count + 1)]


@given(st.floats(1e-9, 1e9), st.floats(1.001, 1e6), st.integers(2, 30))
def test_geometric_values_grow_by_one_factor(low, ratio, count):
    low, high = float(f"{low:.5e}"), float(f"{low * ratio:.5e}")
    values = [float(each) for each in read_values(f"{low!r}..{high!r}:log{count}")[0]]
    assert values[0] == low
    assert values[-1] == high
    factor = (high / low) ** (1 / (count - 1))
    assert all(b / a == pytest.approx(factor, rel=2e-5) for a, b in pairwise(values))


@given(st.lists(st.one_of(st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.booleans(), st.none(),
                          st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1),
                          st.lists(st.integers(0, 9), max_size=3)), min_size=1, max_size=4))  # fmt: skip
def test_canonical_values_mean_what_they_did_and_stay_as_they_are(values):
    from dcsim.spec.dump import one_line

    texts = list(dict.fromkeys(one_line(value) for value in values))
    if any(len(text.lstrip("-")) > 30 and text.lstrip("-").isdigit() for text in texts):
        return  # refused by the YAML reader, and told
    once = canonical("x", texts)
    assert canonical("x", once) == once
    for text, value in zip(once, dict.fromkeys(map(repr, values)), strict=False):
        assert repr(parse_set(f"x={text}")[1].at(parse_path("x")).plain()) == value


@given(st.text(max_size=30))
def test_any_text_is_an_axis_or_a_problem(text):
    try:
        axis = parse_axis(text)
    except InputError:
        return
    assert axis.values or axis.span
