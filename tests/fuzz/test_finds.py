"""What fuzzing has found, each in its smallest form, with the lines that are told now."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from dcsim.cli.main import main
from tests.fuzz.cases import Case
from tests.fuzz.trial import faults

UNKNOWN_MODEL = """\
extends: minimal
name: wrong
catalog: {training: {harvest_dual_socket: {model: mlp_filterin}}}
"""
IN_A_VARIANT = """\
extends: minimal
name: wrong
variants:
  other: {catalog: {training: {harvest_dual_socket: {model: mlp_filterin}}}}
"""
HUGE_GANG = """\
extends: minimal
name: wrong
catalog: {training: {harvest_dual_socket: {hosts: 1600000000000}}}
"""
HUGE_FLEET = """\
extends: minimal
name: wrong
fleet: {regions: {lulea: {training: {leopard: 1000000000000}}}}
"""
LONG_FILE = f"""\
extends: replay_day
name: wrong
services: {{search: {{serving: {{load: {{file: {"x" * 5000}}}}}}}}}
"""
STEP = ("step", "--model", "resnet50", "--server", "big_basin_p100")

FINDS = {
    "a recipe names no known model": (
        {"wrong.yaml": UNKNOWN_MODEL},
        ("check", "wrong.yaml"),
        "wrong.yaml:3:51: catalog.training.harvest_dual_socket.model: unknown model 'mlp_filterin'; did you mean "
        "'mlp_filtering'?",
    ),
    "a recipe of a variant names no known model": (
        {"wrong.yaml": IN_A_VARIANT},
        ("check", "wrong.yaml"),
        "wrong.yaml:4:61: catalog.training.harvest_dual_socket.model: unknown model 'mlp_filterin'; did you mean "
        "'mlp_filtering'?",
    ),
    "a gang of more hosts than any array holds": (
        {"wrong.yaml": HUGE_GANG},
        ("check", "wrong.yaml"),
        "wrong.yaml:3:51: catalog.training.harvest_dual_socket.hosts: must be 100000 or less",
    ),
    "a fleet of more racks than any array holds": (
        {"wrong.yaml": HUGE_FLEET},
        ("check", "wrong.yaml"),
        "wrong.yaml:3:9: fleet.regions: hold 3e+13 hosts; at most 10,000,000 fit",
    ),
    "more ranks than are laid out in seconds": (
        {},
        ("collective", "--ranks", "1000000", "--bytes", "1MB"),
        "--ranks: 1000000 is not between 1 and 65,536",
    ),
    "an amount whose products are no finite numbers": (
        {"wrong.yaml": "extends: minimal\nname: wrong\nfleet: {failover_time: 1e200 s}\n"},
        ("check", "wrong.yaml"),
        "wrong.yaml:3:24: fleet.failover_time: is too large; write a finite number, such as '250 ms'",
    ),
    "an amount whose ratios are no finite numbers": (
        {"wrong.yaml": "extends: minimal\nname: wrong\nfleet: {failover_time: 1e-200 s}\n"},
        ("check", "wrong.yaml"),
        "wrong.yaml:3:24: fleet.failover_time: is too small to reckon with; write 0, or a number such as '250 ms'",
    ),
    "an element where the catalogue has kinds": (
        {},
        ("check", "minimal", "--set", "catalog[0]=default"),
        "--set: catalog[0]: unknown kind of entry; known: gpus, cpus, nics, gpu_topologies, servers, sleds, racks, "
        "switches, fabrics, transports, phones, models, training, experiments, diurnal, datasets, optimisers, "
        "frameworks, compressions, learning",
    ),
    "a file of a name that no file can have": (
        {"wrong.yaml": f"extends: {'x' * 5000}.yaml\nname: wrong\n"},
        ("check", "wrong.yaml"),
        f"wrong.yaml:1:10: extends: no such file: '{'x' * 57}...', seen from the folder of this one",
    ),
    "a replayed file of a name that no file can have": (
        {"wrong.yaml": LONG_FILE},
        ("check", "wrong.yaml"),
        f"wrong.yaml:3:44: services.search.serving.load.file: no such file: '{'x' * 57}...', seen from the folder of "
        "this one",
    ),
    "a line break in an option": (
        {},
        (*STEP, "--gpus", "1\n2"),
        "--gpus: '1\\n2' is not a whole number",
    ),
    "an escape sequence of terminals in an option": (
        {},
        (*STEP, "--gpus", "\x1b[31m1"),
        "--gpus: '\\x1b[31m1' is not a whole number",
    ),
}  # fmt: skip
"""Files, command line and the first line on stderr by what was found."""


@pytest.mark.parametrize("find", FINDS)
def test_find_is_told(find, tmp_path):
    files, words, line = FINDS[find]
    held = {name: text.encode() if isinstance(text, str) else text for name, text in files.items()}
    assert faults(Case(find, held, words), tmp_path) == ([2], [])
    done = CliRunner().invoke(main, [str(tmp_path / word) if word in files else word for word in words])
    assert done.stderr.replace(f"{tmp_path}/", "").splitlines()[0] == line
