# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""Segment's SDKs, unchanged, from npm: for Node.js and for browsers."""

import json
from collections import Counter

import pytest

from footfall import eventually

ROUNDS = 5
TYPES = ("identify", "track", "page", "screen", "group", "alias")


def check_user(server, user, reported):
    """What the SDK reported is in the timeline, each event once, with its type and what came with it."""
    assert Counter(line["type"] for line in reported) == {kind: ROUNDS for kind in TYPES}
    server.wait_for_ids(user, [line["id"] for line in reported], within=5)
    types = {row["id"]: row for row in server.timeline(user)}
    for line in reported:
        assert types[line["id"]]["type"] == line["type"]
    for row in types.values():
        if row["type"] == "track":
            assert row["name"] == "Order Completed"
            assert row["properties"]["nested"] == {"list": [1, "two", None, True]}
            assert row["properties"]["text"] == "naïve “quotes” 🎈"
        if row["type"] == "page":
            assert row["name"] == "Install"
        if row["type"] == "identify":
            assert row["traits"] == {"name": "Ada Lovelace", "email": "ada@example.org"}
        assert row["context"]["library"]["name"]
    observed = server.get_json(f"/users/{user}")["observed"]
    assert observed["traits"]["email"] == "ada@example.org"
    days = server.get_json(f"/users/{user}/reports/daily")["items"]
    by_type = Counter()
    for day in days:
        by_type.update({row["name"]: row["events"] for row in day["byType"]})
    assert by_type == {kind: ROUNDS for kind in TYPES}


def test_analytics_node(server, sdk):
    check_user(server, "node", sdk("analytics-node.js", server, "node", ROUNDS))


@pytest.mark.parametrize("strategy", ["standard", "batching"])
def test_analytics_next_in_a_page(server, sdk, strategy):
    user = f"browser-{strategy}"
    check_user(server, user, sdk("analytics-next.js", server, user, ROUNDS, strategy))
    row = next(row for row in server.timeline(user) if row["type"] == "page")
    assert row["properties"]["path"] == "/install"
    assert row["context"]["page"]["referrer"] == "https://search.example.net/?q=footfall"
    assert row["context"]["campaign"] == {"source": "letter"}
    assert row["anonymousId"]


def test_settings_for_the_browser_sdk_lead_back_here(server):
    settings = server.http.get(f"{server.url}/v1/projects/{server.write_key}/settings").json()
    segment = settings["integrations"]["Segment.io"]
    assert segment["apiKey"] == server.write_key
    assert segment["apiHost"] == f"127.0.0.1:{server.port}/v1"
    assert segment["protocol"] == "http"


def test_the_day_counts_every_event_once(server, sdk):
    def events_by_type():
        return Counter({row["name"]: row["events"] for row in server.get_json("/reports/events", by="type")["items"]})

    server.settle()
    before = events_by_type()
    assert len(sdk("analytics-node.js", server, "counted", ROUNDS)) == ROUNDS * len(TYPES)

    def counted():
        assert events_by_type() - before == {kind: ROUNDS for kind in TYPES}
        return True
    eventually(counted)


def test_a_resent_batch_counts_once(server):
    events = [{"type": "track", "event": "tapped", "userId": "resender", "messageId": f"tap-{number}"}
              for number in range(20)]
    body = json.dumps({"batch": events, "sentAt": "2026-01-01T00:00:00.000Z", "writeKey": server.write_key})
    for attempt in range(4):
        # As the SDKs do after a timeout: the same body, and a header that counts.
        reply = server.post("/v1/batch", body, headers={"X-Retry-Count": str(attempt)})
        assert reply.status_code == 200 and reply.json() == {"success": True}
    server.settle()
    assert sorted(server.ids("resender")) == sorted(event["messageId"] for event in events)
    assert server.get_json("/users/resender")["observed"]["events"] == 20


def test_a_batch_that_repeats_itself_counts_once(server):
    event = {"type": "track", "event": "tapped", "userId": "repeater", "messageId": "again"}
    server.send(event, event, {**event, "event": "tapped differently"})
    server.settle()
    assert server.ids("repeater") == ["again"]
    assert server.timeline("repeater")[0]["name"] == "tapped"
