"""``dcsim resolve``: a scenario written out in full, or where one value comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from dcsim.cli.messages import say
from dcsim.cli.options import as_json, catalog_option, json_option, set_option, variant_option

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["command"]


@click.command("resolve")
@click.argument("scenario", metavar="SCENARIO")
@click.option("--why", metavar="KEY", help="Say where the value of KEY comes from, and what it replaced.")
@set_option
@variant_option
@catalog_option
@json_option
def command(
    scenario: str,
    why: str | None,
    sets: Sequence[str],
    variants: Sequence[str],
    catalog: Sequence[str],
    *,
    json_wanted: bool,
) -> None:
    """Print a scenario with every default written out and every entry it uses, as YAML.

    The output is a scenario too, and needs no catalogue. With --why, say for one value (or all below a key, such as
    services.ads.staleness) which layer and place gave it, what it replaced, and the source or assumption behind it.
    Precedence: --set > variant > scenario > profile > catalogue > default.
    """
    from dcsim.resolve import resolve
    from dcsim.spec.catalog import Catalog

    resolved = resolve(scenario, sets=sets, variant=variants, catalog=Catalog(catalog))
    for warning in resolved.warnings:
        say(f"warning: {warning}")
    if why is None:
        click.echo(as_json(resolved.data) if json_wanted else resolved.to_yaml(), nl=json_wanted)
    elif json_wanted:
        click.echo(as_json([reason.data() for reason in resolved.reasons(why)]))
    else:
        click.echo(resolved.why(why))
        click.echo("precedence: --set > variant > scenario > profile > catalogue > default")
