"""Batches shared over unlike servers, against all splits tried one by one."""

from __future__ import annotations

import pytest

from dcsim.compute.stragglers import slowest
from dcsim.errors import InputError
from dcsim.prediction.balance import balance_group
from dcsim.prediction.predictor import Predictor
from dcsim.prediction.question import Question
from dcsim.spec.catalog import Catalog

PLAIN = Question("resnet50", "")
CATALOG = Catalog()


@pytest.mark.parametrize("batch", [8, 64, 200])
def test_no_other_split_is_done_sooner(batch):
    found = balance_group(PLAIN, [("leopard", 1), ("tioga_pass", 1)], batch, CATALOG)
    predictor = Predictor(CATALOG)

    def seconds(server, samples):
        if not samples:
            return 0.0
        return predictor.predict(Question("resnet50", server, hosts=1, batch_per_device=samples)).step_s

    tried = [max(seconds("leopard", n), seconds("tioga_pass", batch - n)) for n in range(batch + 1)]
    assert found.compute_s == pytest.approx(min(tried), rel=0.02)
    assert found.members[1].even_device_s == seconds("tioga_pass", batch // 2)


def test_the_exchange_is_that_of_the_slowest_adapter():
    found = balance_group(PLAIN, [("tioga_pass", 3), ("leopard", 1)], 256, CATALOG)
    alone = Predictor(CATALOG).predict(
        Question("resnet50", "leopard", hosts=4, batch_per_device=found.members[1].batch_per_device)
    )
    assert found.exposed_communication_s == alone.exposed_communication_s
    assert found.overhead_s == alone.overhead_s
    assert "4 of leopard" in found.notes[-1]


def test_alike_hosts_wait_for_the_slowest_of_all_of_them():
    found = balance_group(PLAIN, [("big_basin_v100", 4), ("big_sur_m40", 4)], 2048, CATALOG)
    spread = CATALOG.load("nics", "nic_50g").step_spread
    waiting = slowest(spread, 8) * slowest(CATALOG.load("gpus", "m40").step_spread, 8) - 1.0
    assert found.straggler_s == pytest.approx(waiting * found.compute_s, rel=0.1)
    assert sum(member.samples for member in found.members) == 2048
    assert sum(member.even_samples for member in found.members) == 2048


def test_a_model_that_fits_nowhere_is_told_of_each_server():
    with pytest.raises(InputError) as caught:
        balance_group(Question("gpt3_175b", ""), [("big_basin_v100", 1), ("big_sur_m40", 1)], 64, CATALOG)
    assert [each.file for each in caught.value.problems] == ["--group", "--group"]
