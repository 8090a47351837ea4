# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""Spans reach a collector, whatever the collector does; and whatever it does, events are taken."""

import re
import secrets
import socket

import pytest

import otlp_receiver
from footfall import command, eventually, new_id
from otlp_receiver import attributes

CALLER = "00f067aa0ba902b7"


@pytest.fixture
def receiver():
    made = otlp_receiver.Receiver()
    yield made
    made.close()


@pytest.fixture
def traced(make_server, receiver):
    made = make_server("--tracing.otlp.endpoint", receiver.url, "--tracing.otlp.interval", "20ms",
                       env={"FOOTFALL_TRACING_OTLP_HEADERS": "Authorization=Bearer s3cret, X-Tenant=shop"}).start()
    yield made
    if made.process:
        made.stop()


def send(server, trace=None, flags="01", **members):
    trace = trace or secrets.token_hex(16)
    body = {"event": "traced", "userId": "t1", "messageId": new_id(), **members}
    reply = server.post("/v1/track", body, headers={"traceparent": f"00-{trace}-{CALLER}-{flags}"})
    assert reply.status_code == 200, reply.text
    return trace, body["messageId"]


def whole(receiver, trace):
    """The spans of a trace by name, once all are there."""
    def complete():
        spans = receiver.spans(trace)
        assert sorted(span["name"] for span in spans) == ["POST /v1/track", "append", "process"]
        return {span["name"]: span for span in spans}
    return eventually(complete)


def counter(server, name):
    return int(re.search(rf"^{name} (\d+)$", server.metrics(), re.MULTILINE).group(1))


def test_a_trace_goes_from_the_caller_to_the_processor(traced, receiver):
    trace, message = send(traced)
    spans = whole(receiver, trace)
    request, append, process = spans["POST /v1/track"], spans["append"], spans["process"]
    assert request["parentSpanId"] == CALLER and request["kind"] == 2
    assert append["parentSpanId"] == process["parentSpanId"] == request["spanId"]
    assert len({span["spanId"] for span in spans.values()} | {CALLER}) == 4
    for span in spans.values():
        assert re.fullmatch("[0-9a-f]{16}", span["spanId"]) and "status" not in span
        assert 0 < int(span["startTimeUnixNano"]) <= int(span["endTimeUnixNano"])
    assert int(request["startTimeUnixNano"]) <= int(append["startTimeUnixNano"])
    known = attributes(request)
    assert known["http.route"] == "/v1/track" and known["http.response.status_code"] == 200
    assert known["footfall.project"] == "default" and known["http.request.method"] == "POST"
    assert attributes(append)["messaging.batch.message_count"] == 1
    known = attributes(process)
    assert known["footfall.outcome"] == "applied" and known["messaging.message.id"] == message and known["footfall.offset"] >= 0
    path, headers, document = receiver.requests[0]
    assert path == "/v1/traces" and headers["Authorization"] == "Bearer s3cret" and headers["X-Tenant"] == "shop"
    about = attributes(document["resourceSpans"][0]["resource"])
    assert about["service.name"] == "footfall" and about["footfall.role"] == "run" and len(about["service.instance.id"]) == 36
    # Sent again, the event is a duplicate.
    again, _ = send(traced, messageId=message)
    assert attributes(whole(receiver, again)["process"])["footfall.outcome"] == "duplicate"
    assert "s3cret" not in traced.stderr and "s3cret" not in traced.get("/status").text


def test_only_what_is_sampled_leaves(traced, receiver):
    quiet, _ = send(traced, flags="00")
    assert traced.post("/v1/track", {"event": "x", "userId": "t1"}).status_code == 200
    loud, _ = send(traced)
    whole(receiver, loud)
    assert not receiver.spans(quiet) and {span["traceId"] for span in receiver.spans()} == {loud}
    assert "t1" not in str([attributes(span) for span in receiver.spans()])


def test_a_collector_that_is_busy_gets_everything_later(traced, receiver):
    receiver.answers = [(503, {"Retry-After": "1"}), (429, {}), (502, {})]
    traces = [send(traced)[0] for _ in range(20)]
    for trace in traces:
        whole(receiver, trace)
    assert receiver.refused == 3
    assert counter(traced, "footfall_otlp_failures_total") == 3 and counter(traced, "footfall_otlp_dropped_total") == 0
    eventually(lambda: counter(traced, "footfall_otlp_sent_total") == 60)


def test_what_a_collector_will_never_take_is_dropped_and_counted(traced, receiver):
    receiver.answers = [(400, {})]
    send(traced)
    eventually(lambda: receiver.refused == 1)
    eventually(lambda: counter(traced, "footfall_otlp_dropped_total") >= 1)
    trace, _ = send(traced)
    whole(receiver, trace)


def test_a_slow_collector_holds_up_nobody(traced, receiver):
    receiver.hold.clear()
    traces = [send(traced)[0] for _ in range(50)]
    traced.settle()  # all of them are taken and processed although not one request was answered
    assert not receiver.spans()
    receiver.hold.set()
    for trace in traces:
        whole(receiver, trace)
    assert counter(traced, "footfall_otlp_dropped_total") == 0
    receiver.hold.clear()
    send(traced)
    traced.stop()  # which insists on a clean end in time
    assert "spans were not sent" in traced.stderr


def test_without_a_collector_the_queue_has_an_end(make_server):
    """Nobody listens; the queue takes about a hundred spans, and the rest is dropped. Then there is a collector."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    made = make_server("--tracing.otlp.endpoint", f"http://127.0.0.1:{port}/", "--tracing.otlp.interval", "20ms",
                       "--tracing.otlp.queue", "64KiB").start()
    first, _ = send(made)
    eventually(lambda: "spans cannot be sent" in made.stderr)
    sent = 1
    while counter(made, "footfall_otlp_dropped_total") == 0:
        send(made)
        sent += 1
        assert sent < 1000
    made.settle()
    receiver = otlp_receiver.Receiver(port)
    try:
        whole(receiver, first)
        # What was not dropped is there, each once.
        def all_there():
            assert counter(made, "footfall_otlp_sent_total") + counter(made, "footfall_otlp_dropped_total") == 3 * sent
            return True
        eventually(all_there)
        ids = [span["spanId"] for span in receiver.spans()]
        assert len(ids) == len(set(ids)) == counter(made, "footfall_otlp_sent_total")
        last, _ = send(made)
        made.stop()  # the last ones are sent before the end
        whole(receiver, last)
    finally:
        receiver.close()


def test_metrics_are_those_that_are_scraped(make_server, receiver):
    receiver.answers = [(503, {}), (404, {})]
    made = make_server("--tracing.otlp.endpoint", receiver.url, "--tracing.otlp.metrics", "20ms").start()
    send(made)
    made.settle()
    accepted = re.compile(r'^footfall_events_accepted_total\{.*dialect="segment".*\} (\d+)$', re.MULTILINE)

    def the_same():
        pushed = receiver.metrics()
        assert pushed
        scraped = made.metrics()
        assert int(accepted.search(scraped).group(1)) == sum(int(point["asInt"]) for point in pushed["footfall_events_accepted_total"]["sum"]["dataPoints"])
        return pushed, scraped

    pushed, scraped = eventually(the_same)
    names = set(re.findall(r"^# TYPE (footfall_\w+) ", scraped, re.MULTILINE))
    # Of threads, rules, and what breakdowns fold: docs/operating.md says that these are scraped alone.
    missing = {name for name in names - pushed.keys() if not re.search("_folded_|_thread_cpu_|_rule_events_", name)}
    assert not missing, missing
    for metric in pushed.values():
        kind, = {"sum", "gauge", "histogram"} & metric.keys()
        assert metric[kind].get("aggregationTemporality") == (None if kind == "gauge" else 2)
        for point in metric[kind]["dataPoints"]:
            if kind == "histogram":
                assert len(point["bucketCounts"]) == len(point["explicitBounds"]) + 1
                assert sum(map(int, point["bucketCounts"])) == int(point["count"])
    assert receiver.refused == 2
    made.stop()


@pytest.mark.parametrize("setting,value", [("endpoint", "collector:4318"), ("endpoint", "ftp://x"), ("headers", "Authorization")])
def test_wrong_settings_are_told(make_server, setting, value):
    words = ["--tracing.otlp.endpoint", "http://127.0.0.1:1"] if setting != "endpoint" else []
    made = make_server(*words, f"--tracing.otlp.{setting}", value)
    made.launch()
    assert made.wait(20) != 0
    assert f"tracing.otlp.{setting}" in made.stderr
