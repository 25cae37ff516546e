"""Keys of points: they change with everything that decides the results, and with nothing else."""

from __future__ import annotations

import pytest

from dcsim.sweeps import keys
from dcsim.sweeps.code_digest import digest_of
from dcsim.sweeps.keys import keys_of
from dcsim.sweeps.points import Point

LOAD = "hour,load\n0,0.5\n1,0.6\n"
SERVING = "services: {news_feed: {serving: {load: {generator: replay, file: load.csv, time: hour, value: load}}}}\n"


@pytest.fixture
def files(tmp_path):
    """Return a folder with a scenario that extends another one and replays a file, and own entries."""
    (tmp_path / "base.yaml").write_text("extends: minimal\nduration: 2 h\n")
    (tmp_path / "mine.yaml").write_text("extends: base.yaml\n")
    (tmp_path / "load.csv").write_text(LOAD)
    regions = tmp_path / "own" / "regions"
    regions.mkdir(parents=True)
    (regions / "kiruna.yaml").write_text("title: Kiruna\n")
    return tmp_path


def _key(files, point=None, metrics=(), scenario="mine.yaml"):
    point = point or Point(0, (("duration", "3 h"),), 0, 7)
    return keys_of(str(files / scenario), (str(files / "own"),), metrics, (), point.values).of(point)


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("mine.yaml", "extends: base.yaml\nseed: 4\n"),
        ("base.yaml", "extends: minimal\nduration: 4 h\n"),
        ("own/regions/kiruna.yaml", "title: Kiruna in Lapland\n"),
    ],
)
def test_a_file_that_counts(files, file, text):
    before = _key(files)
    (files / file).write_text(text)
    assert _key(files) != before


def test_a_file_that_is_replayed_counts_by_content(files):
    (files / "mine.yaml").write_text("extends: base.yaml\n" + SERVING)
    before = _key(files)
    (files / "load.csv").write_text(LOAD.replace("0.6", "0.7"))
    assert _key(files) != before
    (files / "load.csv").write_text(LOAD)
    assert _key(files) == before


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("services.news_feed.serving.load.file", "{}"),
        ("services.news_feed.serving.load", "{{generator: replay, file: {}}}"),
        ("services", "{{news_feed: {{serving: {{load: {{file: {}}}}}}}}}"),
        ("training", "[{{service: news_feed, file: {}}}]"),
    ],
)
def test_a_file_that_a_setting_names_counts_by_content_not_by_name(files, path, value):
    def key(name):
        return _key(files, Point(0, ((path, value.format(files / name)),), 0, 7))

    before = key("load.csv")
    (files / "load.csv").rename(files / "other.csv")
    assert key("other.csv") == before
    (files / "other.csv").write_text(LOAD.replace("0.6", "0.7"))
    assert key("other.csv") != before


def test_a_file_that_a_service_of_ones_own_replays_counts(files):
    services = files / "own" / "services"
    services.mkdir()
    (services / "feed.yaml").write_text("serving: {load: {generator: replay, file: feed.csv}}\n")
    (services / "feed.csv").write_text(LOAD)
    before = _key(files)
    (services / "feed.csv").write_text(LOAD.replace("0.6", "0.7"))
    assert _key(files) != before


def test_sweeps_and_other_scenarios_of_ones_own_do_not_count(files):
    before = _key(files)
    for kind in ("sweeps", "scenarios"):
        (files / "own" / kind).mkdir()
        (files / "own" / kind / "study.yaml").write_text("scenario: minimal\n")
    assert _key(files) == before


def test_keys_do_not_read_files_again(files):
    point = Point(0, (("training[0].file", str(files / "load.csv")),), 0, 7)
    made = keys_of(str(files / "mine.yaml"), (), (), (), point.values)
    before = made.of(point)
    (files / "load.csv").unlink()
    assert made.of(point) == before


def test_code_counts(files, monkeypatch):
    before = _key(files)
    monkeypatch.setattr(keys, "code_digest", lambda: "of another version")
    assert _key(files) != before


def test_code_is_known_by_the_sources_of_a_package_and_of_plug_ins(tmp_path, monkeypatch):
    package = tmp_path / "of_ours"
    (package / "inner").mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "inner" / "metric.py").write_text("a = 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    before = digest_of(["of_ours"])
    (package / "inner" / "metric.py").write_text("a = 2\n")
    after = digest_of(["of_ours"])
    assert before != after
    (package / "inner" / "metric.py").rename(package / "metric.py")
    assert digest_of(["of_ours"]) not in {before, after}


@pytest.mark.parametrize(
    "point",
    [
        Point(0, (("duration", "3 h"),), 0, 8),
        Point(0, (("duration", "4 h"),), 0, 7),
        Point(0, (("duration", "3 h"), ("variant", "save_on_notice")), 0, 7),
    ],
)
def test_a_point_that_differs(files, point):
    assert _key(files, point) != _key(files)


def test_metrics_count(files):
    assert _key(files, metrics=("energy",)) != _key(files)
    assert _key(files, metrics=("energy", "cost")) == _key(files, metrics=("cost", "energy"))


def test_numbers_of_settings_and_replicas_and_names_of_files_do_not_count(files):
    assert _key(files, Point(9, (("duration", "3 h"),), 4, 7)) == _key(files)
    (files / "mine.yaml").rename(files / "yours.yaml")
    assert _key(files, scenario="yours.yaml") == keys_of(str(files / "yours.yaml"), (str(files / "own"),), (), ()).of(
        Point(0, (("duration", "3 h"),), 0, 7)
    )
    (files / "yours.yaml").rename(files / "mine.yaml")
    before = _key(files)
    (files / "other.yaml").write_text((files / "mine.yaml").read_text())
    assert _key(files, scenario="other.yaml") == before
