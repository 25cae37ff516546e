"""``dcsim schema``: the JSON Schema of a scenario, or of a sweep."""

from __future__ import annotations

import click

from dcsim.cli.options import as_json

__all__ = ["command"]


@click.command("schema")
@click.option("--sweep", is_flag=True, help="That of a sweep file instead.")
def command(*, sweep: bool) -> None:
    """Print the JSON Schema of a scenario file, for editors that complete and check YAML."""
    from dcsim.spec.schema import scenario_schema, sweep_schema

    click.echo(as_json(sweep_schema() if sweep else scenario_schema()))
