# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""RudderStack's SDK for Node.js, unchanged, from npm; and what its browser SDK asks for."""

import base64
import json
from collections import Counter

ROUNDS = 5
TYPES = ("identify", "track", "page", "screen", "group", "alias")


def test_rudder_sdk_node(server, sdk):
    reported = sdk("rudder-node.js", server, "rudder", ROUNDS)
    assert Counter(line["type"] for line in reported) == {kind: ROUNDS for kind in TYPES}
    server.wait_for_ids("rudder", [line["id"] for line in reported], within=5)
    rows = server.timeline("rudder")
    assert Counter(row["type"] for row in rows) == {kind: ROUNDS for kind in TYPES}
    assert {row["context"]["library"]["name"] for row in rows} == {"analytics-node"}  # what it calls itself
    total = server.get_json("/users/rudder")["observed"]["events"]
    assert total == len(reported)


def test_source_configuration(server):
    reply = server.http.get(f"{server.url}/sourceConfig/", auth=(server.write_key, ""),
                            params={"p": "npm", "v": "3.0.0", "writeKey": server.write_key})
    assert reply.status_code == 200
    source = reply.json()["source"]
    assert source["enabled"] is True


def test_beacon(server):
    body = json.dumps({"batch": [{"type": "track", "event": "left", "anonymousId": "b1", "userId": "beacon",
                                  "messageId": "beacon-1"}]})
    reply = server.http.post(f"{server.url}/beacon/v1/batch", params={"writeKey": server.write_key}, data=body,
                             headers={"Content-Type": "text/plain;charset=UTF-8", "Origin": "https://shop.example.com"})
    assert reply.status_code == 200
    assert reply.headers["Access-Control-Allow-Origin"] in ("https://shop.example.com", "*")
    server.wait_for_ids("beacon", ["beacon-1"])


def test_anonymous_id_of_the_header(server):
    encoded = base64.b64encode(b"visitor-7").decode()
    reply = server.post("/v1/track", {"type": "track", "event": "seen", "messageId": "header-1"},
                        headers={"AnonymousId": encoded})
    assert reply.status_code == 200
    server.send({"type": "identify", "userId": "header-user", "anonymousId": "visitor-7", "messageId": "header-2"})
    server.wait_for_ids("header-user", ["header-1", "header-2"])


def test_pixel(server):
    reply = server.http.get(f"{server.url}/pixel/v1/page", params={
        "writeKey": server.write_key, "userId": "pixel", "name": "Newsletter", "messageId": "pixel-1",
        "properties.path": "/news"})
    assert reply.status_code == 200
    assert reply.headers["Content-Type"] == "image/gif"
    assert reply.content.startswith(b"GIF89a")
    server.wait_for_ids("pixel", ["pixel-1"])
    row = server.timeline("pixel")[0]
    assert (row["type"], row["name"], row["properties"]) == ("page", "Newsletter", {"path": "/news"})
