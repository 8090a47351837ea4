# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""Services behind Footfall: routes and upstreams of the settings, who may call them, what is rewritten, and changing them under load."""

import http.server
import json
import os
import signal
import socket
import threading

import pytest
import requests

from footfall import command, eventually

ROLES = ("viewer", "editor", "admin")


class Backend(http.server.ThreadingHTTPServer):
    """Answers with what it got, and with its name."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, name):
        super().__init__(("127.0.0.1", 0), Handler)
        self.name = name
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def close(self):
        self.shutdown()
        self.server_close()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        reply = json.dumps({"name": self.server.name, "method": self.command, "target": self.path, "body": body.decode(),
                            "headers": [[name.lower(), value] for name, value in self.headers.items()]}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("X-Powered-By", "magic")
        self.send_header("X-Kept", "1")
        self.send_header("Content-Length", str(len(reply)))
        self.end_headers()
        self.wfile.write(reply)

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = answer

    def log_message(self, *arguments):
        pass


@pytest.fixture
def backend():
    made = []

    def make(name="shop"):
        made.append(Backend(name))
        return made[-1]

    yield make
    for one in made:
        one.close()


def write(path, text):
    """At once, as an editor or a deployment does."""
    with open(path + ".new", "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(path + ".new", path)


def upstream(url, name="shop"):
    return f"upstreams:\n  - name: {name}\n    urls: [{url}]\n"


def start(make_server, text):
    footfall = make_server()
    os.makedirs(footfall.directory, exist_ok=True)
    path = os.path.join(footfall.directory, "footfall.yaml")
    write(path, text)
    footfall.flags += ["--config", path]
    return footfall.start(), path


def headers_of(reply):
    return dict(reply.json()["headers"])


REWRITE = """routes:
  - path: /shop/*
    upstream: shop
    access: public
    strip_prefix: /shop
    replace_prefix: /store/v2
    body_limit: 1KiB
    request_headers:
      set: ["X-Shop: a: b", "Host: shop.example.org"]
      remove: [Cookie, X-Secret]
    response_headers:
      set: ["Cache-Control: no-store", "X-Kept: 2"]
      remove: [X-Powered-By]
  - path: /shop/plain/*
    upstream: shop
    access: public
  - path: /orders/:id/lines
    upstream: shop
    access: public
    methods: [GET]
    strip_prefix: /orders
"""


def test_rewriting_and_headers(make_server, backend):
    shop = backend()
    footfall, _ = start(make_server, upstream(shop.url) + REWRITE)
    reply = requests.post(footfall.url + "/shop/cart/%C3%A4?a=b%2Fc&a", data="two", timeout=10, headers={
        "Cookie": "session=1", "X-SECRET": "2", "X-Shop": "mine", "X-Own": "kept", "Authorization": "Bearer of-the-shop"})
    assert reply.status_code == 200
    got, sent = reply.json(), headers_of(reply)
    assert got["target"] == "/store/v2/cart/%C3%A4?a=b%2Fc&a" and got["body"] == "two" and got["method"] == "POST"
    assert sent["x-shop"] == "a: b" and sent["host"] == "shop.example.org" and sent["x-own"] == "kept"
    assert [name for name, _ in got["headers"]].count("x-shop") == 1
    assert "cookie" not in sent and "x-secret" not in sent
    assert sent["authorization"] == "Bearer of-the-shop"  # of a public route it is none of ours
    assert reply.headers["Cache-Control"] == "no-store" and reply.headers["X-Kept"] == "2"
    assert "X-Powered-By" not in reply.headers and reply.headers["Content-Type"] == "application/json"

    def target(path):
        return requests.get(footfall.url + path, timeout=10).json()["target"]
    assert target("/shop") == "/store/v2" and target("/shop/") == "/store/v2/" and target("/shop?x") == "/store/v2?x"
    assert target("/shop/plain/x?y") == "/shop/plain/x?y"
    assert target("/%73hop/x") == "/store/v2/x"
    assert target("/orders/7/lines") == "/7/lines"
    assert requests.post(footfall.url + "/orders/7/lines", timeout=10).status_code == 405
    assert requests.post(footfall.url + "/shop/x", data="x" * 1025, timeout=10).status_code == 413
    assert requests.get(footfall.url + "/shopping", timeout=10).status_code == 404
    assert footfall.get_json("/projects")["items"]  # ours answer as before
    footfall.stop()


def raw(footfall, target):
    host, port = footfall.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(f"GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        return int(connection.makefile("rb").readline().split()[1])


def test_a_path_that_means_another_behind_us(make_server, backend):
    """Whoever gets a path must see the segments by which its route, and so the access to it, was chosen."""
    shop = backend()
    footfall, _ = start(make_server, upstream(shop.url) + """routes:
  - {path: /shop/*, upstream: shop, access: public, strip_prefix: /shop}
  - {path: /shop/admin/*, upstream: shop, access: admin}
  - {path: /orders/:id, upstream: shop, access: public}
""")
    for target in ("/shop/x/../admin/y", "/shop/./admin", "/shop/%2e%2e/users", "/shop/.%2E/x", "/shop//admin/x", "/shop//evil.test/x",
                   "/shop/x%2f..%2fadmin", "/shop/x%5c..%5cadmin", "/shop/..;a=b/admin", "/shop/;x/admin", "/shop/%00", "/shop/%0d%0aX:y",
                   "/shop/%zz", "/shop/x%", "/orders/%2e%2e", "/orders/..", "/orders/..%2fshop%2fadmin"):
        assert raw(footfall, target) == 400, target
    for target in ("/shop/%61dmin/x", "/%73hop/admin/x", "/shop/admin", "/shop/admin/", "http://x/shop/admin/x"):
        assert raw(footfall, target) == 401, target
    for target in ("/shop/...", "/shop/.well-known/x", "/shop/a;b=c/", "/shop/%25", "/orders/1", "/shop/x?/../admin"):
        assert raw(footfall, target) == 200, target
    footfall.stop()


def test_access(make_server, backend):
    shop = backend()
    access = ("public", "send", *ROLES)
    footfall, _ = start(make_server, upstream(shop.url) + "routes:\n" + "".join(
        f"  - {{path: /as-{name}/*, upstream: shop, access: {name}}}\n" for name in access))
    keys = {"nobody": None, "write": footfall.write_key, "wrong": "ff_" + "x" * 43}
    for role in ROLES:
        reply = footfall.request("POST", "/keys", json={"role": role, "project": "default", "label": role})
        assert reply.status_code == 201, reply.text
        keys[role] = reply.json()["key"]
    may = {"public": set(keys), "send": {"write"}, "viewer": set(ROLES), "editor": {"editor", "admin"}, "admin": {"admin"}}
    for route in access:
        for who, key in keys.items():
            headers = {"Authorization": f"Bearer {key}"} if key else {}
            for method in ("GET", "DELETE"):
                reply = requests.request(method, f"{footfall.url}/as-{route}/x", headers=headers, timeout=10)
                known = who not in ("nobody", "wrong")
                expected = 200 if who in may[route] else 403 if known else 401
                assert reply.status_code == expected, (route, who, reply.text)
                if expected == 200 and route != "public":
                    assert "authorization" not in headers_of(reply)  # a key of ours is nobody else's business
    footfall.stop()


SHOP = upstream("http://127.0.0.1:9")
REFUSED = {
    "routes:\n  - {path: /my/*, upstream: shop}": "1: routes[].access: say who may call it: public, send, viewer, editor or admin",
    "routes:\n  - {path: /my/*, upstream: shop, access: self}": "1: routes[].access: say who",
    "routes:\n  - {path: /my/*, access: admin}": "1: routes[].upstream: say where its requests go",
    "routes:\n  - {path: /my/*, access: admin,\n     upstream: shpo}": '2: routes[].upstream: no upstream is named "shpo"',
    "routes:\n  - {upstream: shop, access: admin}": "1: routes[].path: say which paths are meant",
    "routes:\n  - {path: /*, upstream: shop, access: admin}": "1: routes[].path: /* would cover paths of Footfall such as /health",
    "routes:\n  - {path: /:any/x, upstream: shop, access: admin}": "1: routes[].path: /:any/x would cover paths of Footfall",
    "routes:\n  - {path: /, upstream: shop, access: admin}": "1: routes[].path: / would cover paths of Footfall",
    "routes:\n  - {path: /health/x, upstream: shop, access: admin}": "1: routes[].path: paths that begin with /health are Footfall's own",
    "routes:\n  - {path: /users/*, upstream: shop, access: admin}": "1: routes[].path: paths that begin with /users are Footfall's own",
    "routes:\n  - {path: /v1/orders, upstream: shop, access: admin}": "1: routes[].path: paths that begin with /v1 are Footfall's own",
    "routes:\n  - {path: /auth/login, upstream: shop, access: admin}": "1: routes[].path: paths that begin with /auth are Footfall's own",
    "routes:\n  - {path: a/b, upstream: shop, access: admin}": '1: routes[].path: route "a/b" must begin with \'/\'',
    "routes:\n  - {path: /my/*/b, upstream: shop, access: admin}": "1: routes[].path: route /my/*/b may have a '*' as its last segment only",
    "routes:\n  - {path: '/my/:', upstream: shop, access: admin}": "1: routes[].path: route /my/: has a parameter without a name",
    "routes:\n  - {path: /my/../b, upstream: shop, access: admin}": "1: routes[].path: a path has no empty segments and none of . and ..",
    "routes:\n  - {path: '/my b', upstream: shop, access: admin}": "1: routes[].path: a path is written without blanks",
    "routes:\n  - {path: /my, upstream: shop, access: admin, methods: [FETCH]}": '1: routes[].methods: "FETCH" is none of GET',
    "routes:\n  - {path: /my/:x, upstream: shop, access: admin}\n  - {path: /my/:y, upstream: shop, access: viewer}":
        "2: routes[].path: /my/:y matches the same requests as /my/:x in ",
    "routes:\n  - {path: /my/*, upstream: shop, access: admin, strip_prefix: /b}": '1: routes[].strip_prefix: "/b" is not what /my/* begins with',
    "routes:\n  - {path: /my/*, upstream: shop, access: admin, replace_prefix: b}": '1: routes[].replace_prefix: "b" is no beginning of a path',
    "routes:\n  - {path: /my, upstream: shop, access: admin, request_headers: {set: [x]}}": '1: routes[].request_headers.set: "x" is no header',
    "routes:\n  - {path: /my, upstream: shop, access: admin, request_headers: {set: ['Content-Length: 1']}}":
        '1: routes[].request_headers.set: "Content-Length" is no header that may be changed',
    "routes:\n  - {path: /my, upstream: shop, access: admin, response_headers: {remove: [Connection]}}":
        '1: routes[].response_headers.remove: "Connection" is no header that may be changed',
    "routes:\n  - {path: /my, upstream: shop, access: admin, body_limit: lots}": '1: routes[].body_limit: "lots" is not a size',
    "routes:\n  - {path: /my, upstream: shop, acess: admin}": "1: routes[].acess: unknown key; did you mean routes[].access?",
}


def check(tmp_path, text):
    path = str(tmp_path / "footfall.yaml")
    write(path, text)
    return command("check-config", "--config", path), path


@pytest.mark.parametrize("routes", REFUSED, ids=lambda text: REFUSED[text][:60])
def test_a_mistake_is_named_by_its_line(tmp_path, routes):
    done, path = check(tmp_path, SHOP + routes + "\n")
    line, text = REFUSED[routes].split(":", 1)
    assert done.returncode == 2, done.stdout
    assert f"{path}:{int(line) + 4}:{text}" in done.stderr


def test_mistakes_of_upstreams(tmp_path):
    for text, expected in ((upstream("http://x:1", "Shop"), ":2: upstreams[].name: give it a name"),
                           (upstream("http://x:1", "users"), ':2: upstreams[].name: "users" is a role of Footfall'),
                           (SHOP + "  - {name: shop, urls: [http://x:1]}\n", ':4: upstreams[].name: "shop" is the name of that in '),
                           ("upstreams:\n  - name: shop\n", ":2: upstreams[].urls: name at least one address"),
                           (upstream("http://x:y"), ':3: upstreams[].urls: "http://x:y" is no address'),
                           (upstream("ftp://x"), ':3: upstreams[].urls: "ftp://x" is no address'),
                           (SHOP + "    health_path: well\n", ':4: upstreams[].health_path: "well" is no path')):
        done, path = check(tmp_path, text)
        assert done.returncode == 2 and path + expected in done.stderr, done.stderr


def test_what_counts_is_printed_and_reads_the_same(tmp_path):
    done, _ = check(tmp_path, SHOP + REWRITE)
    assert done.returncode == 0, done.stderr
    again, _ = check(tmp_path, done.stdout)
    assert again.returncode == 0, again.stderr

    def values(text):
        return [line.rsplit(" # ", 1)[0] for line in text.splitlines()]
    assert values(again.stdout) == values(done.stdout)
    assert '  - path: "/shop/*" # ' in done.stdout and '    access: "public" # ' in done.stdout


class Load:
    """Clients that ask all the time, each on a connection of its own, and keep what went wrong."""

    def __init__(self, url, clients=8):
        self.url, self.over = url, threading.Event()
        self.names, self.wrong, self.count = set(), [], 0
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self.run) for _ in range(clients)]
        for thread in self.threads:
            thread.start()

    def run(self):
        with requests.Session() as session:
            while not self.over.is_set():
                reply = session.get(self.url, timeout=30)
                with self.lock:
                    self.count += 1
                    if reply.status_code == 200:
                        self.names.add((reply.json()["name"], reply.json()["target"]))
                    else:
                        self.wrong.append(reply.text)

    def end(self):
        self.over.set()
        for thread in self.threads:
            thread.join()


def test_routes_change_under_load(make_server, backend):
    first, second = backend("first"), backend("second")

    def routes(url, replace):
        return upstream(url) + f"routes:\n  - {{path: /shop/*, upstream: shop, access: public, strip_prefix: /shop{replace}}}\n"
    footfall, path = start(make_server, routes(first.url, ""))
    load = Load(footfall.url + "/shop/x")
    try:
        for turn in range(12):
            target = f"/t{turn}/x"
            chosen = (first, second)[turn % 2]
            write(path, routes(chosen.url, f", replace_prefix: /t{turn}"))
            footfall.signal(signal.SIGHUP)
            eventually(lambda: (chosen.name, target) in load.names)
            # A broken file changes nothing, and says where.
            write(path, routes(chosen.url, "") + "  - {path: /x/*, upstream: nobody, access: public}\n")
            footfall.signal(signal.SIGHUP)
            said = 'footfall.yaml:6: routes[].upstream: no upstream is named \\"nobody\\"'
            eventually(lambda: footfall.stderr.count(said) == turn + 1)
            assert requests.get(footfall.url + "/shop/x", timeout=10).json()["target"] == target
    finally:
        load.end()
    assert not load.wrong, load.wrong[:3]
    assert load.count > 100
    # A route that has gone is gone, and one that has come is there.
    write(path, upstream(second.url) + "routes:\n  - {path: /other, upstream: shop, access: admin}\n")
    footfall.signal(signal.SIGHUP)
    eventually(lambda: requests.get(footfall.url + "/other", timeout=10).status_code == 401)
    assert requests.get(footfall.url + "/shop/x", timeout=10).status_code == 404
    assert footfall.get("/other").json()["target"] == "/other"
    footfall.stop()


def upstreams_of(footfall):
    return {one["name"]: one for one in footfall.status().get("upstreams", [])}


def test_status_shows_configured_upstreams(make_server, backend):
    shop = backend()
    with socket.socket() as closed:  # bound, and nobody listens
        closed.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{closed.getsockname()[1]}"
        footfall, path = start(make_server, f"upstreams:\n  - {{name: shop, urls: ['{shop.url}', '{nobody}'], health_path: /well}}\n"
                               "routes:\n  - {path: /shop/*, upstream: shop, access: public}\ngateway: {health_interval: 100ms}\n")

        def states():
            return {one["url"]: one["state"] for one in upstreams_of(footfall)["shop"]["addresses"]}
        eventually(lambda: states() == {shop.url.removeprefix("http://"): "healthy", nobody.removeprefix("http://"): "unhealthy"})
        for _ in range(3):
            assert requests.get(footfall.url + "/shop/x", timeout=10).status_code == 200
        view = upstreams_of(footfall)["shop"]
        assert view["active"] == 0 and view["breaker"] == "closed" and view["waiting"] == view["retrying"] == 0
        by_url = {one["url"]: one for one in view["addresses"]}
        assert by_url[shop.url.removeprefix("http://")]["requests"] == 3
        assert by_url[shop.url.removeprefix("http://")]["address"] == "127.0.0.1"
        assert by_url[nobody.removeprefix("http://")]["checks"] > 0
    # Described otherwise it is another, and the one before goes.
    write(path, upstream(shop.url, "store") + "routes:\n  - {path: /shop/*, upstream: store, access: public}\n")
    footfall.signal(signal.SIGHUP)
    eventually(lambda: set(upstreams_of(footfall)) == {"store"})
    assert requests.get(footfall.url + "/shop/x", timeout=10).status_code == 200
    write(path, "")
    footfall.signal(signal.SIGHUP)
    eventually(lambda: upstreams_of(footfall) == {})
    footfall.stop()


def test_routes_and_limits_change_together_or_not_at_all(make_server, backend):
    shop = backend()
    route = "routes:\n  - {path: /%s/*, upstream: shop, access: public}\nlimits: {exempt: [], routes: ['GET /%s/*=1/h burst %d']}\n"
    footfall, path = start(make_server, upstream(shop.url) + route % ("one", "one", 1))

    def ask(name):
        return requests.get(f"{footfall.url}/{name}/x", timeout=10)
    assert [ask("one").status_code for _ in range(2)] == [200, 429]
    # The new routes are right, the limits with them are not: both stay.
    for wrong in (route % ("two", "one", 5), route % ("two", "two", 0)):
        said = footfall.stderr.count("settings stay as they were")
        write(path, upstream(shop.url) + wrong)
        footfall.signal(signal.SIGHUP)
        eventually(lambda said=said: footfall.stderr.count("settings stay as they were") == said + 1)
        assert ask("one").status_code == 429 and ask("two").status_code == 404
    # A name that leads nowhere changes nothing either.
    write(path, upstream("http://nowhere.invalid:1") + route % ("two", "two", 5))
    footfall.signal(signal.SIGHUP)
    eventually(lambda: "upstream shop: nowhere.invalid" in footfall.stderr)
    assert ask("two").status_code == 404
    write(path, upstream(shop.url) + route % ("two", "two", 1))
    footfall.signal(signal.SIGHUP)
    eventually(lambda: ask("one").status_code == 404)
    assert [ask("two").status_code for _ in range(2)] == [200, 429]
    footfall.stop()
