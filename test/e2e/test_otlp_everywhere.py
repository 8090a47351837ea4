# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""A trace that goes through one process, or through several that each hand their own spans to the collector."""

import os
import secrets

import otlp_receiver
from footfall import eventually, new_id
from otlp_receiver import attributes

CALLER = "00f067aa0ba902b7"
APART = os.environ.get("FOOTFALL_E2E_DEPLOYMENT") == "cluster"


def by_role(receiver, trace):
    """(role, name) -> span"""
    found = {}
    for _, _, document in list(receiver.requests):
        for resource in document.get("resourceSpans", ()):
            role = attributes(resource["resource"])["footfall.role"]
            for scope in resource["scopeSpans"]:
                found.update({(role, span["name"]): span for span in scope["spans"] if span["traceId"] == trace})
    return found


def test_a_trace_is_one_whoever_takes_part(make_server):
    receiver = otlp_receiver.Receiver()
    footfall = make_server("--tracing.otlp.endpoint", receiver.url, "--tracing.otlp.interval", "20ms").start()
    trace, message = secrets.token_hex(16), new_id()
    reply = footfall.post("/v1/track", {"event": "traced", "userId": "t1", "messageId": message},
                          headers={"traceparent": f"00-{trace}-{CALLER}-01"})
    assert reply.status_code == 200
    activity, processor = ("activity", "processor") if APART else ("run", "run")
    wanted = {(activity, "POST /v1/track"), (activity, "append"), (processor, "process")}
    wanted |= {("gateway", "POST /v1/track")} if APART else set()

    def complete():
        found = by_role(receiver, trace)
        assert set(found) == wanted
        return found

    spans = eventually(complete, 60)
    taken = spans[activity, "POST /v1/track"]
    first = spans["gateway", "POST /v1/track"] if APART else taken
    assert first["parentSpanId"] == CALLER
    if APART:
        assert taken["parentSpanId"] == first["spanId"]
    for role, name in ((activity, "append"), (processor, "process")):
        assert spans[role, name]["parentSpanId"] == taken["spanId"], name
    assert attributes(spans[processor, "process"])["messaging.message.id"] == message
    # Reading what came of it is a trace of its own, through the role that answers.
    footfall.settle()
    trace = secrets.token_hex(16)
    reply = footfall.request("GET", "/users/t1", headers={"traceparent": f"00-{trace}-{CALLER}-01"})
    assert reply.status_code == 200
    eventually(lambda: ("users" if APART else "run") in {role for role, _ in by_role(receiver, trace)}, 60)
    footfall.stop()
    receiver.close()
