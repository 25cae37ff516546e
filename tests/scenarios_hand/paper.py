"""The scenario ``minimal`` worked out in plain Python, line by line as in docs/explanation/hand_check.md.

Nothing of dcsim is used: only the numbers that the scenario and the catalogue say, and the formulas of the page. Only
the two random draws are taken from numpy, by the recipe that the page states.
"""

from __future__ import annotations

import hashlib
import math

import numpy as np

H = 3600.0
DAY = 24 * H
KWH = 3.6e6

HOSTS = {"tioga_pass": 60, "leopard": 30, "bryce_canyon": 8}
IDLE = {"tioga_pass": 170.0, "leopard": 140.0, "bryce_canyon": 600.0}
PEAK = {"tioga_pass": 400.0, "leopard": 350.0}
PRICE = {"tioga_pass": 7000.0, "leopard": 5500.0, "bryce_canyon": 20000.0}
LIFETIME = 4 * 365 * DAY
PUE, USD_PER_KWH, KG_PER_KWH = 1.06, 0.045, 0.020
SPEED, CORES, TARGET = 1.35, 40, 0.6
GANG, NOTICE, RESERVE, RESTART_LENT, CHECKPOINT_EVERY = 16, 120.0, 0.05, 60.0, 900.0

# dense layers: (values in, values out, calls); embedding: (rows looked up, bytes read, bytes written);
# element-wise layers: (flops, bytes read, bytes written, calls, traffic over that)
MLP_SPARSE = {
    "embedding": (3_840, 983_040, 8_192),
    "dense": (256, 250, 5),
    "element-wise": [(250, 1_000, 1_000, 4, 1.0), (69_696, 8_448, 2_178, 1, 1.5)],
}
MLP_RANKING = {
    "embedding": (200, 25_600, 1_280),
    "dense": (800, 800, 5),
    "element-wise": [(800, 3_200, 3_200, 4, 1.0), (3_872, 1_408, 242, 1, 1.5)],
}
PARAMETERS = {
    "harvest": 1_024_000_000 + 5 * 64_000,
    "news_feed": 640_000_000 + 5 * 640_000,
    "sigma": 76_200,
}
STATE = {"harvest": 2.0, "news_feed": 2.0, "sigma": 1.0}

# both sockets: peak rate, its share that the best tile of a product reaches, memory and cache rate
LEOPARD = {
    "cores": 2 * 14,
    "peak": 2 * 14 * 2.4e9 * 32,
    "product": 0.8,
    "memory": 2 * 76.8e9 * 0.8,
    "cache": 2 * 14 * 2.4e9 * 16,
    "share": 10e9 / 8 * 0.94,
}
TIOGA_PASS = {
    "cores": 2 * 20,
    "peak": 2 * 20 * 2.0e9 * 64,
    "product": 0.584,
    "memory": 2 * 127.968e9 * 0.8,
    "cache": 2 * 20 * 2.0e9 * 16,
    "share": 25e9 / 8 * 0.94,
}
ELEMENTWISE, TREE = 0.5, 0.02
LAUNCH, ALPHA = 20e-6, 25e-6 + 2 * 1.3e-6
CORE_GATHER, ROW_WASTE = 10 * 64 / 90e-9, 32.0
TILES = [(128, 128, 1.0), (128, 64, 0.9), (64, 128, 0.9), (64, 64, 0.77), (32, 32, 0.367)]
SPLIT_DEPTH, TAIL, TILE_OVERHEAD = 422.0, 0.29, 3.29e-6
TO_INPUT, TO_WEIGHTS, HANDED_OVER = 0.81, 0.85, 6.9
SPREAD = 0.058  # of hosts on TCP


def product(down, across, depth, device, rate, *, whole=False):
    """Return the arithmetic of a product of (down x depth) times (depth x across) on the best tile, s."""
    times = []
    for high, wide, share in TILES:
        rows = math.ceil(down / high) if whole else max(1.0, down / high)
        tiles = rows * math.ceil(across / wide)
        parts = max(1.0, min(device["cores"] / tiles, depth / SPLIT_DEPTH))
        waves = max(1.0, tiles * parts / device["cores"] + TAIL)
        core = device["peak"] * device["product"] * rate * share / device["cores"]
        times.append(waves * (2 * high * wide * depth / parts / core + TILE_OVERHEAD))
    return min(times)


def round_corner(arithmetic, memory):
    """Return the roofline with its corner rounded, s."""
    return (arithmetic**4 + memory**4) ** 0.25


def gather(model, device, batch):
    """Return the time to read embedding rows, s: what the memory takes, or all cores that wait for misses."""
    rows, read, written = model["embedding"]
    misses = batch * read / (device["cores"] * CORE_GATHER)
    return max(batch * (read + rows * ROW_WASTE + written) / device["memory"], misses)


def passes(model, device, batch):
    """Return forward and backward pass of a ranking model, s; its dense layers and their data stay in the cache."""
    gathered = gather(model, device, batch)
    forward, backward = gathered + LAUNCH, 2 * gathered + LAUNCH
    inputs, outputs, calls = model["dense"]
    moved = 4 * (batch * (inputs + outputs) + inputs * outputs) / device["cache"]
    forward += calls * (round_corner(product(batch, outputs, inputs, device, 1.0), moved) + LAUNCH)
    to_input = product(batch, inputs, outputs, device, TO_INPUT)
    to_weights = product(inputs, outputs, batch, device, TO_WEIGHTS, whole=True)
    backward += calls * (round_corner(to_input, moved) + round_corner(to_weights, moved) + (2 + HANDED_OVER) * LAUNCH)
    for flops, reads, writes, times, factor in model["element-wise"]:
        arithmetic = batch * flops / (device["peak"] * ELEMENTWISE)
        once = round_corner(arithmetic, factor * batch * (reads + writes) / device["cache"])
        forward += times * (once + LAUNCH)
        backward += times * (2 * once + LAUNCH)
    return forward, backward


def trees(device, batch):
    """Return forward and backward pass of one boosting step, s; all samples do not fit the cache, residuals do."""
    forward = backward = 0.0
    for flops, moved, calls, place in ((400, 208, 6, "memory"), (10, 12 + 8, 1, "cache")):
        once = round_corner(batch * flops / (device["peak"] * TREE), batch * moved / device[place])
        forward += calls * (once + LAUNCH)
        backward += calls * (0.05 * once + LAUNCH)
    return forward, backward + HANDED_OVER * LAUNCH


def largest_of_16():
    """Return the expected largest of 16 standard normal numbers: the area above its distribution, less that below."""
    step = 1e-3
    points = [step * (i + 0.5) for i in range(9_000)]
    below = [0.5 * math.erfc(-z / math.sqrt(2)) for z in points]
    return step * sum((1 - phi**16) - (1 - phi) ** 16 for phi in below)


def step(name, forward, backward, device, gradient, overlap, sync_every):
    """Return the parts of one training step on 16 hosts, s, by name."""
    messages = 2 * math.log2(16)
    exchange = messages * ALPHA + 2 * (15 / 16) * gradient / device["share"]
    hidden = min(overlap * exchange, backward)
    exposed = (exchange - hidden) / sync_every
    slowest = SPREAD * largest_of_16() if sync_every == 1 else 0.0
    straggler = slowest * (forward + backward)
    return {
        f"{name}_forward_ms": forward * 1e3,
        f"{name}_backward_ms": backward * 1e3,
        f"{name}_exchange_ms": exchange * 1e3,
        f"{name}_exposed_ms": exposed * 1e3,
        f"{name}_straggler_ms": straggler * 1e3,
        f"{name}_step_ms": (forward + backward + straggler + exposed) * 1e3,
    }


def steps():
    """Return the steps of the three trainings, and of the harvest's on its reference."""
    found = step("reference", *passes(MLP_SPARSE, LEOPARD, 256), LEOPARD, 17_280_000, 0.5, 10)
    found |= step("harvest", *passes(MLP_SPARSE, TIOGA_PASS, 256), TIOGA_PASS, 17_280_000, 0.5, 10)
    found |= step("news_feed", *passes(MLP_RANKING, LEOPARD, 256), LEOPARD, 28_800_000, 0.5, 10)
    found |= step("sigma", *trees(LEOPARD, 1_000_000), LEOPARD, 6_451_200, 0.0, 1)
    found["largest_of_16"] = largest_of_16()
    found["leopard_gather_ms"] = gather(MLP_SPARSE, LEOPARD, 256) * 1e3
    found["tioga_pass_gather_ms"] = gather(MLP_SPARSE, TIOGA_PASS, 256) * 1e3
    found["dense_us"] = product(256, 250, 256, TIOGA_PASS, 1.0) * 1e6
    found["harvest_steps"] = 6 * H / found["reference_step_ms"] * 1e3
    found["news_feed_steps"] = 8 * H / found["news_feed_step_ms"] * 1e3
    found["sigma_steps"] = 2 * H / found["sigma_step_ms"] * 1e3
    for name, device in (("harvest", TIOGA_PASS), ("news_feed", LEOPARD), ("sigma", LEOPARD)):
        nbytes = 4.0 * PARAMETERS[name] * STATE[name]
        found[f"{name}_checkpoint_gb"] = nbytes / 1e9
        found[f"{name}_checkpoint_s"] = nbytes / device["share"]
    found["harvest_job_s"] = found["harvest_steps"] * found["harvest_step_ms"] / 1e3
    return found


def load(hour):
    """Return the mean of the simple day over an hour, as a share of its maximum."""
    half = math.pi / 24
    wave = math.sin(half) / half * math.cos(2 * math.pi * (hour + 0.5 - 12) / 24)
    return (1 + 0.5 * wave) / 1.5


def serving_hosts(hour):
    """Return the hosts that serve in an hour: work at the target utilisation on hosts of speed 1.35."""
    return (100 * 0.4 * load(hour) + 1 * 0.4) / TARGET / SPEED


def gangs(hour):
    """Return the gangs wanted from an hour on; those beyond leave at its end. The next hour counts, too."""
    need = max(serving_hosts(hour), serving_hosts(hour + 1))
    return math.floor((HOSTS["tioga_pass"] - need * (1 + RESERVE)) / GANG)


def live(seconds, left, job, write, *, saves=False):
    """Return what a gang does in so many seconds up to its notice, and the compute that its job still needs.

    A gang that ``saves`` writes its open work when the notice is given; it has ``NOTICE`` for it.
    """
    books = {"restart": 0.0, "kept": 0.0, "open": 0.0, "writes": 0, "jobs": 0}
    while True:
        books["restart"] += RESTART_LENT
        seconds -= RESTART_LENT
        writes = math.ceil(left / CHECKPOINT_EVERY) - 1
        if seconds < left + writes * write:
            break
        seconds -= left + writes * write
        books["kept"] += left
        books["writes"] += writes
        books["jobs"] += 1
        left = job
    cycles = math.floor(seconds / (CHECKPOINT_EVERY + write))
    rest = seconds - cycles * (CHECKPOINT_EVERY + write)
    assert rest < CHECKPOINT_EVERY, "a write is cut short; the page has no line for that"
    books["kept"] += cycles * CHECKPOINT_EVERY
    books["writes"] += cycles
    left -= cycles * CHECKPOINT_EVERY
    if saves:
        books["kept"] += rest
        books["writes"] += 1
        left -= rest
    else:
        books["open"] = rest
    return books, left


def harvest(found, *, saves):
    """Return the books of the harvest: two gangs in the morning, the same two jobs taken up in the evening."""
    job, write = found["harvest_job_s"], found["harvest_checkpoint_s"]
    second, left_second = live(4 * H - NOTICE, job, job, write, saves=saves)
    first, left_first = live(8 * H - NOTICE, job, job, write, saves=saves)
    evening, _ = live(8 * H, left_second, job, write)
    night, _ = live(4 * H, left_first, job, write)
    visits = {"first": first, "second": second, "evening": evening, "night": night}
    result = {f"{name}_{key}": value for name, books in visits.items() for key, value in books.items()}
    result |= {"first_left": left_first, "second_left": left_second}

    def hours(key, of):
        return GANG * sum(books[key] for books in of) / H

    writes = sum(books["writes"] for books in visits.values())
    in_notice = 2 * write if saves else 0.0
    result["lent_h"] = GANG * (8 + 4 + 8 + 4)
    result["restart_h"] = hours("restart", visits.values())
    result["checkpoint_h"] = GANG * writes * write / H
    result["lost_h"] = hours("open", (first, second))
    result["notice_h"] = GANG * (2 * NOTICE - in_notice) / H
    result["open_h"] = hours("open", (evening, night))
    result["useful_h"] = hours("kept", visits.values())
    result["lent_compute_h"] = result["useful_h"] + result["lost_h"] + result["open_h"]
    waiting = found["harvest_exposed_ms"] / found["harvest_step_ms"]
    result["communication_h"] = result["useful_h"] * waiting
    result["goodput"] = (result["useful_h"] - result["communication_h"]) / result["lent_h"]
    result["harvest_jobs"] = sum(books["jobs"] for books in visits.values())
    result["harvest_writes"] = writes
    result["checkpoint_bytes"] = writes * found["harvest_checkpoint_gb"] * 1e9
    result["kept_steps"] = sum(books["kept"] for books in visits.values()) / found["harvest_step_ms"] * 1e3
    return result


def draw(service):
    """Return the first number of a service's random stream: the only chance in the scenario."""
    digest = hashlib.sha256(f"generators/{service}".encode()).digest()
    words = tuple(int.from_bytes(digest[i : i + 4], "little") for i in range(0, 16, 4))
    return float(np.random.Generator(np.random.PCG64(np.random.SeedSequence(37, spawn_key=words))).random())


def training(found):
    """Return the times of the five trainings, h, and the host-hours that their gangs held."""
    result = {"news_feed_draw": draw("news_feed"), "sigma_draw": draw("sigma")}
    wall = {}
    for name, compute in (("news_feed", 8 * H), ("sigma", 2 * H)):
        writes = math.ceil(compute / CHECKPOINT_EVERY) - 1
        wall[name] = 120.0 + compute + writes * found[f"{name}_checkpoint_s"]
        result[f"{name}_gang_s"] = wall[name]
        result[f"{name}_writing_s"] = writes * found[f"{name}_checkpoint_s"]
    feed = result["news_feed_draw"] * 24 * H
    sigma = [result["sigma_draw"] * 6 * H + turn * 6 * H for turn in range(4)]
    asked = {"s1": sigma[0] + 0.5 * H, "n": feed + H, **{f"s{i + 1}": sigma[i] + 0.5 * H for i in range(1, 4)}}
    started = {"s1": asked["s1"], "n": max(asked["n"], asked["s1"] + wall["sigma"])}
    started["s2"] = started["n"] + wall["news_feed"]
    started["s3"] = started["s2"] + wall["sigma"]
    started["s4"] = max(asked["s4"], started["s3"] + wall["sigma"])
    assert asked["s2"] < started["s2"] < sigma[2], "else the third sigma training would replace the second"
    assert asked["s3"] < started["s3"]
    arrived = {"n": feed, **{f"s{i + 1}": time for i, time in enumerate(sigma)}}
    after = {"n": wall["news_feed"] + 0.75 * H, **dict.fromkeys(("s1", "s2", "s3", "s4"), wall["sigma"] + 0.25 * H)}
    done = {job: start + after[job] for job, start in started.items()}
    for job, start in started.items():
        result[f"{job}_arrived_h"] = arrived[job] / H
        result[f"{job}_asked_h"] = asked[job] / H
        result[f"{job}_started_h"] = start / H
        result[f"{job}_done_h"] = done[job] / H
        result[f"{job}_waited_h"] = (start - asked[job]) / H
    result["gang_h"] = 16 * (wall["news_feed"] + 4 * wall["sigma"]) / H
    result["gang_useful_h"] = 16 * (8 + 4 * 2)
    waiting = {name: found[f"{name}_exposed_ms"] / found[f"{name}_step_ms"] for name in wall}
    result["gang_communication_h"] = 16 * (8 * waiting["news_feed"] + 4 * 2 * waiting["sigma"])
    result["gang_goodput"] = (result["gang_useful_h"] - result["gang_communication_h"]) / result["gang_h"]
    result["sigma_wait_s"] = sum(started[f"s{i}"] - asked[f"s{i}"] for i in range(1, 5)) / 4
    result["wait_s"] = sum(started[job] - asked[job] for job in started) / 5
    return result


def freshness(found):
    """Return staleness and quality loss of the two services, by the sawtooth."""
    length = {
        "news_feed": H + found["news_feed_gang_s"] + 0.75 * H,
        "sigma": 0.5 * H + found["sigma_gang_s"] + 0.25 * H,
    }
    before = {"news_feed": found["n_arrived_h"] * H - 24 * H, "sigma": found["s1_arrived_h"] * H - 6 * H}
    for name in before:
        assert before[name] + length[name] <= 0.0, "else the version before it is the one served at midnight"
    versions = {
        "news_feed": [(before["news_feed"], 0.0), (found["n_arrived_h"] * H, found["n_done_h"] * H)],
        "sigma": [
            (before["sigma"], 0.0),
            *((found[f"s{i}_arrived_h"] * H, found[f"s{i}_done_h"] * H) for i in (1, 2, 3, 4)),
        ],
    }
    target = {"news_feed": 7 * DAY, "sigma": 10 * H}
    result = {}
    for name, served in versions.items():
        ends = [begin for _, begin in served[1:]] + [DAY]
        pieces = [(begin - data, end - data) for (data, begin), end in zip(served, ends, strict=True)]
        result[f"{name}_staleness_mean_s"] = sum((high**2 - low**2) / 2 for low, high in pieces) / DAY
        result[f"{name}_staleness_max_s"] = max(high for _, high in pieces)
        result[f"{name}_staleness_end_s"] = pieces[-1][1]
        result[f"{name}_above_h"] = sum(max(0.0, high - max(low, target[name])) for low, high in pieces) / H
        for number, (low, high) in enumerate(pieces):
            result |= {f"{name}_low_{number}_h": low / H, f"{name}_high_{number}_h": high / H}

    def log_area(age):
        return ((1 + age / DAY) * math.log(1 + age / DAY) - age / DAY) / math.log(2)  # days

    low0, high0, low1, high1 = (result[f"news_feed_{end}_{n}_h"] * H for n in (0, 1) for end in ("low", "high"))
    area = log_area(high0) - log_area(low0) + log_area(high1) - log_area(low1)
    result["news_feed_quality_loss"] = 0.004 * area
    result["sigma_quality_loss"] = 0.01 * result["sigma_staleness_mean_s"] / DAY
    result["news_feed_quality_loss_max"] = 0.004 * math.log2(1 + result["news_feed_staleness_max_s"] / DAY)
    result["sigma_quality_loss_max"] = 0.01 * result["sigma_staleness_max_s"] / DAY
    return result


def money(found):
    """Return utilisation, energy and cost."""
    active = sum(serving_hosts(hour) for hour in range(24))
    result = {"serving_h": active}
    result["tioga_pass_utilisation"] = (TARGET * active + found["lent_compute_h"]) / (24 * HOSTS["tioga_pass"])
    result["leopard_utilisation"] = found["gang_h"] / (24 * HOSTS["leopard"])
    all_hosts = 24 * sum(HOSTS.values())
    result["utilisation"] = (TARGET * active + found["lent_compute_h"] + found["gang_h"]) / all_hosts
    curve = 2 * TARGET - TARGET**1.4
    result["curve"] = curve
    result["serving_w"] = 170 + 230 * curve
    idle = {name: 24 * hosts * IDLE[name] / 1e3 for name, hosts in HOSTS.items()}
    result["serving_kwh"] = idle["tioga_pass"] + 230 * (curve * active + found["lent_compute_h"]) / 1e3
    result["training_kwh"] = idle["leopard"] + 210 * found["gang_h"] / 1e3
    result["storage_kwh"] = idle["bryce_canyon"]
    result["it_kwh"] = result["serving_kwh"] + result["training_kwh"] + result["storage_kwh"]
    result["kwh"] = PUE * result["it_kwh"]
    result["energy_usd"] = USD_PER_KWH * result["kwh"]
    result["carbon_kg"] = KG_PER_KWH * result["kwh"]
    result["capital_usd"] = sum(hosts * PRICE[name] for name, hosts in HOSTS.items()) * DAY / LIFETIME
    result["usd"] = result["capital_usd"] + result["energy_usd"]
    return result


def work_out(*, saves=False):
    """Return every number of the page by name; with ``saves``, those of the variant ``save_on_notice``."""
    found = steps()
    for hour in range(24):
        found |= {f"load_{hour}": load(hour), f"hosts_{hour}": serving_hosts(hour), f"gangs_{hour}": gangs(hour)}
    found |= harvest(found, saves=saves)
    found |= training(found)
    found |= freshness(found)
    return found | money(found)
