# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""Profiles, timelines and what is observed of users, over HTTP."""

import threading
from urllib.parse import quote

import pytest

from footfall import new_id


def track(user, **more):
    return {"type": "track", "event": "clicked", "userId": user, "messageId": new_id(), **more}


def test_a_profile_is_made_read_and_deleted(server):
    made = server.request("POST", "/users", json={"id": "ada", "email": "Ada@Example.org", "name": "Ada",
                                                  "traits": {"plan": "gold", "seats": 3}})
    assert made.status_code == 201
    assert made.headers["Location"] == "/users/ada"
    body = made.json()
    assert (body["id"], body["email"], body["name"], body["traits"]) == (
        "ada", "ada@example.org", "Ada", {"plan": "gold", "seats": 3})
    assert body["observed"] is None and body["version"] >= 1 and body["createdAt"] == body["updatedAt"]
    read = server.get("/users/ada")
    assert read.json() == body and read.headers["ETag"] == made.headers["ETag"]
    assert server.request("DELETE", "/users/ada").status_code == 204
    assert server.get("/users/ada").status_code == 404
    assert server.request("DELETE", "/users/ada").status_code == 404


def test_an_id_is_made_when_none_is_given(server):
    made = server.request("POST", "/users", json={"name": "Nobody"})
    assert made.status_code == 201
    assert server.get(made.headers["Location"]).json()["id"] == made.json()["id"]


def test_ids_and_emails_are_unique(server):
    assert server.request("POST", "/users", json={"id": "one", "email": "one@example.org"}).status_code == 201
    taken = server.request("POST", "/users", json={"id": "one"})
    assert taken.status_code == 409 and taken.json()["errors"][0]["pointer"] == "/id"
    taken = server.request("POST", "/users", json={"id": "two", "email": "ONE@example.org"})
    assert taken.status_code == 409 and taken.json()["errors"][0]["pointer"] == "/email"
    assert server.get("/users/two").status_code == 404
    # An address is free again once its owner has another, or is gone.
    assert server.request("PATCH", "/users/one", json={"email": "uno@example.org"}).status_code == 200
    assert server.request("POST", "/users", json={"id": "two", "email": "one@example.org"}).status_code == 201
    assert server.request("DELETE", "/users/two").status_code == 204
    assert server.request("POST", "/users", json={"id": "three", "email": "one@example.org"}).status_code == 201


def test_one_of_many_wins_the_same_email(server):
    results = []

    def claim(number):
        results.append(server.request("POST", "/users", json={"id": f"racer-{number}", "email": "race@example.org"}).status_code)
    threads = [threading.Thread(target=claim, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == [201] + [409] * 7


def test_put_creates_then_replaces(server):
    made = server.request("PUT", "/users/put", json={"name": "First", "traits": {"a": 1}})
    assert made.status_code == 201
    replaced = server.request("PUT", "/users/put", json={"email": "put@example.org"})
    assert replaced.status_code == 200
    assert (replaced.json()["name"], replaced.json()["traits"]) == (None, {})
    assert replaced.json()["version"] == made.json()["version"] + 1
    assert replaced.json()["createdAt"] == made.json()["createdAt"]
    assert server.request("PUT", "/users/put", json={"id": "other"}).status_code == 400


def test_a_deleted_id_that_is_made_again_has_another_tag(server):
    first = server.request("PUT", "/users/again", json={})
    assert server.request("DELETE", "/users/again").status_code == 204
    second = server.request("PUT", "/users/again", json={})
    assert first.status_code == second.status_code == 201
    assert first.headers["ETag"] != second.headers["ETag"]


def test_conditions(server):
    first = server.request("PUT", "/users/etag", json={"name": "1"}).headers["ETag"]

    def attempt(method, **headers):
        body = {"name": "2"} if method in ("PUT", "PATCH") else None
        return server.request(method, "/users/etag", json=body,
                              headers={name.replace("_", "-"): value for name, value in headers.items()})
    assert attempt("PUT", If_None_Match="*").status_code == 412
    assert attempt("PUT", If_Match='"nothing"').status_code == 412
    changed = attempt("PUT", If_Match=f'"x", {first}')
    assert changed.status_code == 200
    second = changed.headers["ETag"]
    assert second != first
    assert attempt("PATCH", If_Match=first).status_code == 412
    assert attempt("DELETE", If_Match=first).status_code == 412
    unchanged = attempt("GET", If_None_Match=f"W/{second}")
    assert unchanged.status_code == 304 and unchanged.content == b"" and unchanged.headers["ETag"] == second
    assert attempt("DELETE", If_Match=second).status_code == 204
    assert attempt("PUT", If_Match="*").status_code == 412


def test_no_update_is_lost_between_writers(server):
    """Eight writers add a trait each, with If-Match and another try: all traits are there in the end."""
    before = server.request("PUT", "/users/shared", json={"traits": {}}).json()["version"]

    def add(number):
        while True:
            tag = server.get("/users/shared").headers["ETag"]
            reply = server.request("PATCH", "/users/shared", json={"traits": {f"t{number}": True}}, headers={"If-Match": tag})
            if reply.status_code == 200:
                return
            assert reply.status_code == 412
    threads = [threading.Thread(target=add, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    profile = server.get("/users/shared").json()
    assert profile["traits"] == {f"t{number}": True for number in range(8)}
    assert profile["version"] == before + 8


def test_merge_patch(server):
    server.request("PUT", "/users/patch", json={"email": "patch@example.org", "name": "P", "traits": {
        "keep": 1, "drop": 2, "deep": {"a": 1, "b": 2}, "list": [1, 2]}})
    patched = server.request("PATCH", "/users/patch", json={"name": None, "traits": {
        "drop": None, "deep": {"b": None, "c": 3}, "list": [9], "new": {"x": None, "y": 1}}},
        headers={"Content-Type": "application/merge-patch+json"})
    assert patched.status_code == 200
    body = patched.json()
    assert (body["email"], body["name"]) == ("patch@example.org", None)
    assert body["traits"] == {"keep": 1, "deep": {"a": 1, "c": 3}, "list": [9], "new": {"y": 1}}
    assert server.request("PATCH", "/users/nobody", json={}).status_code == 404
    wrong = server.request("PATCH", "/users/patch", data="name=x", headers={"Content-Type": "text/csv"})
    assert wrong.status_code == 415 and "merge-patch" in wrong.headers["Accept-Patch"]


@pytest.mark.parametrize("body,pointer", [
    ({"email": "no address"}, "/email"), ({"email": "a@b@c"}, "/email"), ({"email": 7}, "/email"), ({"name": 7}, "/name"),
    ({"name": "n" * 201}, "/name"), ({"name": "a\nb"}, "/name"), ({"traits": []}, "/traits"), ({"id": ""}, "/id"),
    ({"id": "i" * 257}, "/id"), ({"id": "a\u0000b"}, "/id"), ({"id": None}, "/id"), ({"nickname": "x"}, "/nickname"),
    ({"observed": {}}, "/observed"), ({"traits": {"t": "t" * 33000}}, "/traits")])
def test_a_faulty_profile_names_the_fault(server, body, pointer):
    reply = server.request("POST", "/users", json=body)
    assert reply.status_code == 400
    assert [error["pointer"] for error in reply.json()["errors"]] == [pointer]


def test_all_faults_are_told_at_once(server):
    reply = server.request("POST", "/users", json={"email": 1, "name": 2, "traits": 3, "more": 4})
    assert {error["pointer"] for error in reply.json()["errors"]} == {"/email", "/name", "/traits", "/more"}


@pytest.mark.parametrize("user", ["a/b", "a b", "ünïcode", "a?b#c", "%41", "a+b", "👩‍💻", "x" * 256, "a;b=c"])
def test_any_id_can_be_addressed(server, user):
    path = f"/users/{quote(user, safe='')}"
    assert server.request("PUT", path, json={"name": "odd"}).status_code == 201
    event = track(user)
    server.send(event)
    server.wait_for_ids(user, [event["messageId"]])
    body = server.get_json(path)
    assert (body["id"], body["observed"]["events"]) == (user, 1)
    assert server.request("DELETE", path).status_code == 204


def test_the_list_pages_through_all_profiles_once(server):
    ids = [f"list-{number:02d}" for number in range(23)]
    for user in ids:
        server.request("PUT", f"/users/{user}", json={"email": f"{user}@example.org"})
    found, cursor = [], None
    while True:
        page = server.get_json("/users", limit=5, **({"cursor": cursor} if cursor else {}))
        assert len(page["items"]) <= 5
        found += [item["id"] for item in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert found == sorted(found) and len(found) == len(set(found)) and set(ids) <= set(found)
    assert [item["id"] for item in server.get_json("/users", email="LIST-07@example.org")["items"]] == ["list-07"]
    assert server.get_json("/users", email="nobody@example.org")["items"] == []


def test_an_observed_user_needs_no_profile(server):
    server.send({"type": "identify", "userId": "seen", "anonymousId": "device-1", "messageId": "seen-1",
                 "traits": {"plan": "gold", "old": 1}},
                {"type": "identify", "userId": "seen", "messageId": "seen-2", "traits": {"plan": "silver"}})
    server.wait_for_ids("seen", ["seen-1", "seen-2"])
    body = server.get_json("/users/seen")
    assert (body["email"], body["version"]) == (None, None)
    assert body["observed"]["traits"] == {"plan": "silver", "old": 1}
    assert body["observed"]["anonymousIds"] == ["device-1"]
    assert body["observed"]["firstSeen"] <= body["observed"]["lastSeen"]


def test_deleting_a_profile_leaves_what_was_observed(server):
    event = track("left")
    server.send(event)
    server.request("PUT", "/users/left", json={"name": "Left"})
    server.wait_for_ids("left", [event["messageId"]])
    assert server.request("DELETE", "/users/left").status_code == 204
    assert server.ids("left") == [event["messageId"]]
    assert server.get_json("/users/left")["name"] is None


def test_anonymous_history_joins_the_timeline_once_linked(server):
    times = [f"2026-03-01T10:00:0{second}Z" for second in range(5)]
    server.send({"type": "page", "name": "Home", "anonymousId": "visitor", "messageId": "j-0", "timestamp": times[0]},
                {"type": "track", "event": "looked", "anonymousId": "visitor", "messageId": "j-1", "timestamp": times[1]},
                {"type": "track", "event": "bought", "userId": "joined", "messageId": "j-3", "timestamp": times[3]})
    server.wait_for_ids("joined", ["j-3"])
    server.send({"type": "identify", "userId": "joined", "anonymousId": "visitor", "messageId": "j-2", "timestamp": times[2]})
    server.settle()
    assert server.ids("joined") == ["j-3", "j-2", "j-1", "j-0"]
    server.send({"type": "track", "event": "looked", "anonymousId": "visitor", "messageId": "j-4", "timestamp": times[4]})
    server.settle()
    assert server.ids("joined") == ["j-4", "j-3", "j-2", "j-1", "j-0"]
    assert server.timeline("joined")[0]["anonymousId"] == "visitor"
    days = server.get_json("/users/joined/reports/daily", **{"from": "2026-03-01", "to": "2026-03-01"})["items"]
    assert [day["events"] for day in days] == [5]


def test_equal_ids_of_users_and_browsers_do_not_mix(server):
    server.send({"type": "track", "event": "x", "userId": "same", "messageId": "same-user"},
                {"type": "track", "event": "x", "anonymousId": "same", "messageId": "same-browser"})
    server.settle()
    assert server.ids("same") == ["same-user"]


def test_timeline_windows(server):
    for day in range(1, 6):
        server.send(track("window", messageId=f"w-{day}", timestamp=f"2026-02-0{day}T12:00:00Z"))
    server.settle()
    assert server.ids("window", **{"from": "2026-02-02", "to": "2026-02-04"}) == ["w-3", "w-2"]
    assert server.ids("window", **{"from": "2026-02-02T12:00:00.001Z"}) == ["w-5", "w-4", "w-3"]
    assert server.ids("window", name="nothing of that name") == []
    assert server.ids("window", limit=2) == ["w-5", "w-4", "w-3", "w-2", "w-1"]


def test_events_of_the_same_millisecond_keep_one_order_over_pages(server):
    ids = [f"tie-{number:03d}" for number in range(50)]
    server.send(*[track("tie", messageId=event, timestamp="2026-02-02T12:00:00Z") for event in ids])
    server.settle()
    assert server.ids("tie", limit=7) == ids[::-1]


def test_a_timeline_does_not_skip_while_it_grows(server):
    """A cursor stays where it was when newer events arrive."""
    for number in range(6):
        server.send(track("growing", messageId=f"g-{number}", timestamp=f"2026-02-02T12:00:0{number}Z"))
    server.settle()
    first = server.get_json("/users/growing/activities", limit=3)
    server.send(track("growing", messageId="g-9", timestamp="2026-02-02T12:00:09Z"))
    server.settle()
    second = server.get_json("/users/growing/activities", limit=10, cursor=first["next"])
    assert [row["id"] for row in first["items"] + second["items"]] == [f"g-{number}" for number in range(5, -1, -1)]


def test_an_unknown_user_is_not_there(server):
    for path in ("", "/activities", "/reports/daily"):
        assert server.get(f"/users/nobody-at-all{path}").status_code == 404
