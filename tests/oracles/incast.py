"""Packets of synchronised TCP senders through one port, one event and one object at a time.

Written from the RFCs with sets and lists, and with the ways to the port and back spelt out; a kernel that only keeps
counters and a round trip must tell the same.
"""

from __future__ import annotations

import heapq
import math

ACKNOWLEDGED, BEGUN, TIMER, SENT, AT_PORT = range(5)  # order of events at one sender and instant


class Sender:
    def __init__(self, number, rtt, way_out, rate, framing, tcp):
        self.number, self.rate, self.framing, self.tcp = number, rate, framing, tcp
        self.way_out = way_out * rtt
        self.way_back = rtt - way_out * rtt
        self.srtt, self.rttvar = rtt, rtt / 2
        self.cwnd, self.ssthresh = min(tcp.initial_window, tcp.window), math.inf
        self.acknowledged = self.sent_to = self.highest = self.granted = 0
        self.recover = 0
        self.in_recovery = self.had_partial = False
        self.duplicates = self.timeouts_in_row = 0
        self.told = set()  # segments reported held
        self.copies = []  # every frame sent, as its segment
        self.answered = 0  # how many frames had been sent with the last one that was answered
        self.hole = 0
        self.urgent = None
        self.before_loss = self.arrived = self.copies_before = 0
        self.probe = None
        self.frame_out = None
        self.last_out = None
        self.timer, self.timer_probes = None, False
        self.share, self.watch, self.cut = 1.0, 0, 0
        self.marks = []

    def flight(self):
        return self.sent_to - self.acknowledged

    def rto(self):
        plain = max(self.tcp.rto_min, self.srtt + 4 * self.rttvar)
        return min(plain * 2**self.timeouts_in_row, self.tcp.rto_max)

    def start_timer(self, now):
        wait = max(2 * self.srtt, self.tcp.probe)
        self.timer_probes = self.probes() and wait < self.rto()
        self.timer = now + (wait if self.timer_probes else self.rto())

    def probes(self):
        quiet = not self.in_recovery and not self.timeouts_in_row and self.probe is None
        return self.tcp.sack and quiet and self.flight() >= 2 and max(2 * self.srtt, self.tcp.probe) < self.rto()

    def begin(self, now):
        floor = min(self.tcp.initial_window, self.cwnd)
        idle = now - (0.0 - self.way_out if self.last_out is None else self.last_out)
        rto = self.rto()
        if idle > rto:
            self.ssthresh = max(self.ssthresh, 0.75 * self.cwnd)
            while idle > rto and self.cwnd > floor:
                self.cwnd, idle = self.cwnd / 2, idle - rto
            self.cwnd = max(self.cwnd, floor)
        self.granted += self.framing.segments

    def in_network(self):
        return len(self.copies[self.answered :])

    def is_lost(self, segment):
        """No copy is still on its way, a later frame was answered, and the segment is not reported held."""
        return segment not in self.told and segment in self.copies and segment not in self.copies[self.answered - 1 :]

    def proportional_rate_reduction(self, news, repairs_succeed):
        self.arrived += news
        pipe, let_out = self.in_network(), len(self.copies) - self.copies_before
        more = self.ssthresh - pipe
        if pipe > self.ssthresh:
            more = math.ceil(self.arrived * self.ssthresh / self.before_loss) - let_out
        elif repairs_succeed:
            more = min(more, max(self.arrived - let_out, news) + 1)
        else:
            more = min(more, news)
        self.cwnd = pipe + max(more, 0)

    def choose(self):
        """Next segment for the adapter, None where none may go."""
        if self.urgent is not None:
            chosen, self.urgent = self.urgent, None
            return chosen
        limit = self.tcp.window
        if self.in_recovery and self.tcp.sack:
            if self.in_network() >= self.cwnd:
                return None
            while self.hole < self.sent_to and (self.is_lost(self.hole) or self.hole <= max(self.told, default=-1)):
                self.hole += 1
                if self.is_lost(self.hole - 1):
                    return self.hole - 1
        else:
            extra = self.duplicates if self.duplicates in (1, 2) and not self.in_recovery else 0
            limit = min(math.floor(self.cwnd) + extra, limit)
        if self.sent_to < self.granted and self.flight() < limit:
            self.sent_to += 1
            self.highest = max(self.highest, self.sent_to)
            return self.sent_to - 1
        return None

    def dctcp(self, number, marked):
        self.marks.append(marked)
        if number > self.watch:
            self.share += self.tcp.gain * (sum(self.marks) / len(self.marks) - self.share)
            self.marks, self.watch = [], self.sent_to
        if marked and number >= self.cut and not self.in_recovery:
            self.cwnd = self.ssthresh = max(self.cwnd * (1 - self.share / 2), 2.0)
            self.cut = self.sent_to

    def on_ack(self, now, number, segment, copies, marked, sent, marking):
        self.answered = copies
        if marking:
            self.dctcp(number, marked)
        news = not self.tcp.sack
        if self.tcp.sack and segment >= self.acknowledged and segment not in self.told:
            news = True
            self.told.add(segment)
        progress = number > self.acknowledged
        if progress:
            self.rttvar = 0.75 * self.rttvar + 0.25 * abs(self.srtt - (now - sent))
            self.srtt = 0.875 * self.srtt + 0.125 * (now - sent)
            self.on_progress(now, number)
        elif number == self.acknowledged and self.flight() > 0 and news:
            self.duplicates += 1
            probe_told = self.probe is not None and any(each >= self.probe for each in self.told)
            if self.in_recovery:
                self.cwnd += 0 if self.tcp.sack else 1
            elif (self.duplicates == 3 or probe_told) and self.acknowledged >= self.recover:
                self.ssthresh = max(self.flight() / 2, 2.0)
                self.cwnd = self.ssthresh + 3
                self.before_loss, self.arrived, self.copies_before = self.flight(), 0, len(self.copies)
                self.recover, self.in_recovery, self.had_partial, self.probe = self.highest, True, False, None
                self.urgent, self.hole = self.acknowledged, self.acknowledged + 1

        if self.tcp.sack and self.in_recovery:
            again = self.acknowledged < self.hole and self.urgent is None and self.is_lost(self.acknowledged)
            if again:
                self.hole = self.acknowledged
            self.proportional_rate_reduction(news, progress and not again)

    def on_progress(self, now, number):
        gone, flight = number - self.acknowledged, self.flight()
        self.acknowledged, self.sent_to = number, max(self.sent_to, number)
        self.timeouts_in_row = 0
        self.urgent = self.urgent if self.urgent is not None and self.urgent >= number else None
        self.probe = self.probe if self.probe is not None and self.probe >= number else None
        rearm = True
        if not self.in_recovery:
            self.duplicates = 0
            if number >= self.cut:
                if self.cwnd < self.ssthresh:
                    self.cwnd += 1 if self.cwnd < 2 * flight else 0
                elif flight >= math.floor(self.cwnd):
                    self.cwnd += 1 / self.cwnd
                self.cwnd = min(self.cwnd, self.tcp.window)
        elif number >= self.recover:
            self.in_recovery, self.duplicates, self.cwnd = False, 0, self.ssthresh
            if not self.tcp.sack:
                self.cwnd = min(self.ssthresh, max(self.flight(), 1) + 1.0)
        elif not self.tcp.sack:
            self.urgent, self.cwnd = number, max(self.cwnd - gone + 1, 1.0)
            rearm, self.had_partial = not self.had_partial, True
        if self.flight() == 0:
            self.timer = None
        elif rearm:
            self.start_timer(now)

    def on_timer(self, now):
        """Return whether it was a time-out."""
        if self.timer_probes:
            if self.sent_to < self.granted and self.flight() < self.tcp.window:
                self.sent_to += 1
                self.highest = max(self.highest, self.sent_to)
            self.probe = self.urgent = self.sent_to - 1
            self.timer_probes, self.timer = False, now + self.rto()
            return False
        if self.timeouts_in_row == 0:
            self.ssthresh = max(self.flight() / 2, 2.0)
        self.told, self.urgent, self.probe = set(), None, None
        self.cwnd, self.sent_to, self.recover = 1.0, self.acknowledged, self.highest
        self.in_recovery, self.duplicates = False, 0
        self.timeouts_in_row += 1
        self.timer = now + self.rto()
        return True


class Simulation:
    """Senders, one port, and the ways between them; ``way_out`` is the share of the round trip before the port."""

    def __init__(self, start, rtt, rate, framing, port, tcp, way_out=0.0):
        self.start, self.rtt, self.framing, self.port = start, rtt, framing, port
        self.senders = [Sender(i, rtt[i], way_out, rate[i], framing, tcp) for i in range(len(rtt))]
        self.received = [set() for _ in rtt]
        self.missing = [0 for _ in rtt]  # first segment that each receiver lacks
        self.queue = []  # departure and bytes of each frame in the port
        self.idle_at = 0.0
        self.events = []
        self.block = 0
        self.begin, self.finish = [0.0], []
        self.sent, self.dropped, self.timeouts = ([0] * len(start) for _ in range(3))
        self.delivered = [0 for _ in rtt]
        for sender in self.senders:
            i = sender.number
            self.push(rtt[i] - min(rtt) + start[0][i] - sender.way_out, i, BEGUN, None)

    def push(self, time, i, kind, what):
        heapq.heappush(self.events, (time, i, kind, len(self.events), what))

    def wire(self, segment):
        last = (segment + 1) % self.framing.segments == 0
        return self.framing.last_wire if last else self.framing.wire

    def queued(self, now):
        self.queue = [(leaves, wire) for leaves, wire in self.queue if leaves > now]
        in_service = self.queue[:1]
        left = sum(min(wire, (leaves - now) * self.port.capacity) for leaves, wire in in_service)
        return left + sum(wire for _, wire in self.queue[1:])

    def arrive(self, now, sender, segment, sent, copies):
        i, queue, wire = sender.number, self.queued(now), self.wire(segment)
        free = self.port.buffer - queue
        if queue + wire > self.port.buffer or (math.isfinite(self.port.alpha) and queue >= self.port.alpha * free):
            self.dropped[self.block] += 1
            return
        self.idle_at = max(self.idle_at, now) + wire / self.port.capacity
        self.queue.append((self.idle_at, wire))
        self.delivered[i] += 1
        complete = self.missing[i] == sender.granted
        self.received[i].add(segment)
        while self.missing[i] in self.received[i]:
            self.missing[i] += 1
        answer = (self.missing[i], segment, copies, queue > self.port.mark, sent)
        self.push(self.idle_at + sender.way_back, i, ACKNOWLEDGED, answer)
        if not complete and all(
            missing == other.granted == (self.block + 1) * self.framing.segments
            for missing, other in zip(self.missing, self.senders, strict=True)
        ):
            self.end_block()

    def end_block(self):
        self.finish.append(self.idle_at)
        self.block += 1
        if self.block < len(self.start):
            self.begin.append(self.idle_at + min(self.rtt))
            for sender in self.senders:
                i = sender.number
                self.push(self.idle_at + sender.way_back + self.start[self.block][i], i, BEGUN, None)

    def fill(self, now, sender):
        if sender.frame_out is not None:
            return
        segment = sender.choose()
        if segment is None:
            return
        sender.frame_out, sender.last_out = segment, now
        sender.copies.append(segment)
        self.sent[self.block] += 1
        self.push(now + self.wire(segment) / sender.rate, sender.number, SENT, (segment, now, len(sender.copies)))
        if sender.timer is None or sender.probes():
            sender.start_timer(now)

    def run(self):
        while self.block < len(self.start):
            now, i, kind, _, what = heapq.heappop(self.events)
            sender, block = self.senders[i], self.block
            if kind == TIMER and sender.timer != now:
                continue  # it was set anew since
            before = sender.timer
            if kind == ACKNOWLEDGED:
                sender.on_ack(now, *what, math.isfinite(self.port.mark))
            elif kind == BEGUN:
                sender.begin(now)
            elif kind == TIMER:
                self.timeouts[block] += sender.on_timer(now)
            elif kind == SENT:  # in whole out of the adapter; it reaches the port a way later
                sender.frame_out = None
                self.push(now + sender.way_out, i, AT_PORT, what)
            else:
                self.arrive(now, sender, *what)
                continue
            if self.block < len(self.start):
                self.fill(now, sender)
            if sender.timer is not None and sender.timer != before:
                self.push(sender.timer, i, TIMER, None)
        return self
