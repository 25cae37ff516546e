"""What a recipe costs on a pool: who waits for the slowest host."""

from __future__ import annotations

import pytest

from dcsim.collectives import collective
from dcsim.compute.stragglers import slowest
from dcsim.spec.catalog import Catalog
from dcsim.world.steps import recipe_cost, training_steps
from dcsim.world.synchronisation import Place

CATALOG = Catalog()
ENTRY = CATALOG.load


def place(spread=None):
    sled = ENTRY("sleds", "leopard_sled")
    nic = ENTRY("nics", sled.nic)
    if spread is not None:
        nic = nic.model_copy(update={"step_spread": spread})
    return Place(sled, nic, 1, ENTRY("fabrics", "f4_40g"))


def cost(where, **changes):
    recipe = ENTRY("training", "sigma_classifiers").model_copy(update=changes)
    server = ENTRY("servers", where.sled.server)
    return recipe_cost(recipe, server, where, "closed_form", collective.get(recipe.collective).call, ENTRY)


def test_hosts_in_step_wait_for_the_slowest():
    """As a share of what each computes; the exchange begins that much later and is no longer for it."""
    calm, found = cost(place(0.0), hosts=16, sync_every=1), cost(place(0.1), hosts=16, sync_every=1)
    assert calm.straggler_s == 0.0
    assert found.straggler_s == pytest.approx((slowest(0.1, 16) - 1.0) * found.compute_s)
    assert found.step_s == pytest.approx(calm.step_s + found.straggler_s)
    assert found.step_s == pytest.approx(found.compute_s + found.exposed_s + found.straggler_s)


def test_the_adapter_says_how_much_its_hosts_differ():
    where = place()
    found = cost(where, hosts=16, sync_every=1)
    assert found.straggler_s == pytest.approx((slowest(where.nic.step_spread, 16) - 1.0) * found.compute_s)


@pytest.mark.parametrize("changes", [{"hosts": 1, "sync_every": 1}, {"hosts": 16, "sync_every": 10}])
def test_a_lone_host_and_asynchronous_ones_wait_for_nobody(changes):
    assert cost(place(0.5), **changes).straggler_s == 0.0


def test_a_duration_stays_the_duration_on_the_reference_server():
    """The steps of a training are fewer where each is longer; the work that was published is the same."""
    recipe = ENTRY("training", "sigma_classifiers").model_copy(update={"hosts": 16, "sync_every": 1})
    plan, fabric = collective.get(recipe.collective).call, ENTRY("fabrics", "f4_40g")
    sled = ENTRY("sleds", recipe.reference_sled)
    sharing = min(recipe.hosts, -(-sled.hosts // sled.nics))
    where = Place(sled, ENTRY("nics", sled.nic), sharing, fabric)
    step = recipe_cost(recipe, ENTRY("servers", recipe.reference_server), where, "closed_form", plan, ENTRY)
    assert training_steps(recipe, fabric, plan, ENTRY) * step.step_s == pytest.approx(recipe.duration)
    assert step.straggler_s > 0.0
