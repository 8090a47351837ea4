# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""Who may do what: every role on every route, and keys that are wrong, revoked or for another project."""

import base64

import pytest

from footfall import eventually, new_id

ROLES = ("viewer", "editor", "admin")
# Method, path, body, and the least role that may.
ROUTES = [
    ("GET", "/users", None, "viewer"), ("POST", "/users", {}, "editor"), ("GET", "/users/known", None, "viewer"),
    ("PUT", "/users/known", {}, "editor"), ("PATCH", "/users/known", {}, "editor"), ("DELETE", "/users/gone", None, "editor"),
    ("GET", "/users/known/activities", None, "viewer"), ("GET", "/users/known/reports/daily", None, "viewer"),
    ("GET", "/reports/daily", None, "viewer"), ("GET", "/reports/active", None, "viewer"),
    ("GET", "/reports/events", None, "viewer"), ("GET", "/reports/sessions", None, "viewer"),
    ("GET", "/status", None, "admin"), ("GET", "/dead-letters", None, "admin"), ("GET", "/projects", None, "admin"),
    ("POST", "/projects", {"id": "default"}, "admin"), ("GET", "/keys", None, "admin"),
    ("POST", "/keys", {"role": "nothing"}, "admin"), ("DELETE", "/keys/nothing", None, "admin"),
]


@pytest.fixture(scope="module")
def keys(server):
    """A key of each role, for all projects and for one."""
    made = {}
    server.request("PUT", "/users/known", json={})
    server.request("POST", "/projects", json={"id": "second"})
    for role in ROLES:
        made[role] = server.request("POST", "/keys", json={"role": role}).json()["key"]
        made[role, "default"] = server.request("POST", "/keys", json={"role": role, "project": "default"}).json()["key"]
        made[role, "second"] = server.request("POST", "/keys", json={"role": role, "project": "second"}).json()["key"]
    return made


def allowed(role, least):
    return ROLES.index(role) >= ROLES.index(least)


@pytest.mark.parametrize("method,path,body,least", ROUTES, ids=[f"{route[0]} {route[1]}" for route in ROUTES])
def test_roles_by_route(server, keys, method, path, body, least):
    for role in ROLES:
        # A key of one project administers that project and cannot make another.
        of_one_project = [] if (method, path) == ("POST", "/projects") else [keys[role, "default"]]
        for key in (keys[role], *of_one_project):
            reply = server.request(method, path, key, json=body)
            if allowed(role, least):
                assert reply.status_code not in (401, 403, 405, 500), (role, reply.status_code, reply.text)
            else:
                assert reply.status_code == 403, (role, reply.status_code, reply.text)
                assert reply.json()["status"] == 403
    for key in ("", "ff_wrong", server.credentials["password"], keys["admin"][:-1], keys["admin"] + "x", keys["admin"].upper()):
        reply = server.request(method, path, key, json=body)
        assert reply.status_code == 401, (key, reply.status_code)
        assert reply.headers["WWW-Authenticate"].startswith("Bearer")
    # A write key is public and may only send.
    assert server.request(method, path, server.write_key, json=body).status_code == 403


def test_api_keys_may_stand_in_basic(server, keys):
    for pair in ((keys["viewer"], ""), ("anybody", keys["viewer"])):
        assert server.http.get(server.url + "/reports/daily", auth=pair).status_code == 200
    unpadded = base64.b64encode(f"{keys['viewer']}:".encode()).decode().rstrip("=")
    assert server.request("GET", "/reports/daily", "", headers={"Authorization": f"Basic {unpadded}"}).status_code == 200


@pytest.mark.parametrize("header", ["Basic", "Bearer", "Basic ====", "Bearer  ", "Digest x", "Basic /w==", "Negotiate abc"])
def test_odd_authorization_headers(server, header):
    assert server.request("GET", "/reports/daily", "", headers={"Authorization": header}).status_code == 401


def test_a_browser_is_asked_for_the_key(server):
    reply = server.request("GET", "/reports/daily", "", headers={"Accept": "text/html,*/*"})
    assert reply.status_code == 401
    assert "Basic" in reply.headers["WWW-Authenticate"]


def test_a_key_of_one_project_does_not_see_another(server, keys):
    event = {"type": "track", "event": "x", "userId": "only-default", "messageId": new_id()}
    server.send(event)
    server.wait_for_ids("only-default", [event["messageId"]])
    viewer = keys["viewer", "second"]
    assert server.get("/users/only-default", viewer).status_code == 404
    assert server.get("/users/only-default", viewer, project="default").status_code == 404
    assert server.get("/reports/daily", viewer, project="default").status_code == 404
    assert server.get("/reports/daily", viewer).json()["project"] == "second"
    admin = keys["admin", "second"]
    assert {row["project"] for row in server.get("/keys", admin).json()["items"]} == {"second"}
    assert [row["id"] for row in server.get("/projects", admin).json()["items"]] == ["second"]
    assert server.request("POST", "/keys", admin, json={"role": "viewer", "project": "default"}).status_code == 404
    assert server.request("POST", "/projects", admin, json={"id": "third"}).status_code == 403
    foreign = next(row["id"] for row in server.get("/keys").json()["items"] if row["project"] == "default")
    assert server.request("DELETE", f"/keys/{foreign}", admin).status_code == 404
    made = server.request("POST", "/keys", admin, json={"role": "admin"})
    assert made.status_code == 201 and made.json()["project"] == "second"


def test_status_and_dead_letters_of_a_project_key(server, keys):
    assert server.get("/dead-letters", keys["admin", "second"]).json()["items"] == []
    assert server.get("/dead-letters", keys["admin", "second"], project="second").status_code == 200
    assert server.get("/dead-letters", keys["admin", "second"], project="default").status_code == 404
    assert server.get("/dead-letters", project="nowhere").status_code == 404


def test_a_write_key_sends_to_its_own_project_only(server, keys):
    key = server.request("POST", "/keys", json={"role": "write", "project": "second"}).json()["key"]
    reply = server.http.post(server.url + "/activities", auth=(key, ""),
                             json={"type": "click", "userId": "sent-to-second", "messageId": new_id()})
    assert reply.status_code == 202
    eventually(lambda: server.get("/users/sent-to-second", project="second").status_code == 200)
    assert server.get("/users/sent-to-second").status_code == 404


def test_admin_keys_do_not_send(server, keys):
    """Events come from write keys: an API key that ended up in a web page must not look as if it worked."""
    reply = server.http.post(server.url + "/activities", json={"type": "click", "userId": "u"},
                             headers={"Authorization": f"Bearer {keys['admin']}"})
    assert reply.status_code == 401


def test_a_revoked_key_stops_working_at_once(server):
    made = server.request("POST", "/keys", json={"role": "viewer", "label": "short-lived"}).json()
    assert server.get("/reports/daily", made["key"]).status_code == 200
    assert server.request("DELETE", f"/keys/{made['id']}").status_code == 204
    assert server.get("/reports/daily", made["key"]).status_code == 401
    assert server.request("DELETE", f"/keys/{made['id']}").status_code == 404


def test_api_keys_are_shown_once(server):
    made = server.request("POST", "/keys", json={"role": "viewer", "label": "shown once"}).json()
    listed = server.get("/keys")
    assert made["key"] not in listed.text and server.api_key not in listed.text
    row = next(row for row in listed.json()["items"] if row["id"] == made["id"])
    assert (row["label"], row["role"]) == ("shown once", "viewer") and "key" not in row


@pytest.mark.parametrize("body", [{}, {"role": "owner"}, {"role": "write"}, {"role": "viewer", "project": "nowhere"},
                                  {"role": 7}, {"role": "viewer", "colour": "x"}, [], "viewer"])
def test_keys_that_cannot_be_made(server, body):
    assert server.request("POST", "/keys", json=body).status_code == 400


@pytest.mark.parametrize("body,status", [({}, 400), ({"id": "Upper"}, 400), ({"id": "a/b"}, 400), ({"id": "x" * 65}, 400),
                                         ({"id": "zone", "timeZone": "Mars/Olympus"}, 400),
                                         ({"id": "zone", "timeZone": "../../etc/passwd"}, 400), ({"id": "default"}, 409)])
def test_projects_that_cannot_be_made(server, body, status):
    assert server.request("POST", "/projects", json=body).status_code == status


def test_what_is_not_in_the_table_is_refused(server):
    assert server.get("/").status_code in (404, 200)
    assert server.get("/admin").status_code == 404
    reply = server.request("PUT", "/reports/daily", json={})
    assert reply.status_code == 405
    assert set(reply.headers["Allow"].replace(" ", "").split(",")) == {"GET", "HEAD", "OPTIONS"}
    # Health and metrics are on the management port alone.
    for path in ("/metrics", "/health", "/actuator/prometheus"):
        assert server.get(path).status_code == 404


def test_preflights_need_no_key(server):
    for path in ("/v1/batch", "/v1/t", "/e/", "/activities"):
        reply = server.http.options(server.url + path, headers={
            "Origin": "https://shop.example.com", "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization,content-type,x-custom"})
        assert reply.status_code in (200, 204)
        assert reply.headers["Access-Control-Allow-Origin"] in ("https://shop.example.com", "*")
        assert "authorization" in reply.headers["Access-Control-Allow-Headers"].lower()
        assert int(reply.headers["Access-Control-Max-Age"]) > 0
    # Reports are not for pages of others.
    reply = server.http.get(server.url + "/reports/daily", headers={"Origin": "https://evil.example.com"})
    assert "Access-Control-Allow-Origin" not in reply.headers
