"""A report with every kind of block, of names that would do harm if they were not escaped."""

from __future__ import annotations

import math

from dcsim.report.section import (
    ALL,
    Axis,
    Chart,
    Column,
    HeatMap,
    Layer,
    Mark,
    Number,
    Page,
    Prose,
    Section,
    Series,
    Table,
    Tile,
    Tiles,
)

HARMFUL = "<script>alert(1)</script>"
NAMES = (HARMFUL, '"><img src=x onerror=alert(2)>', "</script><b>bold</b>", "%{x} ${y} &lt;i&gt; news_feed_ranking")
REGIONS = (ALL, "lulea", "prineville", "all")
"""All together, and three of them, of which one is called like what is said of all."""
HPCA = "https://www.example.org/hpca18, table II."
MIDNIGHT = 1_509_926_400_000.0  # 2017-11-06, in ms
HOUR = 3_600_000.0
HOURS = tuple(MIDNIGHT + HOUR * hour for hour in range(25))


def _wave(scale, late):
    return tuple(round(scale * (1.2 + math.sin((hour - late) / 24 * 2 * math.pi)), 3) for hour in range(25))


def _over_time():
    series = []
    for number, region in enumerate(REGIONS):
        where = {"region": region}
        scale = 300.0 / (number + 1)
        areas = [
            Series(name, HOURS, _wave(scale, late), "area", facets=where)
            for late, name in enumerate(NAMES[:3], start=6)
        ]
        series += [*areas, Series("capacity", HOURS, (3 * scale,) * 25, "step", "target", where, dashed=True)]
    mark = Mark("region loss of prineville", HOURS[12], HOURS[15])
    return Chart(
        "load", "Load follows the day, capacity does not", Axis("Time", kind="time"),
        Axis("busy hosts", from_zero=True), tuple(series), filters=("region",), marks=(mark,),
        note="Busy hosts by service, against what the region could serve. Thinned to one point an hour.",
    )  # fmt: skip


def _lines():
    mean = (4.0, 3.1, None, 2.2, 2.0)
    low, high = (3.5, 2.8, None, 2.1, 1.9), (4.5, 3.4, None, 2.3, 2.1)
    at = (10.0, 25.0, 50.0, 100.0, 200.0)
    return Chart(
        "step", "A faster adapter shortens the step", Axis("fleet.nic.bandwidth", "Gbit/s", kind="log", ticks=at),
        Axis("step time", "s", from_zero=True),
        (Series(NAMES[0], at, mean, low=low, high=high), Series(NAMES[3], at, (6.0, 5.0, 4.5, 4.2, 4.1), "points")),
        marks=(Mark("SLO <b>5 s</b>", 5.0, 5.0, "target", across=True),),
    )  # fmt: skip


def _bars():
    low, high = (0.3, -0.3, 0.0, 0.0), (0.5, -0.1, 0.2, 0.1)
    bars = Series("change", NAMES, (0.4, -0.2, 0.1, 0.05), "bar", low=low, high=high)
    return Chart(
        "effects", "Which parameter moves the answer", Axis("change of harvest", "ratio"),
        Axis("", kind="category"), (bars,), horizontal=True,
    )  # fmt: skip


def _shares():
    series = [
        Series("requests", ("morning", "evening"), (0.1 * k, 0.2 * k), "bar", facets={"service": service})
        for k, service in enumerate((ALL, *NAMES[:2]), start=1)
    ]
    return Chart("requests", "When requests come", Axis("", kind="category"), Axis("share", "ratio", from_zero=True),
                 tuple(series), filters=("service",))  # fmt: skip


def _two_axes():
    return Chart(
        "cost", "Power and price", Axis("Time", kind="time"), Axis("power", "W"),
        (
            *(Series("power", HOURS, _wave(2e7 / (number + 1), 6), "step", "load", {"region": region})
              for number, region in enumerate(REGIONS)),
            Series("price", HOURS, _wave(0.05, 9), second_axis=True),
        ),
        filters=("region",),
        y2=Axis("price", "USD/kWh"),
    )  # fmt: skip


def _heat_maps():
    values = tuple(_wave(6.0, late) for late in range(4))
    over_time = HeatMap(
        "staleness", "Staleness peaks after the drill", Axis("Time", kind="time"), Axis("service", kind="category"),
        Axis("staleness", "h"), (Layer(HOURS, NAMES, values),), marks=(Mark("drill", HOURS[12], HOURS[15]),),
    )  # fmt: skip
    layers = tuple(
        Layer(("25 Gbit/s", "50 Gbit/s", "100 Gbit/s"), ("4", "8", "16"),
              ((1.0, -2.0 * k, 3.0), (4.0, None, 6.0), (0.5, 0.2, -1.0)), {"metric": f"metric {k}"})
        for k in (1, 2)
    )  # fmt: skip
    surface = HeatMap(
        "surface", "Both together", Axis("bandwidth", kind="category"), Axis("hosts", kind="category"),
        Axis("saved", "h"), layers, filters=("metric",), diverging=True,
    )  # fmt: skip
    return over_time, surface


def _tables():
    rows = tuple((NAMES[k % 4], Number(1000.0 * k, f"{1000 * k:,}"), None if k % 5 else "yes") for k in range(40))
    total = ("all", Number(780_000.0, "780,000"), None)
    service = Column("Service", kind="name", dimension="service")
    columns = (service, Column("Requests", "1/s"), Column("Drained", kind="name"))
    long = Table("services", "Requests by service", columns, (*rows, total), shown=10, total=True, note="Of one day.")
    said = (
        ("fleet.nic.bandwidth", "One adapter serves the four servers of a sled.", HPCA),
        ("services[0].quality_loss_per_day", "Magnitudes are assumed; only their order is known.", HARMFUL),
    )
    columns = (Column("Path", kind="code"), Column("Why", kind="text"), Column("Source", kind="text"))
    return long, Table("assumptions", "What was assumed", columns, said)


def sample_page():
    """Return it."""
    tiles = Tiles((
        Tile("Hours harvested off-peak", "1,284", "server-hours", "what idle servers trained at night", "good"),
        Tile("Lost to preemption", "3.1", "%", "of what was paid for", "bad"),
        Tile(HARMFUL, "12", "h", "stalest model", "load"),
        Tile("Cost of the day", "48,210", "USD", "capital and energy"),
    ))  # fmt: skip
    over_time, surface = _heat_maps()
    long, said = _tables()
    return Page(
        f"hpca18_day {HARMFUL}", "One day of two regions, seed 7",
        (
            Section("headline", "Headline", f"{NAMES[1]} is the stalest service, by 3 h.", (tiles, long, _shares())),
            Section("capacity", "Load and capacity", "At noon a third is idle.", (_over_time(), _two_axes())),
            Section("freshness", "Freshness", "", (over_time, surface)),
            Section("sweep", "What matters", "Bandwidth, then hosts.", (_lines(), _bars())),
            Section("sources", "Assumptions", "Every number has a source.", (
                Prose(("A service has no readers: its data is never used.", HARMFUL), "warning", "Warnings"),
                Prose(("First point.", NAMES[2]), "list"), said,
            )),
        ),
        (("seed", "7"), ("dcsim", "0.1.0"), ("scenario", "hpca18_day-1a2b3c4d")),
    )  # fmt: skip
