# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""PostHog's SDK for Node.js, unchanged, from npm; and what posthog-js sends and asks for."""

import base64
import gzip
import json
from collections import Counter
from urllib.parse import quote

ROUNDS = 5


def test_posthog_node(server, sdk):
    reported = sdk("posthog-node.js", server, "hedgehog", ROUNDS)
    assert Counter(line["type"] for line in reported) == {"Order Completed": ROUNDS, "$pageview": ROUNDS,
                                                          "$identify": ROUNDS}
    server.wait_for_ids("hedgehog", [line["id"] for line in reported], within=5)
    rows = server.timeline("hedgehog")
    assert Counter(row["type"] for row in rows) == {"track": ROUNDS, "page": ROUNDS, "identify": ROUNDS}
    assert {row["name"] for row in rows if row["type"] == "track"} == {"Order Completed"}
    observed = server.get_json("/users/hedgehog")["observed"]
    assert observed["events"] == 3 * ROUNDS
    assert observed["traits"]["email"] == "ada@example.org"


def capture(server, number, **more):
    return {"event": "clicked", "distinct_id": "js", "uuid": f"0192f2a0-0000-7000-8000-00000000000{number}",
            "properties": {"token": server.write_key, "distinct_id": "js", "$is_identified": True, "step": number},
            **more}


def test_posthog_js_bodies(server):
    """Gzip bytes that call themselves text, a form of base64, and plain JSON: all seen from one version or another."""
    bodies = {
        1: (gzip.compress(json.dumps([capture(server, 1)]).encode()), "text/plain"),
        2: (b"data=" + quote(base64.b64encode(json.dumps(capture(server, 2)).encode())).encode(),
            "application/x-www-form-urlencoded"),
        3: (json.dumps({"api_key": server.write_key, "batch": [capture(server, 3)]}).encode(), "application/json"),
        4: (json.dumps(capture(server, 4, api_key=server.write_key)).encode(), "application/json"),
    }
    for path in ("/e/", "/i/v0/e/", "/capture/", "/batch/"):
        for number, (body, content_type) in bodies.items():
            if path == "/batch/" and number != 3:
                continue
            reply = server.http.post(server.url + path, data=body, params={"ip": "0", "_": "1700000000000", "ver": "1.2"},
                                     headers={"Content-Type": content_type})
            assert reply.status_code == 200, (path, number, reply.text)
            assert reply.headers["Content-Type"].startswith("application/json")
    server.settle()
    assert sorted(row["properties"]["step"] for row in server.timeline("js")) == [1, 2, 3, 4]


def test_configuration_and_flags(server):
    config = server.http.get(f"{server.url}/array/{server.write_key}/config")
    assert config.status_code == 200 and isinstance(config.json(), dict)
    flags = server.http.post(f"{server.url}/flags/", params={"v": "2"}, headers={"Content-Type": "text/plain"},
                             data=json.dumps({"token": server.write_key, "distinct_id": "js"}))
    assert flags.status_code == 200
    assert flags.json()["flags"] == {}


def test_an_event_that_waited_in_the_browser_is_dated_back(server):
    reply = server.post("/e/", {"event": "clicked", "distinct_id": "late", "offset": 3600000, "api_key": server.write_key,
                                "uuid": "0192f2a0-0000-7000-8000-0000000000aa", "properties": {}})
    assert reply.status_code == 200
    server.wait_for_ids("late", ["0192f2a0-0000-7000-8000-0000000000aa"])
    row = server.timeline("late")[0]
    assert row["timestamp"] < row["receivedAt"]
