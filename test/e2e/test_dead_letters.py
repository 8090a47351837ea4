# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""Dead letters: looked at, taken again exactly once, discarded, by whom they belong to."""

import json
import os
import subprocess

import pytest

from footfall import binary, environment, eventually, new_id

APPEND = os.path.join(os.path.dirname(binary()), "test", "log_append")


def put(footfall, key, value):
    """Past all checks, into the log of a Footfall that is not running."""
    words = [APPEND, os.path.join(footfall.data, "log"), key.encode().hex(), value]
    subprocess.run(words, env=environment(), check=True, timeout=60)


def event(project, user, identity, **members):
    return json.dumps({"id": identity, "project": project, "type": "track", "name": "bought", "userId": user,
                       "timestamp": "2026-11-20T10:00:00.000Z", "receivedAt": "2026-11-20T10:00:00.000Z", **members})


def letters(footfall, **parameters):
    return footfall.get_json("/dead-letters", **parameters)["items"]


def bought(footfall, user, project="default"):
    reply = footfall.get(f"/users/{user}/activities", project=project)
    return [item["id"] for item in reply.json()["items"]] if reply.status_code == 200 else []


@pytest.fixture
def footfall(make_server):
    """One letter of a wrong key, one of a wrong time, one that is no event; and one of another project."""
    made = make_server().start()
    made.request("POST", "/projects", json={"id": "other"})
    made.stop()
    put(made, "default\0stranger", event("default", "ann", "e-1"))
    put(made, "default\0ann", event("default", "ann", "e-2", timestamp="2200-01-01T00:00:00.000Z"))
    put(made, "default\0ann", "{no event")
    put(made, "other\0stranger", event("other", "bob", "e-3"))
    made.start()
    eventually(lambda: len(letters(made)) == 4)
    yield made
    if made.process:
        made.stop()


def test_letters_are_found(footfall):
    assert [letter["project"] for letter in letters(footfall)] == ["other", "default", "default", "default"]
    assert len(letters(footfall, project="default", stage="apply")) == 2
    assert len(letters(footfall, stage="decode")) == 1
    assert {letter["project"] for letter in letters(footfall, reason="KEY is not")} == {"default", "other"}
    assert letters(footfall, to="2020-01-01") == [] and len(letters(footfall, **{"from": "2020-01-01"})) == 4
    found, cursor = [], None
    while cursor or not found:
        page = footfall.get_json("/dead-letters", limit=1, **({"cursor": cursor} if cursor else {}))
        found += page["items"]
        cursor = page["next"]
    assert found == letters(footfall)
    letter = letters(footfall, project="default", stage="decode")[-1]
    assert footfall.get(f"/dead-letters/{letter['id']}").json() == letter
    record = footfall.get(f"/dead-letters/{letter['id']}/record")
    assert record.text == letter["record"] and record.headers["Content-Type"] == "application/octet-stream"
    for parameters in ({"limit": "0"}, {"cursor": "x"}, {"from": "yesterday"}, {"what": "1"}):
        assert footfall.get("/dead-letters", **parameters).status_code == 400
    for path in ("1-2-3", "x", "-1-0-0", "0-99999999999999999999-0"):
        assert footfall.get(f"/dead-letters/{path}").status_code == 404


def replay(footfall, **body):
    reply = footfall.request("POST", "/dead-letters/replay", json=body)
    assert reply.status_code == 200, reply.text
    return reply.json()


def test_letters_are_taken_again_once(footfall):
    wrong_key = next(letter for letter in letters(footfall, project="default") if "e-1" in letter["record"])
    assert replay(footfall, ids=[wrong_key["id"]]) == {"failed": [], "replayed": 1, "more": False}
    eventually(lambda: bought(footfall, "ann") == ["e-1"])
    again = replay(footfall, ids=[wrong_key["id"]])
    assert again["replayed"] == 0 and again["failed"][0]["id"] == wrong_key["id"]
    assert footfall.get(f"/dead-letters/{wrong_key['id']}").status_code == 404
    # By filter: what is still wrong stays, or comes again as a new letter.
    done = replay(footfall, project="default")
    assert done["replayed"] == 1 and len(done["failed"]) == 1 and "no event" in done["failed"][0]["detail"]
    eventually(lambda: len(letters(footfall, project="default")) == 2)
    late = next(letter for letter in letters(footfall, project="default") if "e-2" in letter["record"])
    mended = json.loads(late["record"]) | {"timestamp": "2026-11-20T11:00:00.000Z"}
    assert replay(footfall, id=late["id"], record=mended)["replayed"] == 1
    eventually(lambda: bought(footfall, "ann") == ["e-2", "e-1"])
    # All of it outlives a process that is killed, and stays counted once.
    footfall.kill()
    footfall.start()
    eventually(lambda: bought(footfall, "ann") == ["e-2", "e-1"])
    assert len(letters(footfall, project="default")) == 1
    assert footfall.get_json("/users/ann", project="default")["observed"]["events"] == 2


def test_letters_are_discarded(footfall):
    assert footfall.request("DELETE", "/dead-letters").status_code == 400
    first = letters(footfall, project="default")[0]["id"]
    assert footfall.request("DELETE", f"/dead-letters/{first}").json()["discarded"] == 1
    assert footfall.request("DELETE", f"/dead-letters/{first}").status_code == 404
    reply = footfall.request("DELETE", "/dead-letters", params={"project": "default"})
    assert reply.json() == {"failed": [], "discarded": 2, "more": False}
    assert [letter["project"] for letter in letters(footfall)] == ["other"]
    entry = footfall.get_json("/audit")["items"][0]
    assert (entry["action"], entry["detail"]) == ("DELETE /dead-letters", "discarded 2")


def test_an_admin_of_one_project(footfall):
    own = footfall.request("POST", "/keys", json={"role": "admin", "project": "other"}).json()["key"]
    foreign = letters(footfall, project="default")[0]["id"]
    mine = footfall.get("/dead-letters", own).json()["items"]
    assert [letter["project"] for letter in mine] == ["other"]
    for method, path in (("GET", ""), ("GET", "/record"), ("DELETE", "")):
        assert footfall.request(method, f"/dead-letters/{foreign}{path}", own).status_code == 404
    reply = footfall.request("POST", "/dead-letters/replay", own, json={"ids": [foreign]})
    assert reply.json()["replayed"] == 0 and "there is none" in reply.json()["failed"][0]["detail"]
    stolen = {"id": mine[0]["id"], "record": json.loads(event("default", "eve", new_id()))}
    assert footfall.request("POST", "/dead-letters/replay", own, json=stolen).json()["replayed"] == 0
    reply = footfall.request("POST", "/dead-letters/replay", own, json={"stage": "apply"})
    assert reply.json()["replayed"] == 1
    eventually(lambda: bought(footfall, "bob", "other") == ["e-3"])
    assert len(letters(footfall, project="default")) == 3


@pytest.mark.parametrize("body", [
    [], {}, {"ids": []}, {"ids": [1]}, {"ids": "x"}, {"id": 5}, {"id": "x", "ids": ["x"]}, {"record": {}}, {"id": "x", "record": "y"},
    {"ids": ["x"], "stage": "decode"}, {"all": True}, {"from": "soon"}, {"again": True}, {"ids": ["x"] * 1001}])
def test_bad_requests(server, body):
    reply = server.request("POST", "/dead-letters/replay", json=body)
    assert reply.status_code == 400, reply.text
