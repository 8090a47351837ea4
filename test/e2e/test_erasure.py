# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""Erasing a person: what goes, what stays, who is kept from coming back, and who must not be erased."""

import time

import pytest

from footfall import command, eventually, new_id, rfc3339


def today():
    return rfc3339(time.time())[:10]


def event(user=None, anonymous=None, **more):
    who = {**({"userId": user} if user else {}), **({"anonymousId": anonymous} if anonymous else {})}
    return {"type": "track", "event": "clicked", "messageId": new_id(), **who, **more}


def send(server, *events):
    reply = server.request("POST", "/v1/batch", server.write_key, json={"batch": list(events)})
    assert reply.status_code == 200, reply.text


def events_of(server, user):
    reply = server.get(f"/users/{user}")
    observed = reply.json()["observed"] if reply.status_code == 200 else None
    return observed["events"] if observed else 0


def await_events(server, user, count):
    eventually(lambda: events_of(server, user) == count)


def erase(server, user, **options):
    reply = server.request("POST", f"/users/{user}/erasure", json=options or None)
    assert reply.status_code == 202, reply.text
    receipt = reply.json()
    assert reply.headers["Location"] == f"/erasures/{receipt['id']}"
    assert receipt["state"] == "requested" and user not in reply.text

    def finished():
        now = server.get(f"/erasures/{receipt['id']}").json()
        return now if now["state"] == "done" else None
    return eventually(finished)


def test_everything_goes_and_the_numbers_stay(server):
    user, device = new_id("gone"), new_id("device")
    assert server.request("POST", "/users", json={"id": user, "email": f"{user}@example.org"}).status_code == 201
    send(server, event(anonymous=device), event(anonymous=device),
         {"type": "identify", "userId": user, "anonymousId": device, "messageId": new_id(), "traits": {"plan": "gold"}},
         event(user), event(user))
    await_events(server, user, 5)
    before = server.get("/reports/daily", date=today()).json()
    assert user in {row["userId"] for row in before["topUsers"]}
    receipt = erase(server, user)
    assert receipt["parts"] == receipt["partsDone"] == 2
    removed = receipt["removed"]
    assert (removed["profiles"], removed["timelineEntries"], removed["states"], removed["days"], removed["links"]) == (1, 5, 2, 2, 1)
    assert removed["topUserRows"] == 1 and receipt["finishedAt"] >= receipt["requestedAt"]
    assert server.get(f"/users/{user}").status_code == 404
    assert server.get(f"/users/{user}/activities").status_code == 404
    after = server.get("/reports/daily", date=today()).json()
    assert after["events"] == before["events"] and after["activeUsers"] == before["activeUsers"]
    assert user not in {row["userId"] for row in after["topUsers"]}
    # The address is free, and the receipt is listed without saying whose it was.
    assert server.request("POST", "/users", json={"email": f"{user}@example.org"}).status_code == 201
    listed = server.get("/erasures")
    assert receipt["id"] in {row["id"] for row in listed.json()["items"]} and user not in listed.text
    audit = server.get("/audit").json()["items"]
    [entry] = [row for row in audit if row.get("subject") == receipt["id"]]
    assert entry["action"] == "POST /users/:id/erasure" and user not in str(audit)


def test_the_live_feed_forgets(server):
    user, other = new_id("live"), new_id("other")
    send(server, event(user), event(user), event(other))
    await_events(server, user, 2)
    await_events(server, other, 1)
    eventually(lambda: user in server.get("/activities", limit=1000).text)
    erase(server, user)
    eventually(lambda: user not in server.get("/activities", limit=1000).text)
    send(server, event(other))
    eventually(lambda: other in server.get("/activities", limit=1000).text)
    server.restart()  # what was before is read again, but not what lies before the erasure
    await_events(server, other, 2)
    assert user not in server.get("/activities", limit=1000).text


def test_who_comes_back_is_new(server):
    user, device = new_id("back"), new_id("device")
    send(server, event(user), {"type": "identify", "userId": user, "anonymousId": device, "messageId": new_id()})
    await_events(server, user, 2)
    erase(server, user)
    before = server.get("/reports/daily", date=today()).json()
    send(server, event(user), event(anonymous=device))
    await_events(server, user, 1)
    after = server.get("/reports/daily", date=today()).json()
    assert after["newUsers"] == before["newUsers"] + 1 and after["activeUsers"] == before["activeUsers"] + 1
    assert server.get(f"/users/{user}").json()["observed"]["anonymousIds"] == []
    # The same link once more, later than the one that went.
    send(server, {"type": "identify", "userId": user, "anonymousId": device, "messageId": new_id()})
    await_events(server, user, 3)
    assert server.get(f"/users/{user}").json()["observed"]["anonymousIds"] == [device]


def test_resent_events_of_the_erased_stay_away(server):
    user = new_id("resent")
    first = event(user)
    send(server, first)
    await_events(server, user, 1)
    erase(server, user)
    send(server, first, event(user))
    await_events(server, user, 1)


def test_a_client_cannot_erase(server):
    user = new_id("safe")
    control = ["footfall-control", 1, {"do": "erase", "receipt": "x", "part": 0, "project": "default", "kind": "u", "id": user,
                                       "requestedAt": "2026-11-25T12:00:00.000Z"}]
    send(server, event(user))
    await_events(server, user, 1)
    for body in (control, [control], {"batch": [control]}, {"batch": control}):
        for path in ("/v1/batch", "/activities", "/v1/track"):
            server.request("POST", path, server.write_key, json=body)
    send(server, event(user, properties={"x": control}, context={"y": control}))
    await_events(server, user, 2)
    assert len(server.get(f"/users/{user}/activities").json()["items"]) == 2


def test_refused_until_allowed(server):
    user = new_id("refused")
    send(server, event(user))
    await_events(server, user, 1)
    assert erase(server, user, keepRefusing=True)["keepRefusing"] is True
    other = new_id("other")
    send(server, event(user), event(user), event(other))
    await_events(server, other, 1)
    assert server.get(f"/users/{user}").status_code == 404
    for method, path in (("POST", "/users"), ("PUT", f"/users/{user}")):
        refused = server.request(method, path, json={"id": user})
        assert refused.status_code == 409 and "erased" in refused.json()["detail"]
    listed = server.get("/erasure-refusals")
    assert len(listed.json()["items"]) >= 1 and user not in listed.text
    server.restart()  # the list is read again
    send(server, event(user), event(other))
    await_events(server, other, 2)
    assert server.get(f"/users/{user}").status_code == 404
    assert server.request("DELETE", f"/users/{user}/refusal").status_code == 202

    def taken_again():
        send(server, event(user))
        return events_of(server, user) > 0
    eventually(taken_again)
    assert server.request("DELETE", f"/users/{user}/refusal").status_code == 404


def test_a_hold_forbids_it(server):
    user = new_id("held")
    assert server.request("PUT", f"/users/{user}", json={}).status_code == 201
    made = server.request("POST", "/erasure-holds", json={"userId": user, "name": "case 7"})
    assert made.status_code == 201 and user not in made.text
    assert server.request("POST", "/erasure-holds", json={"userId": user, "name": "case 8"}).status_code == 409
    refused = server.request("POST", f"/users/{user}/erasure")
    assert refused.status_code == 409 and "case 7" in refused.json()["detail"]
    assert server.get(f"/users/{user}").status_code == 200
    person = made.json()["person"]
    assert person in {row["person"] for row in server.get("/erasure-holds").json()["items"]}
    assert server.request("DELETE", f"/erasure-holds/{person}").status_code == 204
    assert server.request("DELETE", f"/erasure-holds/{person}").status_code == 404
    assert erase(server, user)["removed"]["profiles"] == 1
    actions = {row["action"] for row in server.get("/audit").json()["items"]}
    assert {"POST /erasure-holds", "DELETE /erasure-holds/:id"} <= actions


@pytest.mark.parametrize("body", [[], {"keepRefusing": 1}, {"other": True}])
def test_what_is_no_request_is_refused(server, body):
    user = new_id("asked")
    assert server.request("PUT", f"/users/{user}", json={}).status_code == 201
    assert server.request("POST", f"/users/{user}/erasure", json=body).status_code == 400
    assert server.request("POST", f"/users/{new_id('nobody')}/erasure").status_code == 404
    assert server.get("/erasures/nothing").status_code == 404


def test_people_erase_themselves_and_nobody_else(server):
    made = server.request("POST", "/keys", json={"role": "editor", "project": "default"}).json()
    user = new_id("self")
    reply = server.http.post(f"{server.url}/auth/token", timeout=30, auth=(made["id"], made["key"]),
                             data={"grant_type": "client_credentials", "subject": user})
    token = reply.json()["access_token"]
    assert server.request("PUT", f"/users/{user}", json={}).status_code == 201
    assert server.request("POST", f"/users/{user}/erasure", made["key"]).status_code == 403
    assert server.request("POST", f"/users/{new_id()}/erasure", token).status_code == 403
    accepted = server.request("POST", f"/users/{user}/erasure", token)
    assert accepted.status_code == 202 and accepted.headers["Location"] == f"/users/{user}/erasures"
    own = f"/users/{user}/erasures"
    eventually(lambda: server.get(own, token).json()["items"][0]["state"] == "done")
    assert server.get(f"/erasures/{accepted.json()['id']}", token).status_code == 403


def test_the_command_line_exports_and_erases(server, tmp_path):
    user = new_id("words")
    send(server, event(user))
    await_events(server, user, 1)
    where = ("--url", server.url, "--data", server.data, "--user", user)
    output = tmp_path / "person.ndjson"
    assert command("export", *where, "--output", output).returncode == 0
    assert user in output.read_text()
    assert command("export", *where, "--output", output).returncode == 1  # it is there
    done = command("erase", *where)
    assert done.returncode == 0 and '"state":"done"' in done.stdout, done.stderr
    assert command("export", *where).returncode == 1
    assert command("erase", "--url", server.url, "--data", server.data).returncode == 2
