"""Published trainings as recipes: a scenario can run them, and their steps add up."""

from __future__ import annotations

import pytest

from dcsim.assemble import assemble
from dcsim.resolve import resolve

SCENARIO = """name: published
start: 2017-09-19T00:00:00Z
duration: 12 h
network: closed_form
fleet:
  fabric: f4_100g
  capacity_unit: 1.0
  failover_time: 17 min
  regions:
    lulea: {{training: {{{rack}: {racks}}}, storage: {{bryce_canyon: 1}}}}
training:
  - {{name: jobs, recipe: {recipe}, generator: cadence, every: 6 h}}
"""
IMAGES = 1_281_167


@pytest.mark.parametrize(
    ("recipe", "rack", "racks", "samples", "epochs"), [("imagenet_resnet50", "big_basin_p100", 11, 256 * 32, 90)]
)
def test_a_scenario_trains_for_the_published_epochs(tmp_path, recipe, rack, racks, samples, epochs):
    """Steps of the duration times the samples of one step; frameworks and stragglers are left out, hence the room."""
    file = tmp_path / "published.yaml"
    file.write_text(SCENARIO.format(recipe=recipe, rack=rack, racks=racks), encoding="utf-8")
    resolved = resolve(str(file))
    (row,) = assemble(resolved).recipes
    steps = resolved.entry("training", recipe).duration / row.cost.step_s
    assert steps * samples / IMAGES == pytest.approx(epochs, rel=0.3)
