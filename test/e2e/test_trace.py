# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""A trace that a client began: through the access log and the event log to the processor."""

import glob
import os
import re

import pytest

from footfall import eventually, new_id

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
CALLER = "00f067aa0ba902b7"


@pytest.fixture
def footfall(make_server):
    server = make_server("--logging.level", "debug", "--logging.access", "all").start()
    yield server
    server.stop()


def traceparent(flags="01", trace=TRACE, caller=CALLER):
    return {"traceparent": f"00-{trace}-{caller}-{flags}"}


def send(footfall, headers, identifier):
    return footfall.post("/v1/track", {"event": "traced", "userId": "t1", "messageId": identifier}, headers=headers)


def lines(footfall):
    """Of every process there is, one or a role each."""
    for path in sorted(glob.glob(os.path.join(footfall.directory, "*stderr*.log"))):
        with open(path, encoding="utf-8", errors="replace") as file:
            yield from file.read().splitlines()


def line_with(footfall, *texts):
    def find():
        found = [line for line in lines(footfall) if all(text in line for text in texts)]
        return found[0] if found else None
    return eventually(find)


def test_a_trace_reaches_the_processor(footfall):
    identifier = new_id()
    reply = send(footfall, traceparent(), identifier)
    assert reply.status_code == 200 and reply.headers["X-Trace-Id"] == TRACE
    access = line_with(footfall, "gateway request", f"traceId={TRACE}", f"callerSpanId={CALLER}")
    while "upstream=" in access:  # the process that it was handed on to has a span of its own
        span = re.search(r" spanId=([0-9a-f]{16})", access).group(1)
        access = line_with(footfall, "gateway request", f"traceId={TRACE}", f"callerSpanId={span}")
    span = re.search(r" spanId=([0-9a-f]{16})", access).group(1)
    assert span != CALLER
    processed = line_with(footfall, "processor traced event", identifier)
    assert f"traceId={TRACE}" in processed and f"callerSpanId={span}" in processed and "outcome=applied" in processed
    # Sent again it is a duplicate, and the trace says so.
    send(footfall, traceparent(), identifier)
    assert line_with(footfall, "processor traced event", identifier, "outcome=duplicate")
    # What is stored of the event has nothing of it.
    footfall.settle()
    assert TRACE not in footfall.get("/users/t1/activities").text


def test_a_trace_that_is_not_sampled_stays_out_of_the_events(footfall):
    identifier = new_id()
    reply = send(footfall, traceparent("00"), identifier)
    assert reply.headers["X-Trace-Id"] == TRACE
    footfall.settle()
    assert footfall.ids("t1") == [identifier]
    line_with(footfall, "gateway request", TRACE)
    assert not [line for line in lines(footfall) if "traced event" in line]


@pytest.mark.parametrize("value", [
    f"00-{TRACE}-{CALLER}", f"00-{TRACE.upper()}-{CALLER}-01", f"00-{'0' * 32}-{CALLER}-01", f"ff-{TRACE}-{CALLER}-01", "x" * 4000, ""])
def test_a_wrong_one_is_not_continued(footfall, value):
    reply = send(footfall, {"traceparent": value, "tracestate": "a=b"}, new_id())
    assert reply.status_code == 200 and "X-Trace-Id" not in reply.headers
    assert re.search(r" traceId=[0-9a-f]{32} ", line_with(footfall, "gateway request", "route=/v1/track"))
    assert not [line for line in lines(footfall) if TRACE in line]


def test_traces_may_begin_here(make_server):
    footfall = make_server("--logging.level", "debug", "--logging.access", "all", "--tracing.sample", "2").start()
    identifiers = [new_id() for _ in range(6)]
    for identifier in identifiers:
        assert "X-Trace-Id" not in send(footfall, {}, identifier).headers
    footfall.settle()
    traced = [line for line in lines(footfall) if "traced event" in line]
    assert 2 <= len(traced) <= 4
    for line in traced:
        trace = re.search(r"traceId=([0-9a-f]{32})", line).group(1)
        assert line_with(footfall, "gateway request", trace)
    footfall.stop()
