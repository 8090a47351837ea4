# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""The measurements with Kafka and Cassandra, one node each. Each takes a ClusterBench, as scenes.py's take a Bench."""

import json
import statistics
import subprocess
import time

import cluster_servers
import machine
import scenes
import servers
from cluster_servers import run_floor
from servers import AUTHORIZATION_TO_SEND

WARM = 0.3  # of the events a JVM gets to warm up with before anything counts


class ClusterBench(scenes.Bench):
    """A Bench with servers that are up."""

    def __init__(self, tools, binary, directory, events, seconds, real_servers):
        super().__init__(tools, binary, directory, events, seconds)
        self.servers = real_servers
        self.rounds = 3 if seconds >= 2 else 1
        self.people = max(10_000, events // 10)

    def role(self, role, name, settings):
        return self.run(servers.Footfall(self.binary, f"{self.directory}/{name}", settings, role))

    def prepare(self, name):
        """A gateway's first start makes keys and tables."""
        self.start_role("gateway", name).stop()

    def start_role(self, role, name, settings=()):
        process = self.role(role, f"{name}-{role}", [*self.servers.settings(name), *settings])
        process.start()
        if role == "activity":
            process.wait_drained()
        return process


# --- Into Kafka --------------------------------------------------------------------------------------------------------


def kafka_floor(bench, topic, *words):
    """CPU microseconds an event of librdkafka itself."""
    result = run_floor([bench.tools["floor_rdkafka"], *words, "--brokers", bench.servers.brokers(), "--topic", topic])
    return {"us": result["cpuSeconds"] * 1e6 / result["events"], "eventsPerSecond": result["events"] / result["seconds"]}


def measure_accept(bench, process, connections, batch, embedded):
    """CPU microseconds an event of the threads that accept events, and of the broker meanwhile."""
    before, broker = process.cpu(), bench.servers.cpu()["kafka"]
    result = bench.send(process.port, connections=connections, batch=batch, seconds=bench.seconds)
    spent = machine.difference(process.cpu(), before)
    scale = 1e6 / result["events"]
    figures = {group: seconds * scale for group, seconds in spent.items()}
    figures["own"] = (machine.ingest_cpu(spent) if embedded else spent["all"]) * scale
    figures["broker"] = (bench.servers.cpu()["kafka"] - broker) * scale
    figures["eventsPerSecond"] = result["events"] / result["seconds"]
    figures["latencyUs"] = result["latencyUs"]
    if embedded:
        process.wait_processed(120)
    else:
        process.wait_drained()
    return figures


def ingest(bench):
    """The embedded log, Kafka and librdkafka's own producer in turn, the last as fast as Footfall was and as it can."""
    embedded = bench.footfall("ingest-embedded")
    embedded.start()
    bench.prepare("ingest")
    activity = bench.start_role("activity", "ingest")
    bench.send(activity.port, batch=500, connections=scenes.LOADERS, seconds=bench.seconds)  # warms the broker up
    for batch, connections in ((1, 64), (1, 512), (500, scenes.LOADERS)):
        rounds = []
        for _ in range(bench.rounds):
            one = {"embedded": measure_accept(bench, embedded, connections, batch, True)}
            one["kafka"] = measure_accept(bench, activity, connections, batch, False)
            rate = one["kafka"]["eventsPerSecond"]
            count = max(10_000, int(rate * bench.seconds))
            one["floor"] = kafka_floor(bench, "bench.floor", "produce", "--events", count, "--rate", rate)
            one["ratio"] = one["kafka"]["own"] / one["embedded"]["own"]
            rounds.append(one)
        bench.raw[f"ingest{batch}at{connections}"] = rounds
        ingest_rows(bench, rounds, batch, connections)
    ingest_floors(bench)
    activity.stop()
    embedded.stop()


def ingest_rows(bench, rounds, batch, connections):
    median = scenes.median_of
    what = f"one event a request, {connections} at once" if batch == 1 else f"batches of {batch}"
    bench.row(f"{what}, into Kafka: activity", median(rounds, "kafka", "own"), "µs CPU an event")
    bench.row("  ... embedded, ingest threads", median(rounds, "embedded", "own"), "µs CPU an event")
    bench.row("  ... as a multiple of embedded", median(rounds, "ratio"), "×", 1.5)
    bench.row("  ... librdkafka alone at this rate", median(rounds, "floor", "us"), "µs CPU an event")
    bench.row("  ... the broker", median(rounds, "kafka", "broker"), "µs CPU an event")
    bench.row("  ... events a second here", median(rounds, "kafka", "eventsPerSecond"), "events/s")
    bench.row("  ... latency p99", median(rounds, "kafka", "latencyUs", "p99") / 1000, "ms")


def ingest_floors(bench):
    count = bench.events
    produced = kafka_floor(bench, "bench.floor.fast", "produce", "--events", count)
    consumed = kafka_floor(bench, "bench.floor.fast", "consume", "--events", count)
    bench.raw["kafkaFloor"] = {"produce": produced, "consume": consumed}
    bench.row("librdkafka alone, as fast as it can: producing", produced["us"], "µs CPU an event")
    bench.row("  ... events a second here", produced["eventsPerSecond"], "events/s")
    bench.row("  ... consuming", consumed["us"], "µs CPU an event")


# --- From Kafka to Cassandra -------------------------------------------------------------------------------------------


def measure_floor_rows(bench, events, counters=0):
    before = bench.servers.cpu()["cassandra"]
    words = ["--hosts", bench.servers.hosts(), "--events", events, "--counters", counters]
    result = run_floor([bench.tools["floor_cassandra"], *words])
    spent = bench.servers.cpu()["cassandra"] - before
    return {
        "events": events,
        "ownUs": result["cpuSeconds"] * 1e6 / events,
        "cassandraUs": spent * 1e6 / events,
        "eventsPerSecond": events / result["seconds"],
    }


def snapshot(bench, process):
    return {"applied": process.applied(), "time": time.monotonic(), "own": process.cpu(), **bench.servers.cpu()}


def measure_processor(bench, process, events):
    """From when the first events have warmed Cassandra up until all are processed."""
    machine.wait_until(lambda: process.applied() >= events * WARM, 200, "the first events are processed", pause=0.1)
    begin = snapshot(bench, process)
    # Not by what was applied: a cycle that was stored though its answer was lost is not counted as that.
    machine.wait_until(lambda: process.lag() <= 0, 300, "everything is processed", pause=0.1)
    end = snapshot(bench, process)
    count = end["applied"] - begin["applied"]
    spent = machine.difference(end["own"], begin["own"])
    scale = 1e6 / count
    return {
        "events": count,
        "own": {group: seconds * scale for group, seconds in spent.items()},
        "cassandraUs": (end["cassandra"] - begin["cassandra"]) * scale,
        "kafkaUs": (end["kafka"] - begin["kafka"]) * scale,
        "eventsPerSecond": count / (end["time"] - begin["time"]),
    }


def fill(bench, name, events):
    """Puts events into a topic through activity; nobody processes them yet."""
    bench.prepare(name)
    activity = bench.start_role("activity", name)
    result = bench.send(activity.port, batch=500, connections=scenes.LOADERS, events=events, users=bench.people)
    activity.wait_drained()
    activity.stop()
    return result


def processor(bench):
    """One core for Cassandra, the other for everything else; one row an event before and after."""
    filled = fill(bench, "processor", bench.events)
    pids = bench.servers.pids()
    cores = sorted(machine.cores())
    cluster_servers.pin(pids["cassandra"], {cores[0]})
    try:
        rows = max(20_000, bench.events // 8)
        measure_floor_rows(bench, rows)  # warms up
        floors = [measure_floor_rows(bench, rows)]
        process = bench.start_role("processor", "processor")
        figures = measure_processor(bench, process, bench.events)
        figures["memory"] = machine.memory(process.process.pid)
        floors.append(measure_floor_rows(bench, rows))
        counted = measure_floor_rows(bench, rows // 4, 2)
        process.stop()
    finally:
        cluster_servers.pin(pids["cassandra"], set(cores))
    bench.raw["processor"] = {"figures": figures, "floors": floors, "withCounters": counted, "filled": filled}
    processor_rows(bench, figures, floors, counted)
    profile_reads(bench, "processor", filled)


def processor_rows(bench, figures, floors, counted):
    def floor(name):
        return statistics.mean(one[name] for one in floors)

    bench.row("processor, Kafka to Cassandra: own", figures["own"]["all"], "µs CPU an event", 5)
    bench.row("  ... events a second into one node that has one core", figures["eventsPerSecond"], "events/s", 20_000, at_least=True)
    bench.row("  ... Cassandra's", figures["cassandraUs"], "µs CPU an event", 45)
    bench.row("  ... the broker's", figures["kafkaUs"], "µs CPU an event")
    bench.row("one row an event, same client: events a second", floor("eventsPerSecond"), "events/s")
    bench.row("  ... own", floor("ownUs"), "µs CPU an event")
    bench.row("  ... Cassandra's", floor("cassandraUs"), "µs CPU an event")
    bench.row("a row and two counters an event, same client: events a second", counted["eventsPerSecond"], "events/s")
    bench.row("  ... Cassandra's", counted["cassandraUs"], "µs CPU an event")
    rate = figures["eventsPerSecond"]
    bench.row("processor as a multiple of one row an event", rate / floor("eventsPerSecond"), "×", 3, at_least=True)
    bench.row("  ... of a row and two counters an event", rate / counted["eventsPerSecond"], "×")


# --- Profile reads -----------------------------------------------------------------------------------------------------


def profile_reads(bench, name, filled):
    users = bench.start_role("users", name)
    people = {"users": bench.people, "first_visit": filled["visits"]}
    path = "/users/#"
    bench.read(users.port, path, connections=32, seconds=bench.seconds, **people)  # warms Cassandra up
    before, servers_before = users.cpu(), bench.servers.cpu()
    full = bench.read(users.port, path, connections=32, seconds=bench.seconds, **people)
    spent = machine.difference(users.cpu(), before)
    cassandra = bench.servers.cpu()["cassandra"] - servers_before["cassandra"]
    rate = full["requestsPerSecond"] / 2
    half = bench.read(users.port, path, connections=32, seconds=bench.seconds, rate=rate, **people)
    users.stop()
    bench.raw["profileRead"] = {"full": full, "half": half, "cpu": spent, "cassandra": cassandra}
    scale = 1e6 / full["requests"]
    bench.row("profile read from Cassandra: own", spent["all"] * scale, "µs CPU", 15)
    bench.row("  ... Cassandra's", cassandra * scale, "µs CPU")
    bench.row("  ... latency p50 at half of the highest rate", half["latencyUs"]["p50"] / 1000, "ms")
    bench.row("  ... latency p99 at half of the highest rate", half["latencyUs"]["p99"] / 1000, "ms", 2)
    bench.row("  ... highest rate here", full["requestsPerSecond"], "requests/s")


# --- Gateway -----------------------------------------------------------------------------------------------------------


def gateway(bench):
    """What a hop costs: the epoll floor behind nginx, HAProxy and the gateway in turn."""
    floor = bench.run(servers.Floor(bench.tools, bench.threads))
    proxies = {}
    for name in ("nginx", "haproxy"):
        proxies[name] = bench.run(cluster_servers.Proxy(name, f"{bench.directory}/proxy-{name}", bench.threads, floor.port))
    upstreams = [word for role in ("activity", "users", "reports") for word in (f"--gateway.{role}", f"http://127.0.0.1:{floor.port}")]
    gate = bench.start_role("gateway", "gateway", ["--http.threads", str(bench.threads), *upstreams])
    rounds = []
    for _ in range(bench.rounds):
        one = {name: scenes.measure_constant(bench, proxy) for name, proxy in proxies.items()}
        before = gate.cpu()
        result = bench.send(gate.port, connections=64, seconds=bench.seconds)
        spent = machine.difference(gate.cpu(), before)
        one["gateway"] = spent["all"] * 1e6 / result["requests"]
        one["groups"] = spent
        one["ratio"] = one["gateway"] / one["nginx"]
        rounds.append(one)
    gate.stop()
    for proxy in (*proxies.values(), floor):
        proxy.stop()
    bench.raw["gateway"] = rounds
    bench.row("gateway hop", scenes.median_of(rounds, "gateway"), "µs CPU a request")
    bench.row("  ... nginx as the proxy", scenes.median_of(rounds, "nginx"), "µs CPU a request")
    bench.row("  ... HAProxy as the proxy", scenes.median_of(rounds, "haproxy"), "µs CPU a request")
    bench.row("  ... as a multiple of nginx", scenes.median_of(rounds, "ratio"), "×", 0.7)


# --- All roles ---------------------------------------------------------------------------------------------------------


def roles(bench):
    """Every role a process: start, memory idle and under load, and how soon an accepted event is seen."""
    group = cluster_servers.Group(bench, "roles")
    first = group.start()  # makes topic and tables
    group.stop()
    starts = group.start()
    group["activity"].wait_drained()
    time.sleep(2)
    idle = {role: machine.memory(process.process.pid) for role, process in group.roles.items()}
    watches = {role: machine.PeakMemory(process.process.pid) for role, process in group.roles.items()}
    count = max(100_000, bench.events // 2)
    result = bench.send(group["gateway"].port, events=count, users=count // 10, batch=500, connections=scenes.LOADERS)
    group["activity"].wait_drained()
    group["processor"].wait_processed(200)
    peaks = {role: watch.stop() for role, watch in watches.items()}
    bench.raw["roles"] = {"firstStartMs": first, "startMs": starts, "idle": idle, "peakRss": peaks, "load": result}
    for role in group.roles:
        bench.row(f"footfall {role}: start to ready", starts[role], "ms")
        bench.row("  ... memory, idle: resident set", idle[role]["rss"], "MiB")
        bench.row("  ... memory, peak under load", peaks[role], "MiB")
    bench.row("all five: resident set, idle", sum(one["rss"] for one in idle.values()), "MiB")
    bench.row("  ... peak under load", sum(peaks.values()), "MiB")
    visible(bench, group)
    group.stop()


def visible(bench, group, rate=1000):
    """With people's events coming in all the while, through the gateway."""
    seconds = max(6, bench.seconds * 3)
    command = [bench.tools["load"], "--port", str(group["gateway"].port), "--rate", str(rate), "--seconds", str(seconds)]
    command += ["--users", "100000", "--seed", str(bench.next_seed()), "--header", AUTHORIZATION_TO_SEND]
    load = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    probe = scenes.Probe(group["gateway"].port)
    samples = []
    while load.poll() is None:
        samples.append(probe.milliseconds(f"probe-{len(samples) % 50}"))
    result = json.loads(load.stdout.read())
    group["processor"].wait_processed(60)
    samples.sort()
    p50, p99 = samples[len(samples) // 2], samples[len(samples) * 99 // 100]
    bench.raw["visible"] = {"samples": len(samples), "p50Ms": p50, "p99Ms": p99, "maxMs": samples[-1], "load": result}
    bench.row(f"accepted to visible, {rate} events/s besides: p50", p50, "ms")
    bench.row("  ... p99", p99, "ms", 1000)


ALL = {"ingest": ingest, "processor": processor, "gateway": gateway, "roles": roles}
