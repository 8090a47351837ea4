# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""Everything held about a person, as lines of JSON: complete, in parts, and nobody else's."""

import json
import socket

from footfall import eventually, new_id


def send(server, *events):
    reply = server.request("POST", "/v1/batch", server.write_key, json={"batch": list(events)})
    assert reply.status_code == 200, reply.text


def await_events(server, user, count):
    def all_there():
        reply = server.get(f"/users/{user}")  # nobody knows of them before the first event is processed
        return reply.status_code == 200 and (reply.json()["observed"] or {}).get("events") == count
    eventually(all_there)


def export(server, user):
    reply = server.get(f"/users/{user}/export")
    assert reply.status_code == 200, reply.text
    assert reply.headers["Content-Type"] == "application/x-ndjson"
    assert reply.text.endswith("\n")
    return [json.loads(line) for line in reply.text.splitlines()]


def kinds(lines):
    found = {}
    for line in lines:
        found.setdefault(line["kind"], []).append(line)
    return found


def test_it_has_everything_of_the_person_and_of_their_devices(server):
    user, device, other = new_id("whole"), new_id("device"), new_id("other")
    assert server.request("PUT", f"/users/{user}", json={"name": "Ada", "traits": {"a": [1, "\u00fc"]}}).status_code in (200, 201)
    send(server, {"type": "track", "event": "seen", "anonymousId": device, "messageId": new_id()},
         {"type": "identify", "userId": user, "anonymousId": device, "messageId": new_id(), "traits": {"plan": "gold"}},
         {"type": "track", "event": "bought", "userId": user, "messageId": new_id(), "properties": {"n": 1}},
         {"type": "track", "event": "seen", "userId": other, "messageId": new_id()})
    await_events(server, user, 3)
    lines = export(server, user)
    found = kinds(lines)
    assert [(row["id"], row["name"]) for row in found["profile"]] == [(user, "Ada")]
    assert [row["anonymousId"] for row in found["link"]] == [device]
    assert {row.get("userId") or row.get("anonymousId") for row in found["observed"]} == {user, device}
    assert sorted(row["name"] for row in found["activity"]) == ["", "bought", "seen"]
    assert {row.get("userId") or row.get("anonymousId") for row in found["session"]} == {user, device}
    assert sum(row["events"] for row in found["day"]) == 3
    assert found["topUser"][0]["events"] == 2
    assert other not in json.dumps(lines)


def test_a_long_history_comes_in_parts(server):
    user = new_id("long")
    text = "x" * 2000
    ids = [new_id() for _ in range(3000)]
    for at in range(0, len(ids), 500):
        send(server, *({"type": "track", "event": "seen", "userId": user, "messageId": name, "properties": {"text": text}}
                       for name in ids[at:at + 500]))
    await_events(server, user, len(ids))
    rows = kinds(export(server, user))["activity"]
    assert sorted(row["id"] for row in rows) == sorted(ids)
    # Who asks and goes away costs nothing; the server goes on.
    for _ in range(5):
        with socket.create_connection(("127.0.0.1", server.port)) as client:
            client.sendall(f"GET /users/{user}/export HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {server.api_key}\r\n\r\n".encode())
            client.recv(1000)
    assert len(kinds(export(server, user))["activity"]) == len(ids)


def test_objects_that_were_sent_over_several_lines_are_one(server):
    user = new_id("pretty")
    event = {"type": "track", "event": "seen", "userId": user, "messageId": new_id(), "properties": {"a": [1, 2], "b": "x\ny"}}
    reply = server.post("/v1/batch", json.dumps({"batch": [event]}, indent=2).replace("\n", "\r\n"))
    assert reply.status_code == 200, reply.text
    await_events(server, user, 1)
    assert kinds(export(server, user))["activity"][0]["properties"] == event["properties"]


def test_nobody_has_no_export(server):
    assert server.get(f"/users/{new_id('nobody')}/export").status_code == 404
