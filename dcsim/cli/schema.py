"""``dcsim schema``: the JSON Schema of a scenario."""

from __future__ import annotations

import click

from dcsim.cli.options import as_json

__all__ = ["command"]


@click.command("schema")
def command() -> None:
    """Print the JSON Schema of a scenario file, for editors that complete and check YAML."""
    from dcsim.spec.schema import scenario_schema

    click.echo(as_json(scenario_schema()))
