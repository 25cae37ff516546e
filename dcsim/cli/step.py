"""``dcsim step``: how long one training step of a model takes on a system, and why."""

from __future__ import annotations

from dataclasses import fields, replace
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import click

from dcsim.cli.lists import count, sizes
from dcsim.cli.messages import say
from dcsim.cli.options import as_json, catalog_option, json_option
from dcsim.cli.pictures import undrawable
from dcsim.cli.reading import read_option
from dcsim.errors import InputError, Problem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dcsim.prediction.question import Question

__all__ = ["command"]

T = TypeVar("T")


@click.command("step")
@click.option("--model", metavar="NAME", required=True, help="Model of the catalogue.")
@click.option("--server", metavar="NAME", required=True, help="Server of the catalogue.")
@click.option("--gpus", metavar="N", help="GPUs in all.  [default: those of the hosts, or of one server]")
@click.option("--hosts", metavar="N", help="Servers.  [default: as few as hold the GPUs]")
@click.option("--cores", metavar="N", help="Cores of each host that compute, where it has no GPUs.  [default: all]")
@click.option("--co-located", default="1", metavar="N", show_default=True,
              help="Copies of the model that share each host without GPUs (--inference).")
@click.option("--batch-per-device", default="32", metavar="N", show_default=True, help="Samples on each GPU or host.")
@click.option("--precision", default="fp32", metavar="NAME", show_default=True,
              help="fp32, tf32, bf16, fp16, mixed or int8.")
@click.option("--parallelism", default="data_parallel", metavar="NAME", show_default=True, help="Plan of the step.")
@click.option("--collective", default="fastest", metavar="NAME", show_default=True,
              help="All-reduce among the hosts; fastest: for each buffer the quickest that libraries choose from.")
@click.option("--framework", default="mxnet", metavar="NAME", show_default=True,
              help="Whose efficiency, buckets and overlap apply.")
@click.option("--optimiser", default="momentum", metavar="NAME", show_default=True, help="Rule of the update.")
@click.option("--inference", is_flag=True, help="The forward pass alone.")
@click.option("--fabric", metavar="NAME|FILE", help="What joins the hosts.  [default: full bandwidth between adapters]")
@click.option("--network", default="flow", metavar="NAME", show_default=True,
              help="How closely it is looked at: closed_form, flow or packet.")
@click.option("--hosts-per-nic", metavar="N", help="Hosts of each shared adapter that synchronise at the same time.")
@click.option("--transport", metavar="NAME", help="How hosts answer to losses.")
@click.option("--data", default="synthetic", metavar="NAME", show_default=True,
              help="synthetic, or real: read and prepared by the host.")
@click.option("--bucket", metavar="SIZE", help="Gradients leave in buckets of this size; 'tensor': one by one.  "
              "[default: the framework's]")
@click.option("--accumulate", default="1", metavar="N", show_default=True, help="Micro-batches to a synchronisation.")
@click.option("--tau", default="1", metavar="N", show_default=True, help="Steps from one exchange to the next.")
@click.option("--prefetch", default="0", metavar="N", show_default=True, help="Steps that an exchange begins early.")
@click.option("--servers", default="0", metavar="N", show_default=True,
              help="Parameter servers; 0: every host serves a shard.")
@click.option("--stages", default="0", metavar="N", show_default=True, help="Stages of a pipeline; 0: one a device.")
@click.option("--microbatches", default="0", metavar="N", show_default=True,
              help="Micro-batches of a pipeline; 0: as many as its plan finds useful.")
@click.option("--synchronous", is_flag=True, help="Parameter servers wait for all workers.")
@click.option("--recompute", is_flag=True, help="Keep few activations and compute the others again.")
@click.option("--compression", metavar="NAME", help="How gradients are made smaller.")
@click.option("--target", metavar="NAME", help="Learning workload, for the time and the cost to its target.")
@click.option("--region", default="prineville", metavar="NAME", show_default=True, help="Where energy is paid for.")
@click.option("--plot", "picture", metavar="FILE", help="Draw the step over time (.png, .svg, .pdf).")
@catalog_option
@json_option
def command(
    catalog: Sequence[str],
    picture: str | None,
    *,
    inference: bool,
    synchronous: bool,
    recompute: bool,
    json_wanted: bool,
    **texts: str | None,
) -> None:
    """Predict a training step.

    Prints its time part by part, throughput, efficiency, memory, power and cost. With --json, one object in SI units.
    """
    from dcsim.prediction.predictor import Predictor
    from dcsim.spec.catalog import Catalog

    asked, problems = _read(texts)
    asked = replace(asked, training=not inference, synchronous=synchronous, recompute=recompute)
    problems += undrawable(picture)
    try:
        answer = Predictor(Catalog(catalog)).predict(asked)
    except InputError as error:
        raise InputError([*problems, *error.problems]) from None
    if problems:
        raise InputError(problems)
    for note in answer.notes:
        say(f"note: {note}")
    if picture is not None:
        from dcsim.plot.step import step

        step(answer).savefig(picture)
    if json_wanted:
        told = [each.name for each in fields(answer) if each.name != "timeline"]
        click.echo(as_json({name: getattr(answer, name) for name in told}))
    else:
        from dcsim.cli.step_summary import summary

        click.echo(summary(answer))


def _read(texts: dict[str, str | None]) -> tuple[Question, list[Problem]]:
    """Return what is asked for, and what is wrong with how it is written."""
    from dcsim.prediction.question import Question

    problems: list[Problem] = []

    numbers = {
        "gpus": 1, "hosts": 1, "cores": 1, "co_located": 1, "batch_per_device": 1, "hosts_per_nic": 1, "accumulate": 1,
        "tau": 1, "prefetch": 0, "servers": 0, "stages": 0, "microbatches": 0,
    }  # fmt: skip
    given = {name: read_option(name, texts, partial(count, least=least), problems) for name, least in numbers.items()}
    plain = {name: text for name, text in texts.items() if name not in numbers and name != "bucket"}
    told = {name: value for name, value in {**given, **plain}.items() if value is not None}
    return Question(**told, bucket_bytes=read_option("bucket", texts, _bucket, problems)), problems  # type: ignore[arg-type]


def _bucket(text: str) -> float:
    """Return the size of a bucket; 0 for tensor by tensor."""
    if text == "tensor":
        return 0.0
    found = sizes(text)
    if len(found) > 1:
        raise ValueError(f"'{text}' is more than one size; give one")
    return found[0]
