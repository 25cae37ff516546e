"""Ways to make gradients smaller, as the catalogue has them."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from dcsim.errors import InputError
from dcsim.spec.catalog import Catalog
from dcsim.spec.compression import Compression

ENTRY = {"title": "c", "assumption": "test", "bits": 8.0, "passes": 2.0, "reducible": True, "accuracy_loss": 0.0}


def test_shipped_entries_say_what_they_send() -> None:
    catalog = Catalog()
    entries = {name: catalog.load("compressions", name) for name in catalog.names("compressions")}
    assert [entries[name].bits for name in ("fp16", "int8", "onebit")] == [16.0, 8 + 32 / 512, 1.0]
    assert entries["topk"].bits == pytest.approx(32 * 0.35 / 97, rel=1e-3)
    assert [name for name, entry in entries.items() if not entry.reducible] == ["topk"]
    assert all(entry.assumptions for entry in entries.values())


@pytest.mark.parametrize(("field", "value"), [("bits", 0.0), ("bits", 33.0), ("passes", -1.0), ("accuracy_loss", 1.5)])
def test_out_of_range(field: str, value: float) -> None:
    with pytest.raises(ValidationError):
        Compression.model_validate({**ENTRY, field: value})


def test_unknown_name() -> None:
    with pytest.raises(InputError, match="unknown compression 'fp61'; did you mean 'fp16'"):
        Catalog().load("compressions", "fp61")
