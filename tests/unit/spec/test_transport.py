"""Transports of the catalogue, and what a transport may not be."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from dcsim.spec.transport import Transport

FOLDER = Path(__file__).parents[3] / "hardware_catalog" / "transports"


def raw(name):
    return yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("name", "field", "value"),
    [
        ("linux_reno", "rto_min", 0.2), ("linux_reno", "rto_max", 120.0), ("linux_reno", "initial_window", 10),
        ("linux_reno", "recovery", "sack"), ("linux_reno", "tail_probe", 0.01), ("linux_reno", "threshold", 1.0),
        ("linux_reno_2009", "rto_min", 0.2), ("linux_reno_2009", "initial_window", 3),
        ("linux_reno_2009", "receive_window", 65535.0), ("linux_reno_2009", "recovery", "newreno"),
        ("datacenter_tcp_1ms", "rto_min", 1e-3), ("dctcp", "gain", 1 / 16), ("dctcp", "marking_delay", 80e-6),
    ],
)  # fmt: skip
def test_shipped_values(name, field, value):
    assert getattr(Transport(**raw(name)), field) == pytest.approx(value)


def test_a_full_packet_is_an_ethernet_frame_of_1500_bytes_and_its_gaps():
    for path in FOLDER.glob("*.yaml"):
        spec = Transport(**raw(path.stem))
        assert spec.segment + 20 + 20 + 12 == 1500  # IP, TCP, time stamps
        assert spec.framing == 52 + 14 + 4 + 8 + 12  # and Ethernet header, checksum, preamble, gap


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("linux_reno", {"rto_min": "200 s"}, "rto_min is above rto_max"),
        ("linux_reno", {"receive_window": "1 kB"}, "smaller than one segment"),
        ("linux_reno", {"recovery": "newreno"}, "tail_probe has no effect without recovery 'sack'"),
        ("linux_reno", {"gain": 0.1}, "gain has no effect without congestion_control 'dctcp'"),
        ("linux_reno", {"marking_delay": "1 us"}, "marking_delay has no effect"),
        ("dctcp", {"marking_delay": None}, "'dctcp' needs marking_delay"),
        ("dctcp", {"gain": None}, "'dctcp' needs gain"),
        ("dctcp", {"gain": 0.0}, "greater than 0"),
        ("dctcp", {"threshold": 0.0}, "greater than 0"),
        ("dctcp", {"congestion_control": "cubic"}, "'reno' or 'dctcp'"),
        ("dctcp", {"rto_min": 0.2}, "needs a number and a unit"),
    ],
)
def test_impossible_transports_are_refused(name, change, message):
    with pytest.raises(ValidationError) as caught:
        Transport(**{**raw(name), **change})
    assert message in str(caught.value)
