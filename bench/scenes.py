# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""The measurements. Each takes a Bench, adds rows to its table and raw numbers to its JSON."""

import datetime
import http.client
import json
import os
import shutil
import statistics
import subprocess
import time
import uuid

import machine
import servers
from servers import AUTHORIZATION_TO_READ, AUTHORIZATION_TO_SEND, run_load

DAY_MS = 86_400_000
EVENTS_A_DAY = 1_000_000
ROUNDS = 3
LOADERS = 16  # connections that send batches


class Bench:
    """What the scenes share: where things are, how large the run is, what was found."""

    def __init__(self, tools, binary, directory, events, seconds, actors=1_000_000):  # pylint: disable=too-many-arguments
        self.tools = tools
        self.binary = binary
        self.directory = directory
        self.events = events
        self.seconds = seconds
        self.actors = actors
        self.threads = os.cpu_count()
        self.rows = []
        self.raw = {}
        self.seed = int(time.time())
        self.started = []

    def next_seed(self):
        self.seed += 1
        return self.seed

    def row(self, what, measured, unit, target=None, at_least=False, scale=None):
        met = None if target is None else (measured >= target if at_least else measured <= target)
        self.rows.append(
            {"what": what, "scale": scale, "measured": measured, "unit": unit, "target": target, "atLeast": at_least, "met": met}
        )

    def run(self, server):
        """Remembers a server, to end it also when a measurement breaks off."""
        self.started.append(server)
        return server

    def stop_all(self):
        while self.started:
            server = self.started.pop()
            if server.process and server.process.poll() is None:
                server.process.terminate()
                try:
                    server.process.wait(20)
                except subprocess.TimeoutExpired:
                    server.process.kill()
                    server.process.wait()

    def footfall(self, name, settings=()):
        return self.run(servers.Footfall(self.binary, os.path.join(self.directory, name), settings))

    def send(self, port, **options):
        return run_load(self.tools, port, header=AUTHORIZATION_TO_SEND, seed=self.next_seed(), **options)

    def read(self, port, path, **options):
        return run_load(self.tools, port, get=path, header=AUTHORIZATION_TO_READ, seed=self.next_seed(), **options)


# --- Requests ----------------------------------------------------------------------------------------------------------


def measure_constant(bench, server):
    """CPU microseconds a request of a server that answers whatever it is asked."""
    before = server.cpu()
    result = bench.send(server.port, connections=64, seconds=bench.seconds)
    return (server.cpu() - before) * 1e6 / result["requests"]


def measure_ingest(bench, footfall, connections, batch):
    """CPU microseconds an event, by group of threads; `whole` waits until everything is processed."""
    before = footfall.cpu()
    result = bench.send(footfall.port, connections=connections, batch=batch, seconds=bench.seconds)
    during = machine.difference(footfall.cpu(), before)
    footfall.wait_processed(120)
    whole = machine.difference(footfall.cpu(), before)
    scale = 1e6 / result["events"]
    figures = {group: seconds * scale for group, seconds in during.items()}
    figures["ingest"] = machine.ingest_cpu(during) * scale
    figures["whole"] = whole["all"] * scale
    figures["eventsPerSecond"] = result["events"] / result["seconds"]
    figures["latencyUs"] = result["latencyUs"]
    return figures


def median_of(rounds, *names):
    return statistics.median(_dig(one, names) for one in rounds)


def _dig(value, names):
    for name in names:
        value = value[name]
    return value


def requests(bench):
    """One event a request: floor, nginx and Footfall in turn, so that a noisy moment of the machine hits all three."""
    floor = bench.run(servers.Floor(bench.tools, bench.threads))
    nginx = bench.run(servers.Nginx(os.path.join(bench.directory, "nginx"), bench.threads))
    footfall = bench.footfall("requests", ["--http.threads", str(bench.threads)])
    footfall.start()
    rounds = []
    for _ in range(ROUNDS):
        one = {"floor": measure_constant(bench, floor), "nginx": measure_constant(bench, nginx)}
        one["footfall"] = measure_ingest(bench, footfall, 64, 1)
        one["ratio"] = one["footfall"]["ingest"] / one["nginx"]
        rounds.append(one)
    floor.stop()
    nginx.stop()
    bench.raw["oneEventARequest"] = rounds
    bench.row("floor, raw epoll", median_of(rounds, "floor"), "µs CPU a request")
    bench.row("nginx, a constant", median_of(rounds, "nginx"), "µs CPU a request")
    bench.row("one event a request, durable: ingest threads", median_of(rounds, "footfall", "ingest"), "µs CPU a request", 8)
    bench.row("  ... as a multiple of nginx", median_of(rounds, "ratio"), "×", 1.5)
    bench.row("  ... whole process, until processed", median_of(rounds, "footfall", "whole"), "µs CPU a request")
    bench.row("  ... latency p99, 64 at once", median_of(rounds, "footfall", "latencyUs", "p99") / 1000, "ms")
    batches(bench, footfall)
    footfall.stop()


def batches(bench, footfall):
    for size, target in ((50, None), (500, 2)):
        rounds = [measure_ingest(bench, footfall, LOADERS, size) for _ in range(ROUNDS)]
        bench.raw[f"batchesOf{size}"] = rounds
        cpu = median_of(rounds, "ingest")
        bench.row(f"batches of {size}, durable: ingest threads", cpu, "µs CPU an event", target)
        bench.row("  ... whole process, until processed", median_of(rounds, "whole"), "µs CPU an event")
        if target:
            bench.row("  ... events a second and core, ingest", 1e6 / cpu, "events/s", 500_000, at_least=True)
            bench.row("  ... events a second here, sender and processor included", median_of(rounds, "eventsPerSecond"), "events/s")


# --- Memory ------------------------------------------------------------------------------------------------------------


def memory(bench):
    footfall = bench.footfall("memory")
    starts = [footfall.start()]
    time.sleep(2)  # the first start hashes a password, which takes and gives back 64 MiB
    idle = machine.memory(footfall.process.pid)
    watch = machine.PeakMemory(footfall.process.pid)
    result = bench.send(footfall.port, events=bench.actors, users=bench.actors, visit_mean=1, batch=500, connections=LOADERS)
    footfall.wait_processed(900)
    peak = watch.stop()
    after = machine.memory(footfall.process.pid)
    footfall.stop()
    shutil.rmtree(footfall.data)
    for _ in range(5):
        starts.append(footfall.start())
        footfall.stop()
        shutil.rmtree(footfall.data)
    bench.raw["memory"] = {"idle": idle, "peakRss": peak, "after": after, "visits": result["visits"]}
    bench.raw["startEmptyMs"] = starts
    bench.row("start to ready, empty (median of 6)", statistics.median(starts), "ms", 50)
    bench.row("memory, idle: resident set", idle["rss"], "MiB", 64)
    bench.row("  ... proportional set", idle["pss"], "MiB")
    bench.row(f"memory, peak while {bench.actors / 1e6:g} M actors come: resident set", peak, "MiB", 150)
    bench.row("  ... afterwards", after["rss"], "MiB")


# --- History -----------------------------------------------------------------------------------------------------------


class History:
    """A Footfall that is filled with a sweep over past days, a million events a day."""

    def __init__(self, bench, name="history", settings=()):
        self.bench = bench
        self.footfall = bench.footfall(name, settings)
        self.days = max(1, bench.events // EVENTS_A_DAY)
        today = int(time.time() * 1000) // DAY_MS * DAY_MS
        self.start_ms = today - self.days * DAY_MS
        self.users = max(100_000, bench.events // 10)
        self.events = self.bytes = self.visits = 0

    def name(self):
        return f"{self.events / 1e6:g} M"

    def at_ms(self, event):
        return self.start_ms + event * self.days * DAY_MS // self.bench.events

    def fill(self, until):
        result = self.bench.send(
            self.footfall.port, batch=500, connections=LOADERS, events=until - self.events, users=self.users,
            first_visit=self.visits, from_ms=self.at_ms(self.events), to_ms=self.at_ms(until) - 1,
        )
        self.events = until
        self.bytes += result["bodyBytes"]
        self.visits = result["visits"]
        return result

    def last_day(self):
        day = datetime.datetime.fromtimestamp((self.at_ms(self.events) - 1) / 1000, datetime.timezone.utc)
        return day.date().isoformat()


def history(bench):
    filled = History(bench)
    filled.footfall.start()
    scales = [EVENTS_A_DAY, bench.events] if bench.events > EVENTS_A_DAY else [bench.events]
    for until in scales:
        raw = bench.raw[f"history{until}"] = {}
        tail = min(until - filled.events, 500_000)
        if until - tail > filled.events:
            filled.fill(until - tail)
        filled.footfall.wait_processed(600)
        history_tail(bench, filled, until, raw)
        history_disk(bench, filled, raw)
        history_catch_up(bench, filled, raw)
        history_start(bench, filled, raw)
        history_reads(bench, filled, raw)
        history_report(bench, filled, raw)
        history_visible(bench, filled, raw)
    filled.footfall.stop()


def history_tail(bench, filled, until, raw):
    """What events cost when there is a history behind them: all threads, until processed."""
    before = filled.footfall.cpu()
    count = until - filled.events
    filled.fill(until)
    filled.footfall.wait_processed(600)
    spent = machine.difference(filled.footfall.cpu(), before)
    raw["tail"] = {group: seconds * 1e6 / count for group, seconds in spent.items()}
    raw["memory"] = machine.memory(filled.footfall.process.pid)
    bench.row(f"cost of the last {count // 1000} k events: whole process", raw["tail"]["all"], "µs CPU an event", scale=filled.name())
    bench.row("memory with this history: resident set", raw["memory"]["rss"], "MiB", 150, scale=filled.name())


def history_disk(bench, filled, raw):
    footfall = filled.footfall
    places = {"log": os.path.join(footfall.data, "log"), "store": os.path.join(footfall.data, "store")}
    running = {name: machine.disk_bytes(path) for name, path in places.items()}
    raw["drainSeconds"] = footfall.stop()
    stopped = {name: machine.disk_bytes(path) for name, path in places.items()}
    raw["disk"] = {"received": filled.bytes, "running": running, "stopped": stopped}
    scale = filled.name()
    whole = sum(stopped.values())
    bench.row("disk / bytes received, log and store, running", sum(running.values()) / filled.bytes, "×", 0.25, scale=scale)
    bench.row("  ... after a clean stop", whole / filled.bytes, "×", 0.25, scale=scale)
    bench.row("  ... log", stopped["log"] / filled.events, "bytes an event", scale=scale)
    bench.row("  ... store", stopped["store"] / filled.events, "bytes an event", scale=scale)


def history_catch_up(bench, filled, raw):
    """Takes the store away: the next start builds it from the whole log, and nothing else runs."""
    footfall = filled.footfall
    shutil.rmtree(os.path.join(footfall.data, "store"))
    started = time.monotonic()
    footfall.start()
    watch = machine.PeakMemory(footfall.process.pid)
    machine.wait_until(footfall.applied, 60, "the processor has its partitions")  # before that nothing lags behind
    footfall.wait_processed(900)
    seconds = time.monotonic() - started
    spent = footfall.cpu()
    engine = spent.get("processor", 0) + spent.get("rocksdb", 0)
    raw["catchUp"] = {"seconds": seconds, "cpu": spent, "peakRss": watch.stop()}
    scale = filled.name()
    bench.row("processor with RocksDB's threads: events a second and core", filled.events / engine, "events/s", 200_000, at_least=True, scale=scale)
    bench.row("  ... processor thread alone", spent["processor"] * 1e6 / filled.events, "µs CPU an event", scale=scale)
    bench.row("  ... events a second here", filled.events / seconds, "events/s", scale=scale)
    bench.row("  ... peak resident set meanwhile", raw["catchUp"]["peakRss"], "MiB", 150, scale=scale)


def history_start(bench, filled, raw):
    starts = []
    for _ in range(5):
        filled.footfall.stop()
        starts.append(filled.footfall.start())
    raw["startMs"] = starts
    bench.row("start to ready", statistics.median(starts), "ms", 1000, scale=filled.name())


def history_reads(bench, filled, raw):
    footfall = filled.footfall
    path = "/users/#"
    people = {"users": filled.users, "first_visit": filled.visits}
    bench.read(footfall.port, path, connections=32, seconds=1, **people)  # warms caches up
    before = footfall.cpu()
    full = bench.read(footfall.port, path, connections=32, seconds=bench.seconds, **people)
    spent = machine.difference(footfall.cpu(), before)
    rate = full["requestsPerSecond"] / 2
    half = bench.read(footfall.port, path, connections=32, seconds=bench.seconds, rate=rate, **people)
    raw["profileRead"] = {"full": full, "half": half, "cpu": spent}
    scale = filled.name()
    bench.row("profile read", spent["all"] * 1e6 / full["requests"], "µs CPU", 8, scale=scale)
    bench.row("  ... p99 at half of the highest rate", half["latencyUs"]["p99"] / 1000, "ms", 2, scale=scale)
    bench.row("  ... highest rate here", full["requestsPerSecond"], "requests/s", scale=scale)


def history_report(bench, filled, raw):
    footfall = filled.footfall
    path = f"/reports/daily?date={filled.last_day()}"
    report, first = footfall.get(path)
    expected = min(filled.events, EVENTS_A_DAY)
    if abs(report["events"] - expected) > 1:
        raise RuntimeError(f"{path} counts {report['events']} events, {expected} were sent")
    again = bench.read(footfall.port, path, connections=1, seconds=2)
    raw["dailyReport"] = {"firstMs": first, "again": again, "events": report["events"], "activeUsers": report["activeUsers"]}
    what = f"daily report of {report['events'] / 1e6:g} M events, {report['activeUsers'] / 1000:.0f} k users: first"
    bench.row(what, first, "ms", 20, scale=filled.name())
    bench.row("  ... again, p50", again["latencyUs"]["p50"] / 1000, "ms", 20, scale=filled.name())


# --- Accepted to visible -----------------------------------------------------------------------------------------------


class Probe:
    """Sends one event and asks for its actor's timeline until it is there."""

    def __init__(self, port):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self.name, self.value = AUTHORIZATION_TO_SEND.split(": ", 1)
        self.read_value = AUTHORIZATION_TO_READ.split(": ", 1)[1]

    def ask(self, method, path, authorization, body=None):
        self.connection.request(method, path, body=body, headers={self.name: authorization})
        reply = self.connection.getresponse()
        return reply.status, reply.read()

    def milliseconds(self, user):
        identity = str(uuid.uuid4())
        event = {"messageId": identity, "userId": user, "event": "Probe Sent", "properties": {"path": "/"}}
        status, _ = self.ask("POST", "/v1/track", self.value, json.dumps(event).encode())
        accepted = time.monotonic()
        if status != 200:
            raise RuntimeError(f"the probe's event got {status}")
        while time.monotonic() - accepted < 30:
            _, body = self.ask("GET", f"/users/{user}/activities?limit=1", self.read_value)
            if identity.encode() in body:
                return (time.monotonic() - accepted) * 1000
            time.sleep(0.001)
        raise TimeoutError("an accepted event was not visible after 30 s")


def history_visible(bench, filled, raw):
    """With people's events coming in all the while, at a pace that leaves the machine room."""
    rate, seconds = 2000, max(6, bench.seconds * 3)
    command = [bench.tools["load"], "--port", str(filled.footfall.port), "--rate", str(rate), "--seconds", str(seconds)]
    command += ["--users", str(filled.users), "--seed", str(bench.next_seed()), "--header", AUTHORIZATION_TO_SEND]
    load = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    probe = Probe(filled.footfall.port)
    samples = []
    while load.poll() is None:
        samples.append(probe.milliseconds(f"probe-{len(samples) % 50}"))
    result = json.loads(load.stdout.read())
    filled.footfall.wait_processed(60)
    samples.sort()
    p50, p99 = samples[len(samples) // 2], samples[len(samples) * 99 // 100]
    raw["visible"] = {"samples": len(samples), "p50Ms": p50, "p99Ms": p99, "maxMs": samples[-1], "load": result}
    bench.row(f"accepted to visible, {rate} events/s besides: p50", p50, "ms", 20, scale=filled.name())
    bench.row("  ... p99", p99, "ms", 1000, scale=filled.name())


ALL = {"requests": requests, "memory": memory, "history": history}
