"""Changes of a file byte by byte, knowing nothing of what it holds but some marks that matter to readers of text."""

from __future__ import annotations

_MARKS = (
    b"\x00", b"\xef\xbb\xbf", b"\xff\xfe", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xff", b"\r\n", b"\r",
    b"\x85", "\u2028".encode(), "\u202e".encode(), b"\t", b"\x1b[2J", b"\x1a", b": ", b"- ", b"? ", b"&a ", b"*a ",
    b"<<: ", b"!!str ", b"! ", b"%YAML 1.1\n", b"---\n", b"...\n", b"|\n", b">-\n", b"'", b'"', b"{", b"}", b"[",
    b"]", b",", b"#", b"\\", b"`", b"@", b"~", b"\n\n", b" " * 40, b"[" * 3000, b"{a: " * 1000, b"- " * 500,
    b"a: &a [*a]\n", b"9" * 400, b"e999", b"-", b".", b";", b"nan", b"inf", b"1e400", b"x" * 70_000,
)  # fmt: skip


def changed(rng, data, others):
    """Return bytes with one to six changes; parts may come from the bytes of others."""
    for _ in range(rng.choice((1, 1, 2, 3, 6))):
        data = rng.choice(_CHANGES)(rng, data, others)
    return data


def _at(rng, data):
    return rng.randrange(len(data) + 1)


def _flip(rng, data, others):
    if not data:
        return data
    at = rng.randrange(len(data))
    return data[:at] + bytes([data[at] ^ (1 << rng.randrange(8))]) + data[at + 1 :]


def _put(rng, data, others):
    at = _at(rng, data)
    return data[:at] + rng.choice(_MARKS) + data[at + rng.choice((0, 0, 1, 3)) :]


def _noise(rng, data, others):
    at = _at(rng, data)
    return data[:at] + bytes(rng.randrange(256) for _ in range(rng.choice((1, 4, 40)))) + data[at:]


def _cut(rng, data, others):
    return data[: _at(rng, data)]


def _behead(rng, data, others):
    return data[_at(rng, data) :]


def _drop(rng, data, others):
    here = _at(rng, data)
    return data[:here] + data[here + rng.choice((1, 2, 8, 64)) :]


def _double(rng, data, others):
    here = _at(rng, data)
    part = data[here : here + rng.choice((1, 8, 64, 512))]
    return data[:here] + part * rng.choice((2, 2, 3, 200)) + data[here + len(part) :]


def _splice(rng, data, others):
    other = rng.choice(others)
    return data[: _at(rng, data)] + other[_at(rng, other) :]


def _lines(rng, data, others):
    """Drop, repeat, swap, indent or join lines."""
    lines = data.split(b"\n")
    here, there = rng.randrange(len(lines)), rng.randrange(len(lines))
    roll = rng.randrange(5)
    if roll == 0:
        del lines[here]
    elif roll == 1:
        lines.insert(there, lines[here])
    elif roll == 2:
        lines[here], lines[there] = lines[there], lines[here]
    elif roll == 3:
        lines[here] = rng.choice((b" ", b"  ", b"\t")) + lines[here]
    else:
        lines[here : here + 2] = [b"".join(lines[here : here + 2])]
    return b"\n".join(lines)


def _recode(rng, data, others):
    text = data.decode("utf-8", "replace")
    coded = (text.encode("utf-16"), text.encode("utf-8-sig"), text.encode("latin-1", "replace"), text.encode("utf-32"))
    return rng.choice((*coded, data.replace(b"\n", b"\r\n"), data.replace(b" ", b"\xc2\xa0"), data[::-1]))


_CHANGES = (
    _flip, _flip, _put, _put, _put, _noise, _cut, _behead, _drop, _double, _splice, _lines, _lines, _lines, _recode,
)  # fmt: skip
