"""Readers of trace events: the format as a schema, and what a viewer would show."""

from __future__ import annotations

import io
import json
from collections import defaultdict

import jsonschema
import pytest

from dcsim.report.event_stream import EventStream

WHOLE = {"type": "integer", "minimum": 0}
NAMED = {"name": {"type": "string", "minLength": 1}, "pid": WHOLE}


def _kind(ph, needed, **fields):
    properties = {**NAMED, "ph": {"const": ph}, "args": {"type": "object"}, **fields}
    return {"type": "object", "properties": properties, "required": ["name", "ph", "pid", *needed],
            "additionalProperties": False}  # fmt: skip


TEXT = {"type": "string", "minLength": 1}
LEVELS = {"type": "object", "minProperties": 1, "additionalProperties": {"type": "number"}}
SCHEMA = {
    "type": "object",
    "required": ["traceEvents", "displayTimeUnit", "otherData"],
    "properties": {
        "displayTimeUnit": {"enum": ["ms", "ns"]},
        "traceEvents": {
            "type": "array",
            "items": {
                "oneOf": [
                    _kind("X", ("ts", "dur", "tid", "cat"), ts=WHOLE, dur=WHOLE, tid=WHOLE, cat=TEXT),
                    _kind("i", ("ts", "tid", "cat", "s"), ts=WHOLE, tid=WHOLE, cat=TEXT, s={"enum": ["g", "p", "t"]}),
                    _kind("C", ("ts", "args"), ts=WHOLE, args=LEVELS),
                    _kind("M", ("args",), tid=WHOLE),
                ]
            },
        },
    },
}


class Seen:
    """A trace as a viewer shows it: spans and instants by group and lane, counters by group and name; times in s."""

    def __init__(self, text):
        data = json.loads(text, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))
        jsonschema.Draft202012Validator(SCHEMA).validate(data)
        self.facts = data["otherData"]
        self.events = data["traceEvents"]
        groups = {e["pid"]: e["args"]["name"] for e in self.events if e["name"] == "process_name"}
        lanes = {(e["pid"], e["tid"]): e["args"]["name"] for e in self.events if e["name"] == "thread_name"}
        self.groups = list(groups.values())
        self.spans, self.instants, self.counters = defaultdict(list), defaultdict(list), defaultdict(list)
        self.args = {}
        for event in self.events:
            if event["ph"] == "C":
                key = groups[event["pid"]], event["name"]
                self.counters[key].append((event["ts"] / 1e6, event["args"]))
            elif event["ph"] in "Xi":
                key, begin = (groups[event["pid"]], lanes[event["pid"], event["tid"]]), event["ts"] / 1e6
                self.args[event["name"], begin] = event["args"]
                if event["ph"] == "X":
                    self.spans[key].append((event["name"], begin, begin + event["dur"] / 1e6))
                else:
                    self.instants[key].append((event["name"], begin))

    def overlapping(self):
        """Return spans that begin within another of their lane and end after it."""
        found = []
        for spans in self.spans.values():
            open_until = []
            for name, begin, end in sorted(spans, key=lambda span: (span[1], -span[2])):
                while open_until and open_until[-1] <= begin:
                    open_until.pop()
                if open_until and end > open_until[-1]:
                    found.append((name, begin, end))
                open_until.append(end)
        return found


@pytest.fixture
def seen():
    """Return a function that lets another write events and returns what a viewer shows."""

    def show(write, *args, **window):
        text = io.StringIO()
        with EventStream(text, {"of": "a test"}, **window) as events:
            write(*args, events)
        found = Seen(text.getvalue())
        assert len(found.events) == events.written
        assert found.overlapping() == []
        return found

    return show
