"""Pipelines and cuts of a chain, slowly: one event after another, every cut tried."""

from __future__ import annotations

import heapq
import itertools

Pass = tuple[str, int]


def orders(stages: int, micro: int, schedule: str) -> list[list[Pass]]:
    """The passes of each stage in their order: ``('F', 0)``, ``('B', 0)`` ..."""
    found = []
    for stage in range(stages):
        forward = [("F", i) for i in range(micro)]
        if schedule == "gpipe":
            found.append(forward + [("B", i) for i in reversed(range(micro))])
            continue
        warm = min(micro, stages - stage)
        one_by_one = itertools.zip_longest([("B", i) for i in range(micro)], forward[warm:])
        found.append(forward[:warm] + [one for pair in one_by_one for one in pair if one])
    return found


def pipeline(
    forward: list[float],
    backward: list[float],
    send: list[float],
    send_back: list[float],
    micro: int,
    schedule: str,
    *,
    blocking: bool = False,
) -> dict[tuple[int, str, int], tuple[float, float]]:
    """Begin and end of every pass, ``(stage, 'F' or 'B', micro-batch)``."""
    stages = len(forward)
    waiting = orders(stages, micro, schedule)
    arrived = {(0, "F", i) for i in range(micro)}
    busy, when = [False] * stages, {}
    lanes: dict[tuple[int, int], list[tuple[int, str, int]]] = {}
    lane_busy: set[tuple[int, int]] = set()
    events: list[tuple[float, int, str, tuple]] = []
    counter = itertools.count()

    def post(time: float, what: str, *facts) -> None:
        heapq.heappush(events, (time, next(counter), what, facts))

    def start_what_can(now: float) -> None:
        for stage in range(stages):
            if not busy[stage] and waiting[stage] and (stage, *waiting[stage][0]) in arrived:
                which, i = waiting[stage].pop(0)
                busy[stage] = True
                took = forward[stage] if which == "F" else backward[stage]
                when[stage, which, i] = (now, now + took)
                post(now + took, "computed", stage, which, i)
        for (a, b), queue in lanes.items():
            if queue and (a, b) not in lane_busy:
                lane_busy.add((a, b))
                post(now + (send[a] if a < b else send_back[b]), "sent", a, b, queue.pop(0))

    post(0.0, "start")
    while events:
        now, _, what, facts = heapq.heappop(events)
        if what == "computed":
            stage, which, i = facts
            to = stage + 1 if which == "F" else stage - 1
            busy[stage] = blocking and 0 <= to < stages
            if to == stages:
                arrived.add((stage, "B", i))
            elif to >= 0:
                lanes.setdefault((stage, to), []).append((to, which, i))
        elif what == "sent":
            a, b, message = facts
            lane_busy.remove((a, b))
            arrived.add(message)
            if blocking:
                busy[a] = False
        if not events or events[0][0] > now:
            start_what_can(now)
    assert not any(waiting)
    return when


def smallest_dearest_run(costs: list[float], stages: int) -> float:
    """The cost of the dearest run when a chain is cut as well as can be: every cut tried."""
    count = len(costs)
    best = float("inf")
    for inner in itertools.combinations(range(1, count), stages - 1):
        places = (0, *inner, count)
        best = min(best, max(sum(costs[a:b]) for a, b in itertools.pairwise(places)))
    return best
