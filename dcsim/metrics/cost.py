"""Cost: capital written off over the run and the price of the energy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dcsim.metrics import metric
from dcsim.metrics.plan import Tidy, facility_energy, grouped, horizon

if TYPE_CHECKING:
    import pandas as pd

    from dcsim.metrics.plan import Tables

__all__ = ["cost"]


@metric(
    "cost",
    unit="USD",
    reads={
        "pools": ("time_s", "held_s", "region", "role", "power_w"),
        "regions": ("region", "pue_ratio", "energy_price_usd_per_j"),
        "fleet": ("region", "server", "hosts", "price_usd", "lifetime_s"),
    },
)
def cost(tables: Tables) -> pd.DataFrame:
    """Return capital and energy cost, by region and for the fleet.

    ``capital_cost`` (also by region x server) = hosts x price x simulated time / lifetime (straight-line
    write-off, all hosts, busy or not); ``energy_cost`` = facility energy x the region's price; ``cost`` is
    their sum.
    """
    fleet = tables["fleet"]
    written_off = fleet["hosts"] * fleet["price_usd"] * horizon(tables["pools"]) / fleet["lifetime_s"]
    capital = grouped(fleet, ("region", "server"), {"usd": written_off})
    joules = facility_energy(tables)
    regions = tables["regions"]
    prices = dict(zip(regions["region"].astype(str), regions["energy_price_usd_per_j"], strict=True))
    price = [prices[name] for name in joules.names("region")]
    joules["usd"] = joules["facility_j"] * price
    energy = joules.rolled(("region",))
    tidy = Tidy()
    tidy.add_each("capital_cost", "USD", capital["usd"], capital)
    by_region = capital.rolled(("region",))
    tidy.add_each("capital_cost", "USD", by_region["usd"], by_region)
    tidy.add_each("energy_cost", "USD", energy["usd"], energy)
    spent = dict(zip(energy.names("region"), energy["usd"].tolist(), strict=True))
    for region, usd in zip(by_region.names("region"), by_region["usd"].tolist(), strict=True):
        tidy.add("cost", "USD", usd + spent.get(region, 0.0), region=region)
    tidy.add("capital_cost", "USD", by_region["usd"].sum())
    tidy.add("energy_cost", "USD", energy["usd"].sum())
    tidy.add("cost", "USD", by_region["usd"].sum() + energy["usd"].sum())
    return tidy.frame()
