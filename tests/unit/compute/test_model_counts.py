"""Layer tables of transformers, recurrent networks, recommenders and simple models against published counts."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import pytest
import yaml

from dcsim.compute.layers import gradient_bytes, parameter_count
from dcsim.spec.model import Layer, MlModel

ROOT = Path(__file__).parents[3]
MODELS = ROOT / "workloads" / "models"
CONFIGS = ROOT.parent / "shared" / "traces" / "deeprecsys_dlrm" / "configs"
TRANSFORMERS = {"bert_base": (768, 12, 12, 128), "bert_base_512": (768, 12, 12, 512), "bert_large": (1024, 16, 24, 128),
                "bert_large_512": (1024, 16, 24, 512), "bert_base_pretraining": (768, 12, 12, 128),
                "bert_base_pretraining_512": (768, 12, 12, 512), "bert_large_pretraining": (1024, 16, 24, 128),
                "bert_large_pretraining_512": (1024, 16, 24, 512), "gpt2_small": (768, 12, 12, 1024),
                "gpt2_xl": (1600, 25, 48, 1024), "gpt3_175b": (12288, 96, 96, 2048)}  # fmt: skip
RECURRENT = {"rnn_1760_50": (1760, 50, 1), "rnn_2560_50": (2560, 50, 1), "lstm_512_25": (512, 25, 4),
             "lstm_1024_25": (1024, 25, 4), "lstm_4096_25": (4096, 25, 4), "lstm_256_150": (256, 150, 4),
             "gru_2816_1500": (2816, 1500, 3)}  # fmt: skip
RECOMMENDERS = ("rmc1", "rmc2", "rmc3", "mlp_filtering", "mlp_sparse", "mlp_ranking", "wide_and_deep", "din", "dien",
                "mt_wide_and_deep", "ncf", "dlrm", "dlrm_criteo_small", "dlrm_criteo_large")  # fmt: skip
OTHERS = ("gnmt", "lstm_translation", "gru_speech", "gemm_2048", "svm_face")


def model(name: str) -> MlModel:
    return MlModel.model_validate(yaml.safe_load((MODELS / f"{name}.yaml").read_text(encoding="utf-8")))


def products(entry: MlModel) -> list[Layer]:
    return [layer for layer in entry.layers if layer.kind in {"conv", "gemm", "recurrent"}]


def forward_flops(entry: MlModel) -> float:
    """2 x rows x depth x columns of all products, the way that published counts are made."""
    return sum(2.0 * row.rows * row.depth * row.columns * row.groups * row.repeat for row in products(entry))


def tables(entry: MlModel) -> list[Layer]:
    return [layer for layer in entry.layers if layer.kind == "embedding"]


def tensor_count(entry: MlModel) -> int:
    return sum(len(row.tensors or (row.parameters,)) * row.repeat for row in entry.layers if row.parameters)


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("bert_base", 109_482_240),
        ("bert_large", 335_141_888),
        ("bert_base_512", 109_482_240),
        ("bert_large_512", 335_141_888),
        ("gpt2_small", 124_439_808),
        ("gpt2_xl", 1_557_611_200),
        ("gpt3_175b", 174_604_259_328),
        ("ncf", 138_493 * 192 + 26_744 * 192 + 65_792 + 32_896 + 8_256 + 129),
        ("gemm_2048", 2048 * 2048),
    ],
)
def test_published_parameters(name: str, parameters: int) -> None:
    assert parameter_count(model(name)) == parameters
    assert gradient_bytes(model(name)) == 4 * parameters


def test_gnmt_has_about_160_million_parameters() -> None:
    """Of the size of the vocabulary only 32,000 merges are published, so 1 % is left open."""
    assert parameter_count(model("gnmt")) == pytest.approx(160e6, rel=0.01)


@pytest.mark.parametrize(("name", "gflop"), [("bert_base", 22.3), ("bert_large", 78.9)])
def test_published_forward_flops(name: str, gflop: float) -> None:
    assert forward_flops(model(name)) / 1e9 == pytest.approx(gflop, rel=0.003)


@pytest.mark.parametrize("name", TRANSFORMERS)
def test_blocks_follow_the_closed_form(name: str) -> None:
    """24 h^2 FLOP a token in the weights of a block, 4 s h a token in its attention; 12 h^2 + 13 h parameters."""
    h, heads, blocks, s = TRANSFORMERS[name]
    rows = [row for row in model(name).layers if row.repeat == blocks]
    flops = sum(2.0 * row.rows * row.depth * row.columns * row.groups * row.repeat for row in rows)
    assert flops == blocks * s * (24.0 * h * h + 4.0 * s * h)
    assert sum(row.parameters * row.repeat for row in rows) == blocks * (12 * h * h + 13 * h)
    assert {row.groups for row in rows if row.groups > 1} == {heads}


@pytest.mark.parametrize("name", TRANSFORMERS)
def test_a_block_keeps_the_published_activations(name: str) -> None:
    """s h (34 + 5 a s / h) bytes at two bytes a value (Korthikanti et al. 2022), of which masks 2 s h + a s^2."""
    h, heads, blocks, s = TRANSFORMERS[name]
    rows = [row for row in model(name).layers if row.repeat == blocks and not row.in_place]
    kept = sum(row.write / 2 * row.repeat for row in rows)
    assert kept == blocks * (s * h * 34 + 5 * heads * s * s - 2 * s * h - heads * s * s)


@pytest.mark.parametrize("small", ["bert_large", "bert_base"])
def test_heads_of_pretraining(small: str) -> None:
    """One dense layer, one normalisation, a bias a word and two classes; a product for each masked position."""
    large = f"{small}_pretraining"
    h = TRANSFORMERS[large][0]
    added = h * h + h + 2 * h + 30_522 + 2 * h + 2
    assert parameter_count(model(large)) - parameter_count(model(small)) == added
    work = 2.0 * (20 * h * (h + 30_522) + 2 * h)
    assert forward_flops(model(large)) - forward_flops(model(small)) == work
    long = forward_flops(model(f"{large}_512")) - forward_flops(model(f"{small}_512"))
    assert long == 2.0 * (80 * h * (h + 30_522) + 2 * h)


@pytest.mark.parametrize(
    ("name", "count"),
    [("bert_base", 199), ("bert_large", 391), ("gpt2_small", 148), ("gpt2_xl", 580), ("gnmt", 44), ("ncf", 12),
     ("dlrm_criteo_small", 26 + 16)],
)  # fmt: skip
def test_tensors_are_those_of_the_frameworks(name: str, count: int) -> None:
    """A block of BERT has 16 tensors, one of GPT-2 twelve, an LSTM layer four, a dense layer two."""
    assert tensor_count(model(name)) == count


@pytest.mark.parametrize("name", RECURRENT)
def test_a_recurrent_layer_shares_its_weights_over_the_steps(name: str) -> None:
    h, steps, gates = RECURRENT[name]
    rows = products(model(name))
    assert sum(row.repeat for row in rows) == steps
    assert parameter_count(model(name)) == gates * h * h + 2 * gates * h
    assert {row.weights for row in rows} == {4 * parameter_count(model(name))}
    assert forward_flops(model(name)) == 2.0 * steps * gates * h * h


def test_an_lstm_translates_25_words_a_side() -> None:
    """4 h (h + i) + 4 h values each: three layers with 512 inputs, two with 1024."""
    rows = [row for row in model("lstm_translation").layers if "LSTM" in row.name]
    assert sum(row.parameters * row.repeat for row in rows) == 3 * 2_099_200 + 2 * 3_147_776
    assert sum(row.repeat for row in rows if row.kind == "recurrent") == 5 * 25
    assert sum(row.rows * row.repeat for row in rows if "input products" in row.name) == 5 * 25


@pytest.mark.parametrize(
    ("name", "stored", "read", "lookups", "macs"),
    [
        ("rmc1", 4.096e9, 81_920, 640, 100_416),
        ("rmc2", 4.096e9, 983_040, 3_840, 319_552),
        ("rmc3", 2.56e9, 25_600, 200, 3_203_328),
        ("mlp_filtering", 4.096e9, 81_920, 640, 100_000),
        ("mlp_sparse", 4.096e9, 983_040, 3_840, 320_000),
        ("mlp_ranking", 2.56e9, 25_600, 200, 3_200_000),
    ],
)
def test_recommendation_classes(name: str, stored: float, read: float, lookups: int, macs: int) -> None:
    rows = tables(model(name))
    assert sum(4 * row.parameters * row.repeat for row in rows) == stored
    assert sum(row.read * row.repeat for row in rows) == read
    assert sum(row.rows * row.repeat for row in rows) == lookups
    assert {row.flops / row.read for row in rows} == {0.25}
    assert forward_flops(model(name)) == 2 * macs


def test_the_open_source_dlrm() -> None:
    rows = tables(model("dlrm"))
    assert sum(4 * row.parameters * row.repeat for row in rows) == 8 * 1_000_000 * 64 * 4
    assert sum(row.read * row.repeat for row in rows) == 204_800
    bottom, top = 512 * 512 + 512 * 64, (64 + 36) * 1024 + 1024 * 1024 * 2 + 1024
    assert forward_flops(model("dlrm")) == 2 * (bottom + 9 * 9 * 64 + top)


def test_the_tables_of_criteo() -> None:
    """The published checkpoint of the small one has 15.61 GB, counted in GiB."""
    small, large = tables(model("dlrm_criteo_small")), tables(model("dlrm_criteo_large"))
    assert 4 * small[0].parameters / 2**30 == pytest.approx(15.61, rel=0.001)
    assert len(small[0].tensors or ()) == len(large[0].tensors or ()) == small[0].rows == 26
    assert large[0].parameters == 177_944_275 * 128
    dense = 13 * 512 + 512 * 256 + 256 * 128 + 479 * 1024 + 1024 * 1024 + 1024 * 512 + 512 * 256 + 256
    assert forward_flops(model("dlrm_criteo_small")) == 2 * (dense + 27 * 27 * 128)


def sizes(text: str) -> list[int]:
    return [int(part) for part in text.split("-")]


@pytest.mark.parametrize(
    ("name", "file"),
    [("rmc1", "dlrm_rm1"), ("rmc2", "dlrm_rm2"), ("rmc3", "dlrm_rm3"), ("wide_and_deep", "wide_and_deep"),
     ("mt_wide_and_deep", "mtwnd"), ("dien", "dien")],
)  # fmt: skip
def test_tables_and_layers_as_configured(name: str, file: str) -> None:
    if not CONFIGS.exists():
        pytest.skip("the configurations of DeepRecSys are not beside the repository")
    said = json.loads((CONFIGS / f"{file}.json").read_text(encoding="utf-8"))
    dim, rows = said["arch_sparse_feature_size"], sizes(said["arch_embedding_size"])
    found = [row.parameters // dim for row in tables(model(name)) for _ in range(row.repeat)]
    assert sorted(found) == sorted(rows)
    assert {(row.rows, row.columns) for row in tables(model(name))} == {(said["num_indices_per_lookup"], dim)}
    if name == "dien":
        return
    bottom = sizes(said["arch_mlp_bot"])
    wide = [bottom[-1] + len(rows) * dim, *sizes(said["arch_mlp_top"])]
    chains = [bottom, wide, sizes(said.get("arch_mlp_tasks", "1"))]
    macs = sum(a * b for chain in chains for a, b in pairwise(chain))
    assert forward_flops(model(name)) == 2 * macs


@pytest.mark.parametrize("name", [*TRANSFORMERS, *RECURRENT, *RECOMMENDERS, *OTHERS])
def test_rows_move_what_their_shape_says(name: str) -> None:
    """Four bytes a value: operands in, product out, weights with their bias once a call."""
    for row in model(name).layers:
        if row.kind == "gemm":
            assert row.write == 4 * row.rows * row.columns * row.groups, row.name
            paired = row.depth * row.columns if not row.weights and row.groups * row.rows > 0 else 0
            assert row.read >= 4 * row.groups * row.rows * row.depth, row.name
            assert row.read <= 4 * row.groups * (row.rows * row.depth + paired), row.name
        if row.kind in {"gemm", "recurrent"} and row.weights:
            assert row.weights >= 4 * max(row.parameters, row.depth * row.columns), row.name
        if row.kind == "elementwise":
            assert row.read + row.write > 0, row.name


def test_sparse_gradients_are_the_touched_rows() -> None:
    """14.5 % of 256 x 3840 lookups, 64 values of 4 bytes, beside the dense layers."""
    entry = model("rmc2")
    dense = parameter_count(entry) - sum(row.parameters * row.repeat for row in tables(entry))
    touched = (gradient_bytes(entry) - 4 * dense) / (64 * 4)
    assert touched / (256 * 3840) == pytest.approx(128_435_723 / 887_017_990, rel=1e-4)


@pytest.mark.parametrize(
    ("name", "tokens"),
    [("bert_large", 128), ("bert_large_512", 512), ("gpt2_xl", 1024), ("gpt3_175b", 2048), ("gnmt", 50)],
)
def test_tokens_of_a_sample(name: str, tokens: int) -> None:
    assert model(name).tokens == tokens


@pytest.mark.parametrize("name", [*TRANSFORMERS, *RECOMMENDERS, *OTHERS, "lr_ctr", "gbdt_boost"])
def test_samples_are_read_and_prepared(name: str) -> None:
    """What lies on the device already (NCF) takes no core; else none makes more than a few GB/s."""
    given = model(name).input
    if name == "gemm_2048":
        assert given is None
        return
    assert given is not None
    assert given.core_time == 0.0 if name == "ncf" else given.decoded / given.core_time < 5e9
