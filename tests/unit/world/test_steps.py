"""Recipes that servers can and cannot train."""

from __future__ import annotations

import pytest

from dcsim.collectives import collective
from dcsim.spec.catalog import Catalog
from dcsim.world.steps import recipe_cost, training_steps
from dcsim.world.synchronisation import Place

CATALOG = Catalog()


def _cost(server, **changes):
    recipe = CATALOG.load("training", "facer_general").model_copy(update=changes)
    sled = CATALOG.load("sleds", f"{server}_sled")
    place = Place(sled, CATALOG.load("nics", sled.nic), 1, CATALOG.load("fabrics", "f4_100g"))
    found = CATALOG.load("servers", server)
    return recipe_cost(recipe, found, place, "closed_form", collective.get(recipe.collective).call, CATALOG.load)


@pytest.mark.parametrize("server", ["big_sur_m40", "big_basin_p100", "big_basin_v100"])
def test_resnet_fits_every_box(server):
    assert _cost(server).compute_s > 0


def test_too_large_a_batch_is_refused_with_the_limit():
    """256 images of some 0.1 GB each are beyond any memory of 12 or 16 GB."""
    with pytest.raises(ValueError, match=r"needs 3\d.\d GB of memory on each m40, which has 12.9 GB; at most \d\d "):
        _cost("big_sur_m40", batch_per_device=256)


def test_the_memory_of_the_gpu_is_the_limit():
    assert _cost("big_basin_p100", batch_per_device=100).compute_s > 0
    with pytest.raises(ValueError, match=r"on each m40, which has 12.9 GB"):
        _cost("big_sur_m40", batch_per_device=100)


def test_hosts_without_gpus_are_not_measured():
    """The memory of hosts is described and not checked."""
    recipe = CATALOG.load("training", "ads_ranking").model_copy(update={"batch_per_device": 10_000_000})
    plan = collective.get(recipe.collective).call
    assert training_steps(recipe, CATALOG.load("fabrics", "f4_100g"), plan, CATALOG.load) > 0
