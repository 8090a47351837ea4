# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""Who is who: links found late, several devices, claims that contradict each other, aliases in a circle."""

import json
import time

from footfall import eventually, new_id, rfc3339


def send(server, *events):
    for at in range(0, len(events), 500):
        reply = server.request("POST", "/v1/batch", server.write_key, json={"batch": list(events[at:at + 500])})
        assert reply.status_code == 200, reply.text


def event(kind="track", **members):
    return {"type": kind, "messageId": new_id(), **({"event": "seen"} if kind == "track" else {}), **members}


def observed(server, user):
    reply = server.get(f"/users/{user}")
    return (reply.json()["observed"] if reply.status_code == 200 else None) or {"events": 0, "anonymousIds": []}


def await_events(server, user, count):
    eventually(lambda: observed(server, user)["events"] == count)


def test_a_link_found_after_a_hundred_events(server):
    user, device = new_id("late"), new_id("device")
    send(server, *(event(anonymousId=device) for _ in range(100)))
    send(server, event("identify", userId=user, anonymousId=device))
    await_events(server, user, 101)
    assert len(server.get(f"/users/{user}/activities", limit=1000).json()["items"]) == 101
    rows = [json.loads(line) for line in server.get(f"/users/{user}/export").text.splitlines()]
    assert sum(row["kind"] == "activity" for row in rows) == 101
    receipt = server.request("POST", f"/users/{user}/erasure").json()["id"]
    done = eventually(lambda: (lambda now: now if now["state"] == "done" else None)(server.get(f"/erasures/{receipt}").json()))
    assert done["removed"]["timelineEntries"] == 101 and done["removed"]["links"] == 1


def test_several_devices_are_one_person(server):
    user, devices = new_id("many"), [new_id(f"device{n}") for n in range(3)]
    for device in devices:
        send(server, event(anonymousId=device), event("identify", userId=user, anonymousId=device))
    await_events(server, user, 6)
    assert observed(server, user)["anonymousIds"] == sorted(devices)


def test_of_two_claims_the_earlier_counts_and_the_later_after_its_erasure(server):
    first, second, device = new_id("first"), new_id("second"), new_id("shared")
    now = time.time()
    send(server, event(anonymousId=device),
         event("identify", userId=second, anonymousId=device, timestamp=rfc3339(now - 50)),
         event("identify", userId=first, anonymousId=device, timestamp=rfc3339(now - 100)))
    await_events(server, first, 2)
    await_events(server, second, 1)
    assert observed(server, first)["anonymousIds"] == [device] and observed(server, second)["anonymousIds"] == []
    # Erasing the owner takes the device with them, and the other's link to it.
    receipt = server.request("POST", f"/users/{first}/erasure").json()
    assert receipt["parts"] == 3
    eventually(lambda: server.get(f"/erasures/{receipt['id']}").json()["state"] == "done")
    assert observed(server, second) == {**observed(server, second), "events": 1, "anonymousIds": []}
    assert server.get(f"/users/{first}").status_code == 404


def test_aliases_in_a_circle_do_not_merge_users(server):
    one, two = new_id("one"), new_id("two")
    send(server, event(userId=one), event(userId=two), event("alias", userId=one, previousId=two),
         event("alias", userId=two, previousId=one))
    await_events(server, one, 2)
    await_events(server, two, 2)
    assert observed(server, one)["anonymousIds"] == [two] and observed(server, two)["anonymousIds"] == [one]
    assert len(server.get(f"/users/{one}/activities").json()["items"]) == 2
    receipt = server.request("POST", f"/users/{one}/erasure").json()["id"]
    eventually(lambda: server.get(f"/erasures/{receipt}").json()["state"] == "done")
    assert observed(server, two)["events"] == 2 and server.get(f"/users/{one}").status_code == 404
