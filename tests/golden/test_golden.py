"""What users see today: a change shows up here as a diff, and is accepted or mended.

``python -m pytest tests/golden --update-golden`` writes the files anew.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from dcsim.cli.main import main
from dcsim.collectives import collective
from dcsim.results.run import load, tidy_rows
from dcsim.spec.catalog import Catalog
from dcsim.world.steps import recipe_cost
from dcsim.world.synchronisation import Place

HERE = Path(__file__).resolve().parent
TERMINAL = {"COLUMNS": "100", "NO_COLOR": "1", "FORCE_COLOR": None}
DIGITS = 9
RUNS = ("minimal", "replay_day")
PRINTED = {
    "help.txt": ("--help",),
    "resolve_minimal.yaml": ("resolve", "minimal"),
    "catalog_show_web_1s.yaml": ("catalog", "show", "web_1s"),
    "why_pue_of_lulea.txt": ("resolve", "hpca18_day", "--why", "fleet.regions.lulea.pue"),
}
RECIPES = ("news_feed_ranking", "lumos_images", "translation_direction")
ALGORITHMS = ("ring", "recursive_doubling", "halving_doubling", "binomial_tree", "double_binary_tree", "all_to_all")


def printed(*words):
    """Return what a command prints."""
    done = CliRunner(env=TERMINAL).invoke(main, words, prog_name="dcsim")
    assert done.exit_code == 0, done.stderr
    return done.stdout


def difference(name, kept, now):
    """Return a unified diff that names the file and the flag that accepts the change."""
    old, new = kept.splitlines(keepends=True), now.splitlines(keepends=True)
    lines = difflib.unified_diff(old, new, f"tests/golden/{name}", "now")
    marked = "".join(line if line.endswith("\n") else f"{line}\n\\ no newline at the end\n" for line in lines)
    return f"{marked}If the change is meant, accept it: python -m pytest tests/golden --update-golden"


def rounded(value):
    """Return a float to the digits that every machine agrees on, and anything else as it is."""
    return float(f"{value:.{DIGITS}g}") if isinstance(value, float) else value


def table(head, rows):
    """Return rows of words in columns."""
    cells = [tuple(map(str, row)) for row in (head, *rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = ("  ".join(map(str.ljust, row, widths)).rstrip() for row in cells)
    return "".join(f"{line}\n" for line in lines)


def without_prose(node):
    """Return a schema without its descriptions and examples."""
    if isinstance(node, dict):
        prose = {key for key in ("description", "examples") if isinstance(node.get(key), str | list)}
        return {key: without_prose(value) for key, value in node.items() if key not in prose}
    return [without_prose(value) for value in node] if isinstance(node, list) else node


def digest(node):
    """Return the first letters of the SHA-256 of data."""
    return hashlib.sha256(json.dumps(node, sort_keys=True).encode()).hexdigest()[:12]


@pytest.fixture
def golden(request):
    """Return a function that compares text with a golden file, or writes the file with ``--update-golden``."""
    update = request.config.getoption("--update-golden")

    def compare(name, text):
        path = HERE / name
        if update:
            path.write_text(text, encoding="utf-8")
        kept = path.read_text(encoding="utf-8") if path.is_file() else ""
        if text != kept:
            pytest.fail(difference(name, kept, text), pytrace=False)

    return compare


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """Return what ``dcsim run`` printed for each scenario, and where the run lies."""
    found = {}
    for name in RUNS:
        place = tmp_path_factory.mktemp("golden") / name
        found[name] = (printed("run", name, "--out", str(place)), place)
    return found


@pytest.mark.parametrize(("name", "words"), PRINTED.items(), ids=PRINTED)
def test_printed(name, words, golden):
    golden(name, printed(*words))


def test_summary(golden, finished):
    summary, place = finished["minimal"]
    assert summary.endswith(f"run: {place}\n")
    golden("summary_minimal.txt", re.sub(r"^run: .*$", "run: DIRECTORY", summary, flags=re.M))


@pytest.mark.parametrize("name", RUNS)
def test_metrics(name, golden, finished):
    rows = tidy_rows(load(finished[name][1]).metrics())
    lines = [json.dumps({key: rounded(value) for key, value in row.items()}) for row in rows]
    golden(f"metrics_{name}.json", "[\n" + ",\n".join(lines) + "\n]\n")


def test_schema(golden):
    schema = without_prose(json.loads(printed("schema")))
    rows = [(key, digest(value)) for key, value in schema.items()]
    rows += [(f"properties.{key}", digest(value)) for key, value in schema["properties"].items()]
    golden("schema.txt", table(("key", "digest"), rows))


def test_collectives(golden):
    """For a buffer of 720720 bytes, which all numbers up to 16 divide: steps, and bytes of the rank that sends most."""
    rows = []
    for ranks in range(1, 17):
        plans = [collective.get(name).call(ranks, 720720.0) for name in ALGORITHMS]
        rows.append((ranks, *(f"{plan.steps()} / {plan.sent().max():.{DIGITS}g}" for plan in plans)))
    golden("collectives.txt", table(("ranks", *ALGORITHMS), rows))


def test_step_times(golden):
    """Shipped recipes on their reference servers with every host of the sled training, in the 100G fabric (s)."""
    entry = Catalog().load
    rows = []
    for name in RECIPES:
        recipe = entry("training", name)
        server, sled = entry("servers", recipe.reference_server), entry("sleds", recipe.reference_sled)
        sharing = min(recipe.hosts, -(-sled.hosts // sled.nics))
        algorithm = collective.get(recipe.collective).call
        nic, fabric = entry("nics", sled.nic), entry("fabrics", "f4_100g")
        cost = recipe_cost(recipe, server, Place(sled, nic, sharing, fabric), "closed_form", algorithm, entry)
        times = (cost.step_s, cost.compute_s, cost.straggler_s, cost.exposed_s, cost.checkpoint_s)
        rows.append((name, recipe.reference_server, recipe.hosts, *(f"{time:.{DIGITS}g}" for time in times)))
    head = ("recipe", "server", "hosts", "step_s", "compute_s", "straggler_s", "exposed_s", "checkpoint_s")
    golden("step_times.txt", table(head, rows))


def test_a_difference_shows_the_lines_and_names_the_flag():
    message = difference("some.txt", "a\nb\n", "a\nc")
    assert "-b\n+c\n" in message
    assert "tests/golden/some.txt" in message
    assert "--update-golden" in message


def test_every_golden_file_is_used():
    named = {*PRINTED, "summary_minimal.txt", *(f"metrics_{name}.json" for name in RUNS)}
    named |= {"schema.txt", "collectives.txt", "public_api.txt", "step_times.txt"}
    assert {path.name for path in HERE.iterdir() if path.suffix in {".txt", ".yaml", ".json"}} == named
