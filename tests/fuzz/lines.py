"""Command lines that are right, and what people write for an option's value."""

from __future__ import annotations

import json
import re
from functools import cache

from dcsim.collectives import collective
from dcsim.parallelism import parallelism
from dcsim.spec.catalog import Catalog
from tests.fuzz import values
from tests.fuzz.nodes import read, spots, write
from tests.fuzz.trees import odd_node

LINES = tuple(
    tuple(line.split())
    for line in (
        "step --model resnet50 --server big_basin_p100 --gpus 16 --batch-per-device 32 --collective ring --bucket 25MB",
        "step --model resnet50 --server dgx1_p100 --gpus 8 --batch-per-device 64 --data real --framework tensorflow",
        "step --model lstm_512_25 --server big_sur_m40 --gpus 1 --batch-per-device 16 --inference --precision fp32",
        "step --model vgg16 --server dgx1_v100 --parallelism one_forward_one_backward --microbatches 16 --stages 4",
        "step --model resnet50 --server p100_card --hosts 8 --parallelism parameter_server --servers 2 --network flow",
        "step --model alexnet --server easgd_k40 --hosts 4 --parallelism elastic_averaging --tau 10 --prefetch 5",
        "step --model polysemous_deep1b --server leopard --cores 4 --co-located 2 --batch-per-device 512 --inference",
        "balance --model resnet50 --group big_basin_v100=4 --group big_sur_m40=4 --batch 2048 --optimiser sgd",
        "trade --machines 100 --models 100 --work 4days --sizes 1,2,5,10 --speedup 1=1,5=4",
        "trade --machines 64 --models 200 --model resnet50 --server big_basin_p100 --target imagenet_resnet50_lars",
        "collective --algorithm ring,halving_doubling --ranks 8,32 --bytes 1MB..4MB --fidelity closed_form,flow",
        "collective --algorithm ring,hierarchical --server dgx_a100 --ranks 8,16 --bytes 1MB --overhead 20us",
        "collective --ranks 32 --bytes 2MB --buffers per-tensor:resnet50 --fabric rack16_50g_full --placement strided",
        "collective --algorithm parameter_server --ranks 8 --servers 2 --bytes 1MB --hosts-per-nic 2 --fabric f4_100g",
        "catalog show servers leopard",
        "catalog list models",
        "resolve minimal --why services.sigma.staleness.target",
        "check minimal --variant save_on_notice",
        "validate --only GO-*",
        "schema",
        "schema --sweep",
        "new mine --from minimal --out mine.yaml",
        "new mine --extend minimal --json",
        "completion bash",
        "compare minimal minimal@harvest.notice=3min --replicas 1 --level 95% --set duration=1h --engine in_process",
        "report runs/none --trace-events t.json --begin 1h --end 2h",
    )
)  # fmt: skip
_VALUES = (
    "1..4", "4..1", "1..1000000000000", "1,", ",", "1,1", "1=", "=1", "1=0", "1=nan", "a=b=c", "1..", "8..8", "fused",
    "tensor", "per-tensor:", "per-tensor:none", "1MB..1B", "1MB..1EB", "0MB", "-1MB", "all", "fastest", "default",
    "1e3", "00", "+1", "1.0", "1_0", "¹", "\uff11", "1024", "100000", "10000000", "10000000000", "1e-9 s", "0us",
    "runs", "GO-*", "minimal", "catalog", "[", "**", "GO-*", "x.png", "/", "/dev/full", "out/../..", "--", "-h",
    "--json", "x.csv", "x.yaml", "fp16", "mixed", "int8", "closed_form", "packet",
)  # fmt: skip


_KINDS = {
    "--model": "models", "--server": "servers", "--fabric": "fabrics", "--framework": "frameworks",
    "--optimiser": "optimisers", "--compression": "compressions", "--target": "learning", "--region": "regions",
    "--sled": "sleds", "--transport": "transports",
}  # fmt: skip
_WORDS = {
    "--precision": ("fp32", "tf32", "bf16", "fp16", "mixed", "int8"),
    "--parallelism": tuple(parallelism.names()),
    "--collective": ("fastest", *collective.names()),
    "--algorithm": ("all", *collective.names()),
    "--network": ("closed_form", "flow", "packet"),
    "--fidelity": ("closed_form", "flow", "packet", "flow,packet"),
    "--placement": ("contiguous", "strided"),
    "--data": ("synthetic", "real"),
    "--buffers": ("fused", "1MB", "per-tensor:alexnet", "25MB:resnet50"),
}  # fmt: skip
_JSON = ("null", "true", "[]", "{}", "0", "-1", "1e999", "NaN", "1" * 400, '""', '"x"', "[1, 2]", '{"a": 1}')
_STEPS = (".x", "[0]", "[99999999]", "[-1]", ".", "..", "[", "]", "[a]", "[1", "")


def odd_text(rng):
    """Return what somebody might write for a value, NUL left out: no command line holds it."""
    text = rng.choice(rng.choice((_VALUES, _VALUES, values.PLAIN, values.TEXTS)))
    return text.replace("\x00", "\ufffd")


def changed(rng, words):
    """Return a command line with one to three words changed, lost, added or twice there."""
    words = list(words)
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        if len(words) < 2:
            return (*words, odd_text(rng))
        at = rng.randrange(1, len(words))
        roll, fitting = rng.random(), _fitting(words[at - 1])
        if fitting and roll < 0.7:
            words[at] = rng.choice(fitting)
        elif roll < 0.25:
            words[at] = odd_text(rng)
        elif roll < 0.7:
            words[at] = values.nudged(rng, words[at]) if words[at][0:1].isdigit() else words[at]
        elif roll < 0.8:
            del words[at]
        elif roll < 0.9:
            words.insert(at, rng.choice((*words, odd_text(rng))))
        else:
            words[at] = rng.choice(rng.choice(LINES))
    return tuple(words)


def changed_json(rng, text):
    """Return JSON with one to three values or names replaced."""
    for _ in range(rng.choice((1, 1, 2, 3))):
        tokens = list(re.finditer(r'"[^"]*"|-?\d[\d.e+-]*|true|false|null', text))
        if tokens:
            token = rng.choice(tokens)
            new = rng.choice((*_JSON, values.nudged(rng, token[0]), rng.choice(tokens)[0], json.dumps(odd_text(rng))))
            text = text[: token.start()] + new + text[token.end() :]
    return text


def _fitting(option):
    """Return values that an option takes, if they are names."""
    return _WORDS.get(option) or _names().get(option, ())


@cache
def _names():
    """Return the names that options take, of entries large and small."""
    shelf = Catalog()
    return {option: shelf.names(kind) for option, kind in _KINDS.items()}


def setting(rng, text, pool):
    """Return what somebody might write after ``--set``, for a scenario of this text."""
    root, path = read(text), []
    node = root
    while (below := [spot for spot in spots(node) if spot.parent is node]) and (not path or rng.random() < 0.85):
        spot = rng.choice(below)
        path.append(f"[{spot.index}]" if spot.key is None else f".{spot.key}")
        node = spot.node
    if rng.random() < 0.25:
        path.append(rng.choice((*_STEPS, f".{rng.choice(pool.keys)}")))
    name = "".join(path).removeprefix(".")
    borrowed = pool.under.get(name.rpartition(".")[2], ())
    roll = rng.random()
    if borrowed and roll < 0.4:
        value = write(rng.choice(borrowed)).strip().removesuffix("...").strip()
    elif roll < 0.7 and not below:
        value = values.nudged(rng, node.value if isinstance(node.value, str) else "")
    else:
        value = write(odd_node(rng)).strip() if rng.random() < 0.6 else odd_text(rng)
    return f"{name}={value}".replace("\x00", "\ufffd") if rng.random() < 0.97 else odd_text(rng)
