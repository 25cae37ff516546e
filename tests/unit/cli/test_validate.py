"""``dcsim validate``: what it prints and what it refuses."""

from __future__ import annotations

import json

from click.testing import CliRunner

from dcsim.cli.main import main

ROWS = """\
title: Mine
setups:
  mine: {tag: M, source: a test, use: validate}
  gpu: {kind: gpus, name: m40}
rows:
  - like: mine
    id: fits
    what: an exact one
    published: 288
    unit: GB/s
    tolerance: exact
    predict: {catalogue: {like: gpu, field: memory_bandwidth}}
  - like: mine
    id: half
    what: a wrong one
    published: 144
    unit: GB/s
    tolerance: exact
    comment: Half of it.
    predict: {catalogue: {like: gpu, field: memory_bandwidth}}
  - like: mine
    id: steps
    what: of a ring
    published: 14
    unit: steps
    tolerance: exact
    use: calibrate
    predict: {collective: {algorithm: ring, ranks: 8, bytes: 1 MB, quantity: steps}}
"""


def run(*words):
    return CliRunner(env={"NO_COLOR": "1"}).invoke(main, ["validate", *map(str, words)])


def _file(folder, text=ROWS, name="mine.yaml"):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_table_and_a_summary(tmp_path):
    done = run(_file(tmp_path))
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout == (
        "row    predicted  published  unit     error  tolerance  fits  used to\n"
        "\n"
        "Mine\n"
        "fits         288        288  GB/s     +0.0%      exact   yes  validate\n"
        "half         288        144  GB/s   +100.0%      exact    no  validate\n"
        "steps         14         14  steps    +0.0%      exact   yes  calibrate\n"
        "\n"
        "calibration: 1 counts, constants and bounds; 1 hold\n"
        "validation: 2 counts, constants and bounds; 1 hold\n"
    )


def test_json_keeps_calibration_and_validation_apart(tmp_path):
    done = run(_file(tmp_path), "--json")
    told = json.loads(done.stdout)
    assert (told["calibration"]["exact_count"], told["validation"]["exact_count"]) == (1, 2)
    assert told["validation"]["median"] is None
    assert [row["fits"] for row in told["rows"]] == [True, False, True]
    assert told["rows"][1]["error"] == 1.0
    assert told["rows"][1]["comment"] == "Half of it."


def test_rows_are_chosen_by_name_and_use(tmp_path):
    path = _file(tmp_path)
    assert [row["id"] for row in json.loads(run(path, "--json", "--only", "[fh]*").stdout)["rows"]] == ["fits", "half"]
    assert [row["id"] for row in json.loads(run(path, "--json", "--calibration").stdout)["rows"]] == ["steps"]
    done = run(path, "--only", "x*")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.splitlines()[0] == (
        "--only: leaves none of 3 rows; 'dcsim validate' alone lists all of them"
    )
    assert run(path, "--only", "fits", "--calibration").exit_code == 2


def test_page_and_picture(tmp_path):
    out, picture = tmp_path / "page.md", tmp_path / "errors.png"
    done = run(_file(tmp_path), "--out", out, "--plot", picture)
    assert done.exit_code == 0
    assert done.stderr.splitlines() == [f"written: {out}", f"written: {picture}"]
    text = out.read_text(encoding="utf-8")
    assert "- `half`: Half of it." in text
    assert "](errors.png)" in text
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_the_page_links_its_picture_from_where_it_lies(tmp_path):
    (tmp_path / "pages").mkdir()
    out = tmp_path / "pages" / "page.md"
    assert run(_file(tmp_path), "--out", out, "--plot", tmp_path / "errors.png").exit_code == 0
    assert "](../errors.png)" in out.read_text(encoding="utf-8")
    assert run(_file(tmp_path), "--out", out).exit_code == 0
    assert "![" not in out.read_text(encoding="utf-8")


def test_help_says_how_the_reference_is_written():
    assert "--out docs/reference/validation.md" in " ".join(run("--help").stdout.split())


def test_what_cannot_be_written_is_told_before_anything_is_predicted(tmp_path):
    done = run(_file(tmp_path), "--plot", tmp_path / "errors.txt")
    assert done.exit_code == 2
    assert "must end in .png, .svg or .pdf" in done.stderr
    done = run(_file(tmp_path), "--plot", tmp_path / "none" / "errors.png")
    assert "make it first" in done.stderr


def test_wrong_rows_are_told_with_their_place(tmp_path):
    wrong = {
        "published: 14\n": ("published: many\n", "rows[2].published: needs a number without a unit, not 'many'"),
        "published: 288": ("published: 0\n    comment: x", None),
        "exact\n    comment": ("near\n    comment", "needs a tolerance, such as '6 %', '3 points', 'exact'"),
        "field: memory_bandwidth": ("filed: memory_bandwidth", "unknown field; did you mean 'field'?"),
        "bytes: 1 MB": ("bytes: 1000", "needs a number and a unit"),
    }
    for old, (new, message) in wrong.items():
        done = run(_file(tmp_path, ROWS.replace(old, new, 1)))
        assert done.exit_code == (2 if message else 0)
        assert (message or "") in done.stderr


def test_tolerances_must_suit_the_figure(tmp_path):
    done = run(_file(tmp_path, ROWS.replace("tolerance: exact", "tolerance: 3 points", 1)))
    assert "a tolerance in points needs the unit %, fraction, x" in done.stderr
    text = ROWS.replace("published: 14\n", "published: 0\n").replace("exact\n    use", "5 %\n    use")
    assert "a published zero has no relative tolerance; give it in points" in run(_file(tmp_path, text)).stderr


def test_a_form_is_one_thing(tmp_path):
    text = ROWS.replace("predict: {collective:", "predict: {number: 2, collective:")
    assert "rows[2].predict: needs exactly one of step, device, collective" in run(_file(tmp_path, text)).stderr


def test_every_problem_of_several_files_at_once(tmp_path):
    _file(tmp_path, ROWS.replace("unit: steps", "unit: step"), "a.yaml")
    _file(tmp_path, ROWS.replace("like: gpu", "like: gpus"), "b.yaml")
    done = run(tmp_path)
    assert done.exit_code == 2
    lines = done.stderr.splitlines()
    assert lines[0].startswith(f"{tmp_path / 'a.yaml'}:25:11: rows[2].unit: must be ")
    assert lines[0].endswith("did you mean 'steps'?")
    unknown = "predict.catalogue.like: unknown set-up 'gpus'; did you mean 'gpu'?"
    assert lines[1:-1] == [
        f"{tmp_path / 'b.yaml'}:12:33: rows[0].{unknown}",
        f"{tmp_path / 'b.yaml'}:20:33: rows[1].{unknown}",
    ]


def test_set_ups_are_used(tmp_path):
    done = run(_file(tmp_path, ROWS.replace("  gpu: {kind", "  cpu: {kind: cpus}\n  gpu: {kind")))
    assert done.exit_code == 2
    assert "mine.yaml:4:3: setups.cpu: no row is like it; remove it" in done.stderr


def test_what_cannot_be_predicted_is_told_at_its_row(tmp_path):
    path = _file(tmp_path, ROWS.replace("name: m40", "name: m44"))
    done = run(path)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.splitlines()[0] == (
        f"{path}:12:14: rows[0].predict: catalogue: unknown gpu 'm44'; did you mean 'm40'?"
    )


def test_names_are_given_once(tmp_path):
    done = run(_file(tmp_path, ROWS.replace("id: half", "id: fits")))
    assert done.exit_code == 2
    assert "rows[1].id: 'fits' is the name of an earlier row; choose another" in done.stderr


def test_own_catalogue(tmp_path):
    folder = tmp_path / "ours" / "gpus"
    folder.mkdir(parents=True)
    shipped = json.loads(run(_file(tmp_path), "--json").stdout)["rows"][0]["predicted"]
    assert shipped == 288
    (folder / "m40.yaml").write_text(
        "title: own\nsource: a test\nvendor: v\nyear: 2015\npeak: {fp32: 1 TFLOP/s}\nmemory: 1 GiB\n"
        "memory_bandwidth: 144 GB/s\ntdp: 100 W\nbox_bandwidth: 6 GB/s\nbandwidth_efficiency: 0.8\n"
        "launch_overhead: 5 us\nefficiency: {}\nidle_power: 10 W\n",
        encoding="utf-8",
    )
    own = json.loads(run(_file(tmp_path), "--json", "--catalog", tmp_path / "ours").stdout)["rows"][0]["predicted"]
    assert own == 144
