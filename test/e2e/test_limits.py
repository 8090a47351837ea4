# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""Asking too often: who is counted together, what the refusal says, and that others do not notice."""

import os
import signal
import socket
import threading

import pytest
import requests

from footfall import command, eventually, new_id

# Buckets that do not fill while a test runs.
FEW = "1/h burst 5"


def event(user):
    return {"type": "track", "event": "tried", "userId": user, "messageId": new_id()}


def check_refusal(reply, status, who, burst=5):
    assert reply.status_code == status, reply.text
    assert 1 <= int(reply.headers["Retry-After"]) <= 3600
    assert reply.headers["RateLimit-Limit"] == str(burst)
    assert reply.headers["RateLimit-Remaining"] == "0"
    assert reply.headers["RateLimit-Policy"] == f'"{who}";q={burst};w={burst * 3600}'
    assert reply.headers["RateLimit"].startswith(f'"{who}";r=0;t=')
    assert reply.headers["Content-Type"] == "application/problem+json"
    problem = reply.json()
    assert problem["status"] == status and "try again" in problem["detail"]
    assert problem["requestId"] == reply.headers["X-Request-Id"]


def test_a_newcomer_meets_no_limit(server):
    for _ in range(50):
        assert server.get("/users").status_code == 200
    assert "RateLimit-Remaining" in server.get("/users").headers


def test_an_address_is_counted_by_what_a_trusted_proxy_says(make_server):
    footfall = make_server("--limits.exempt=", "--limits.address", FEW, "--http.trusted_proxies", "127.0.0.0/8").start()

    def ask(address):
        return footfall.http.get(footfall.url + "/nowhere", headers={"X-Forwarded-For": address})
    for number in range(5):
        assert ask(f"2001:db8::{number}").status_code == 404
    check_refusal(ask("2001:db8::77"), 429, "address")
    assert ask("192.0.2.1").status_code == 404
    assert 'footfall_limits_refused_total{limit="address"} 1' in footfall.metrics()
    footfall.discard()


def test_a_key_is_counted_apart_from_others(make_server):
    footfall = make_server("--limits.exempt=", "--limits.key", FEW).start()
    other = footfall.request("POST", "/keys", json={"role": "viewer", "project": "default"}).json()["key"]
    left = [int(footfall.get("/users").headers["RateLimit-Remaining"]) for _ in range(4)]
    assert left == [3, 2, 1, 0]
    check_refusal(footfall.get("/users"), 429, "key")
    assert footfall.get("/users", other).status_code == 200
    # A wrong key is refused for what it is.
    assert footfall.get("/users", "ff_wrong").status_code == 401
    footfall.discard()


def test_events_are_refused_in_a_way_that_their_sdk_understands(make_server):
    footfall = make_server("--limits.exempt=", "--limits.events", FEW).start()
    user = new_id("limited")
    for _ in range(5):
        footfall.send(event(user), event(user))
    check_refusal(footfall.post("/v1/batch", {"batch": [event(user)]}), 429, "events")
    # posthog-js would drop what got a 429.
    body = {"api_key": footfall.write_key, "batch": [{"event": "tried", "distinct_id": user}]}
    check_refusal(footfall.http.post(footfall.url + "/batch/", json=body), 503, "events")
    footfall.settle()
    assert len(footfall.ids(user, name="tried")) == 10
    footfall.discard()


def test_a_route_has_a_limit_of_its_own(make_server):
    footfall = make_server("--limits.exempt=", "--limits.routes", f"GET /users={FEW}").start()
    for _ in range(5):
        assert footfall.get("/users").status_code == 200
    check_refusal(footfall.get("/users"), 429, "route")
    assert footfall.get("/reports/daily").status_code == 200
    footfall.discard()


def test_bodies_are_limited_by_route(make_server):
    footfall = make_server("--limits.body", "2KiB").start()
    large = "x" * 3000
    reply = footfall.request("PUT", "/users/large", json={"traits": {"text": large}})
    assert reply.status_code == 413, reply.text
    footfall.send({"type": "track", "event": "large", "userId": "large", "properties": {"text": large}})
    footfall.discard()


@pytest.mark.parametrize("flag,value", [
    ("--limits.address", "fast"), ("--limits.key", "1/week"), ("--limits.events", "0/s"), ("--limits.routes", "GET /nowhere=1/s"),
    ("--limits.routes", "1/s"), ("--limits.exempt", "here")])
def test_wrong_limits_are_refused_at_start(tmp_path, flag, value):
    done = command("run", "--data", tmp_path, "--listen", "127.0.0.1:0", "--management.listen", "127.0.0.1:0", flag, value)
    assert done.returncode == 2, done.stderr
    assert flag[2:] in done.stderr


def test_a_quota_is_kept_over_a_restart(make_server):
    footfall = make_server("--quotas.events", "10", "--quotas.projects", "free=0").start()
    user = new_id("quota")
    footfall.send(*[event(user) for _ in range(7)])
    eventually(lambda: footfall.status()["usage"]["projects"].get("default") == {"events": 7, "quota": 10})
    reply = footfall.post("/v1/batch", {"batch": [event(user) for _ in range(4)]})
    assert reply.status_code == 429 and reply.headers["RateLimit-Remaining"] == "3"
    assert reply.headers["RateLimit-Policy"] == '"quota";q=10;w=86400'
    assert 1 <= int(reply.headers["Retry-After"]) <= 86400
    # Events that are rejected cost nothing.
    assert footfall.post("/v1/track", {"userId": user}).status_code == 400
    footfall.restart()
    assert footfall.post("/v1/batch", {"batch": [event(user) for _ in range(4)]}).status_code == 429
    footfall.send(event(user), event(user), event(user))
    body = {"api_key": footfall.write_key, "batch": [{"event": "tried", "distinct_id": user}]}
    assert footfall.http.post(footfall.url + "/batch/", json=body).status_code == 503
    # Another project does not notice.
    footfall.request("POST", "/projects", json={"id": "free"})
    key = footfall.request("POST", "/keys", json={"role": "write", "project": "free"}).json()["key"]
    batch = {"batch": [event(user) for _ in range(50)]}
    assert footfall.http.post(footfall.url + "/v1/batch", json=batch, auth=(key, "")).status_code == 200
    footfall.settle()
    assert len(footfall.ids(user, name="tried")) == 10
    metrics = footfall.metrics()
    assert "footfall_quota_refused_events_total 5" in metrics and "footfall_quota_fullest_ratio 1" in metrics
    footfall.stop()


def test_what_the_log_did_not_keep_costs_nothing(make_server):
    footfall = make_server("--quotas.events", "100", "--embedded.disk_quota", "1").start()
    for _ in range(5):
        assert footfall.post("/v1/batch", {"batch": [event("u") for _ in range(30)]}).status_code == 503
    assert footfall.status()["usage"]["projects"]["default"]["events"] == 0
    footfall.stop()


@pytest.mark.parametrize("value", ["shop", "shop=x", "=1"])
def test_wrong_quotas_are_refused_at_start(tmp_path, value):
    done = command("run", "--data", tmp_path, "--listen", "127.0.0.1:0", "--management.listen", "127.0.0.1:0", "--quotas.projects", value)
    assert done.returncode == 2 and "quotas.projects" in done.stderr


def test_limits_change_under_load_without_a_dropped_request(make_server):
    footfall = make_server()
    path = os.path.join(footfall.directory, "footfall.yaml")
    os.makedirs(footfall.directory, exist_ok=True)

    def configure(text):
        with open(path + ".new", "w", encoding="utf-8") as file:
            file.write(f"limits: {{exempt: [], events: none, key: {text}}}\n")
        os.replace(path + ".new", path)
    configure('"1/h burst 400000"')
    footfall.flags += ["--config", path]
    footfall.start()
    over, statuses = threading.Event(), []

    def load():
        with requests.Session() as session:
            while not over.is_set():
                reply = session.post(footfall.url + "/v1/track", json={"event": "x", "userId": "u"}, auth=(footfall.write_key, ""))
                statuses.append(reply.status_code)
    threads = [threading.Thread(target=load) for _ in range(3)]
    for thread in threads:
        thread.start()
    for number in range(10):
        configure(f'"1/h burst {number + 500}"')
        before = footfall.stderr.count("settings were read again")
        footfall.signal(signal.SIGHUP)
        eventually(lambda: footfall.stderr.count("settings were read again") > before)
        assert footfall.get("/users").headers["RateLimit-Limit"] == str(number + 500)
    configure('"many"')
    footfall.signal(signal.SIGHUP)
    eventually(lambda: "settings stay as they were" in footfall.stderr)
    assert footfall.get("/users").headers["RateLimit-Limit"] == "509"
    over.set()
    for thread in threads:
        thread.join()
    assert len(statuses) > 20 and set(statuses) == {200}
    assert "limits.key" in footfall.stderr
    footfall.stop()


def test_a_limit_names_a_configured_route(make_server):
    text = "upstreams:\n  - {{name: shop, urls: ['http://127.0.0.1:9']}}\nroutes:\n  - {{path: /shop/*, upstream: shop, access: public}}\n" \
           "limits: {{exempt: [], routes: ['GET {path}=" + FEW + "']}}\n"
    footfall = make_server()
    os.makedirs(footfall.directory, exist_ok=True)
    path = os.path.join(footfall.directory, "footfall.yaml")

    def configure(limited):
        with open(path + ".new", "w", encoding="utf-8") as file:
            file.write(text.format(path=limited))
        os.replace(path + ".new", path)
    configure("/shop/*")
    footfall.flags += ["--config", path]
    footfall.start()
    for _ in range(5):
        assert footfall.http.get(footfall.url + "/shop/x").status_code == 503  # nobody is there
    check_refusal(footfall.http.get(footfall.url + "/shop/x"), 429, "route")
    # One that names nothing is refused, by the check and when it is read again.
    configure("/shop/y")
    done = command("check-config", "--config", path)
    assert done.returncode == 2 and "limits.routes: there is no route" in done.stderr, done.stderr
    footfall.signal(signal.SIGHUP)
    eventually(lambda: "settings stay as they were" in footfall.stderr)
    check_refusal(footfall.http.get(footfall.url + "/shop/x"), 429, "route")
    footfall.stop()


def test_bodies_under_way_are_bounded_over_all_connections(make_server):
    footfall = make_server("--http.memory_limit", "2MiB", "--http.body_limit", "1MiB", "--http.threads", "1").start()
    host, port = footfall.url.removeprefix("http://").split(":")
    head = f"PUT /users/u HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {footfall.api_key}\r\nContent-Length: 600000\r\n\r\n".encode()
    held = []

    def begin():
        held.append(socket.create_connection((host, int(port)), timeout=30))
        held[-1].sendall(head + b" " * 500000)

    def refusals():
        found = [line for line in footfall.metrics().splitlines() if line.startswith('footfall_http_overloaded_total{server="public"}')]
        return int(float(found[0].rsplit(" ", 1)[1])) if found else 0

    try:
        for _ in range(12):  # as many as hold 2 MiB, and some more
            begin()
        eventually(lambda: refusals() > 0)
        answers = []
        for connection in held:
            connection.settimeout(0.01)
            try:
                answers.append(connection.recv(4096).decode())
            except (TimeoutError, ConnectionResetError):
                continue
        assert any("HTTP/1.1 503 " in answer and "Retry-After: 1" in answer for answer in answers), answers
        # Who brings little is served meanwhile.
        assert footfall.get("/users").status_code == 200
        footfall.send(event("small"))
    finally:
        for connection in held:
            connection.close()
    # And so is everybody when they have gone.
    eventually(lambda: footfall.request("PUT", "/users/large", json={"traits": {"text": "x" * 500000}}).status_code != 503)
    footfall.stop()
