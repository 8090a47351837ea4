# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""What whoever runs it looks at: health, metrics, status, request ids, logs."""

import json
import re
import threading
import time

import pytest

from footfall import eventually, new_id

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABELS = r'\{(?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\[\\"n])*",?)*\}'
SAMPLE = re.compile(rf"({NAME})({LABELS})? (NaN|[+-]Inf|[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)")


def parse(text):
    """Checks the text format of Prometheus line by line; gives samples and types by name."""
    types, helps, samples, closed, current = {}, set(), {}, set(), None
    assert text.endswith("\n")
    for line in text.splitlines():
        if line.startswith("# HELP "):
            name = line.split(" ")[2]
            assert name not in helps
            helps.add(name)
        elif line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert kind in ("counter", "gauge", "histogram") and name not in types
            types[name] = kind
        else:
            match = SAMPLE.fullmatch(line)
            assert match, line
            name, labels, value = match.groups()
            family = re.sub(r"_(bucket|sum|count)$", "", name) if re.sub(r"_(bucket|sum|count)$", "", name) in types else name
            assert family in types, f"{name} has no TYPE"
            if family != current:
                assert family not in closed, f"{family} is in two places"
                closed.add(family)
                current = family
            assert (name, labels) not in samples, line
            samples[name, labels] = float(value)
    assert helps == set(types)
    return samples, types


@pytest.mark.parametrize("path", ["/health", "/health/live", "/health/ready", "/actuator/health",
                                  "/actuator/health/liveness", "/actuator/health/readiness"])
def test_health(server, path):
    reply = server.http.get(server.management_url + path)
    assert (reply.status_code, reply.json()["status"]) == (200, "UP")


def test_metrics_are_prometheus_text(server):
    server.send({"type": "track", "event": "x", "userId": "u", "messageId": new_id()})
    server.settle()
    samples, types = parse(server.metrics())
    for name, kind in types.items():
        assert name.startswith(("footfall_", "process_"))
        assert (kind == "counter") == name.endswith("_total"), name
        if kind == "histogram":
            buckets = [(labels, value) for (sample, labels), value in samples.items() if sample == f"{name}_bucket"]
            assert buckets and any('le="+Inf"' in labels for labels, _ in buckets)
    assert samples["footfall_processor_lag_records", None] == 0
    assert samples["footfall_eventlog_writable", None] == 1
    reply = server.http.get(server.management_url + "/actuator/prometheus")
    assert reply.status_code == 200 and reply.headers["Content-Type"].startswith("text/plain; version=0.0.4")


def test_counters_only_grow_and_count(server):
    def accepted():
        samples, types = parse(server.metrics())
        counters = {key: value for key, value in samples.items() if types.get(key[0]) == "counter"}
        ours = sum(value for (name, _), value in counters.items() if name == "footfall_events_accepted_total")
        return counters, ours
    before, ours_before = accepted()
    server.send(*[{"type": "track", "event": "x", "userId": "u", "messageId": new_id()} for _ in range(7)])
    server.settle()
    after, ours_after = accepted()
    assert all(after[key] >= value for key, value in before.items())
    assert ours_after - ours_before == 7


def test_status_says_where_every_event_stands(server):
    before = server.status()
    ids = [new_id() for _ in range(100)]
    server.send(*[{"type": "track", "event": "x", "userId": f"u-{event}", "messageId": event} for event in ids])
    status = server.settle() and server.status()
    assert status["ready"] is True and status["version"]
    assert status["eventLog"]["accepted"] - before["eventLog"]["accepted"] == 100
    assert status["processor"]["applied"] - before["processor"]["applied"] == 100
    assert status["lag"] == 0 and len(status["partitions"]) == 8
    assert [row["partition"] for row in status["partitions"]] == list(range(8))
    for row in status["partitions"]:
        assert row["durable"] == row["processed"] and row["lag"] == 0 and row["stuck"] is False
    assert sum(row["durable"] for row in status["partitions"]) >= 100
    assert status["eventLog"]["writable"] and status["store"]["writable"]
    assert status["eventLog"]["waitingBytes"] == 0
    assert status["processor"]["deadLetters"] == 0


def test_accepted_is_visible_within_a_second(server):
    """The promise, measured one event at a time as a person would; the slowest of many, on a busy machine, gets more."""
    waits = []
    for number in range(30):
        user = new_id("user")
        server.send({"type": "track", "event": "x", "userId": user, "messageId": f"visible-{number}-{user}"})
        sent = time.monotonic()
        eventually(lambda u=user: server.ids(u))
        waits.append(time.monotonic() - sent)
    assert sorted(waits)[len(waits) // 2] < 0.5
    assert max(waits) < 5


def test_request_ids(server):
    mine = server.request("GET", "/status", headers={"X-Request-Id": "my-request.1"})
    assert mine.headers["X-Request-Id"] == "my-request.1"
    made = {server.get("/status").headers["X-Request-Id"] for _ in range(20)}
    assert len(made) == 20
    for insane in ("x" * 500, "a b", "<script>", 'a"b', "a\tb"):
        reply = server.request("GET", "/status", headers={"X-Request-Id": insane})
        assert reply.headers["X-Request-Id"] != insane
    refused = server.request("GET", "/nowhere", headers={"X-Request-Id": "lost"})
    assert refused.json()["requestId"] == "lost"


def test_head_and_options(server):
    plain = {"Accept-Encoding": "identity"}
    head = server.request("HEAD", "/reports/daily", headers=plain)
    assert head.status_code == 200 and head.content == b""
    assert int(head.headers["Content-Length"]) == len(server.request("GET", "/reports/daily", headers=plain).content)
    assert server.request("OPTIONS", "/reports/daily").headers["Allow"]


def test_dead_letters_are_listed(server):
    page = server.get_json("/dead-letters", limit=10)
    assert page == {"items": [], "next": None}


def test_logs_cannot_be_forged(make_server):
    footfall = make_server("--logging.format", "json", "--logging.access", "all")
    # JSON log lines are not what the harness looks for; ports are found in them all the same.
    footfall.launch()

    def ports():
        found = {}
        for line in footfall.stderr.splitlines():
            entry = json.loads(line)
            if entry["message"] == "listening" and "server" in entry:
                found[entry["server"]] = entry["port"]
        return found if len(found) == 2 else None
    found = eventually(ports)
    footfall.management_port, footfall.port = found.pop("management"), found.popitem()[1]
    eventually(footfall._ready)
    footfall.http.get(footfall.url + "/x%0a%7b%22level%22%3a%22error%22%7d", headers={
        "X-Request-Id": "ok", "User-Agent": 'a"} {"level":"forged'})
    footfall.stop()
    entries = [json.loads(line) for line in footfall.stderr.splitlines()]
    assert all({"time", "level", "component", "message"} <= set(entry) for entry in entries)
    assert not [entry for entry in entries if entry["level"] not in ("debug", "info", "warn", "error")]


def test_many_readers_at_once(server):
    """More questions at a time than there are threads to answer them: all are answered."""
    replies = []

    def ask():
        for _ in range(10):
            replies.append(server.http.get(f"{server.url}/reports/daily", timeout=30,
                                           headers={"Authorization": f"Bearer {server.api_key}"}).status_code)
    threads = [threading.Thread(target=ask) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(replies) <= {200, 503} and replies.count(200) >= 150
