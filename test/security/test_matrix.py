# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""Every route x every role x own and another project, from the table of routes; and that docs/api.md says the same."""

import glob
import http.server
import json
import os
import re
import threading

import pytest

from footfall import HERE, Footfall, command, eventually, new_id

ROOT = os.path.join(HERE, "..", "..")
PROJECTS = ("default", "other")
LADDER = ("viewer", "editor", "admin")
# Access as the routes declare it, and as docs/api.md calls it.
IN_THE_DOCS = {"anyone": "public", "write key": "write key", "self, viewer": "self", "viewer": "viewer", "editor": "editor",
               "admin": "admin", "self, admin": "own", "config user": "config user"}
# Routes about the installation, which a key of one project cannot use whatever its role.
FOR_ALL_PROJECTS = {("POST", "/projects"), ("POST", "/auth/keys/rotate"), ("POST", "/replays"), ("GET", "/replays"),
                    ("HEAD", "/replays"), ("GET", "/replays/:id"), ("HEAD", "/replays/:id"), ("DELETE", "/replays/:id"),
                    ("POST", "/replays/:id/switch"), ("GET", "/backups"), ("HEAD", "/backups"), ("POST", "/backups")}


ROUTES = json.loads(command("routes", "--json").stdout)["items"]
# The role config is never in one process with others and knows no keys: test/e2e/test_config_server.py asks it who may.
PUBLIC_PORT = [row for row in ROUTES if row["role"] not in ("management", "config")]
NAMES = [f"{row['method']} {row['pattern']}" for row in PUBLIC_PORT]


def has_route(method, pattern):
    return any((row["method"], row["pattern"]) == (method, pattern) for row in ROUTES)


# Tokens of people join as soon as they can be made.
SELF = ("self",) if has_route("POST", "/auth/token") and has_route("POST", "/accounts") else ()


def allowed(role, access):
    """The table of roles, written down once more: nobody, write, self, viewer, editor, admin."""
    if access == "public":
        return True
    if access == "write key":
        return role == "write"
    if access == "self":
        return role == "self" or role in LADDER
    if access == "own":
        return role in ("self", "admin")
    return role in LADDER and LADDER.index(role) >= LADDER.index(access)


# --- The documentation, and the sources ---------------------------------------------------------------------------------


def documented():
    """(role, method, pattern) -> access, of the tables "| method | path | role | who |" in docs/api.md."""
    found = {}
    with open(os.path.join(ROOT, "docs", "api.md"), encoding="utf-8") as file:
        section = file.read().split("## Who may call what", 1)[1].split("\n## ", 1)[0]
    for line in section.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) != 4 or cells[3] not in IN_THE_DOCS:
            continue
        for method in re.findall(r"`([A-Z]+)`", cells[0]):
            for path in re.findall(r"`(/[^`]*)`", cells[1]):
                row = (cells[2], method, re.sub(r"\{(\w+)\}", r":\1", path))
                assert row not in found, f"twice in docs/api.md: {row}"
                found[row] = IN_THE_DOCS[cells[3]]
    return found


def test_the_documentation_says_the_same():
    declared = {(row["role"], row["method"], row["pattern"]): row["access"] for row in ROUTES if row["method"] != "OPTIONS"}
    written = documented()
    missing = {row: access for row, access in declared.items() if written.get(row) != access}
    assert not missing, f"docs/api.md lacks these, or gives them to others: {missing}"
    assert not (gone := written.keys() - declared.keys()), f"docs/api.md has what is not there: {gone}"


def test_preflights_are_for_ingest_alone():
    ingest = {row["pattern"] for row in ROUTES if row["role"] == "activity" and row["method"] != "OPTIONS"}
    preflights = [row for row in ROUTES if row["method"] == "OPTIONS"]
    assert {row["pattern"] for row in preflights} == ingest
    assert {(row["role"], row["access"]) for row in preflights} == {("activity", "public")}


def test_no_table_of_routes_is_left_out():
    """The listing names role tables one by one; a table that the sources declare and it does not is found here."""
    listed = {row["pattern"] for row in ROUTES}
    for path in glob.glob(os.path.join(ROOT, "src", "**", "*.c"), recursive=True):
        with open(path, encoding="utf-8") as file:
            text = file.read()
        for table in re.findall(r"struct http_route \w+\[\] = \{(.*?)\n\};", text, re.DOTALL):
            for pattern in re.findall(r'"(/[^"]*)"', table):
                assert pattern in listed, f"{path} declares {pattern}, which `footfall routes` does not list"


# --- The matrix ---------------------------------------------------------------------------------------------------------


def mint_self(server, project):
    """A token of the person "own-person"."""
    made = server.request("POST", "/keys", json={"role": "editor", "project": project})
    assert made.status_code == 201, made.text
    reply = server.http.post(f"{server.url}/auth/token", timeout=30, auth=(made.json()["id"], made.json()["key"]),
                             data={"grant_type": "client_credentials", "subject": "own-person"})
    assert reply.status_code == 200, reply.text
    return reply.json()["access_token"]


def make_keys(server):
    for project in PROJECTS[1:]:
        assert server.request("POST", "/projects", json={"id": project}).status_code == 201
    made = {}
    for project in ("", *PROJECTS):
        for role in LADDER if not project else ("write", *LADDER):
            body = {"role": role, **({"project": project} if project else {})}
            made[role, project] = server.request("POST", "/keys", json=body).json()["key"]
    for project in PROJECTS:
        for role in SELF:
            made[role, project] = mint_self(server, project)
    return made


def prepared_erasure(server, route, project, person):
    """The same of routes about erasures."""
    pattern, method, about = route["pattern"], route["method"], {"project": project}
    refused = "refusal" in pattern
    person = new_id("refused") if refused else person
    for other in PROJECTS:
        server.request("DELETE", f"/users/{person}", params={"project": other})
    server.request("PUT", f"/users/{person}", json={}, params=about)
    if pattern == "/users/:id/erasure":
        return f"/users/{person}/erasure", None, {}
    if pattern.startswith("/erasure-holds"):
        hold = {"userId": new_id("held"), "name": "a case"}
        if method == "POST":
            return pattern, hold, {}
        made = server.request("POST", "/erasure-holds", json=hold, params=about)
        return pattern.replace(":id", made.json()["person"]), None, {}
    made = server.request("POST", f"/users/{person}/erasure", json={"keepRefusing": refused}, params=about)
    assert made.status_code == 202, made.text
    receipt = made.json()["id"]
    eventually(lambda: server.get(f"/erasures/{receipt}", **about).json()["state"] == "done")
    return pattern.replace("/erasures/:id", f"/erasures/{receipt}").replace(":id", person), None, {}
@pytest.fixture(scope="module")
def keys(server):
    """(role, project) -> what to send as Bearer; project "" is a key for all of them."""
    return make_keys(server)


def prepared(server, route, project, person="own-person"):
    """What the route is about exists in `project` alone; gives the path, and the body and headers of a request that succeeds."""
    pattern, method = route["pattern"], route["method"]
    body, headers = None, {}
    if "erasure" in pattern or "refusal" in pattern:
        return prepared_erasure(server, route, project, person)
    if ":id" in pattern and route["role"] == "users":
        for other in PROJECTS:
            server.request("DELETE", f"/users/{person}", params={"project": other})
        server.request("PUT", f"/users/{person}", json={}, params={"project": project})
        pattern = pattern.replace(":id", person)
    elif pattern == "/keys/:id":
        made = server.request("POST", "/keys", json={"role": "viewer", "project": project})
        pattern = pattern.replace(":id", made.json()["id"])
    elif pattern == "/accounts/:id":
        account = {"email": f"{new_id('a')}@example.org", "password": "a password", "role": "viewer", "project": project}
        pattern = pattern.replace(":id", server.request("POST", "/accounts", json=account).json()["email"])
    elif ":key" in pattern:
        pattern = pattern.replace(":key", server.write_key)
    pattern = re.sub(r":\w+", "nothing", pattern)
    if method in ("POST", "PUT", "PATCH"):
        body = {"/projects": {"id": new_id("p")[:20]}, "/keys": {"role": "viewer", "project": project}}.get(pattern, {})
        if method == "PUT":
            body = {"name": "written by the test"}
        elif route["access"] == "write key":
            body = {"type": "track", "event": "seen", "userId": "someone", "api_key": ""}
            if "batch" in pattern or "import" in pattern or pattern.rstrip("/") in ("/b", "/v1/b"):
                body = {"batch": [body]}
    if method == "OPTIONS":
        headers = {"Origin": "https://shop.example", "Access-Control-Request-Method": "POST"}
    return pattern, body, headers


def call(server, route, key, project, asked=None):
    path, body, headers = prepared(server, route, project)
    parameters = {"project": asked} if asked else {}
    endless = path.endswith("/stream")
    reply = server.request(route["method"], path, key or "", json=body, headers=headers, params=parameters, stream=endless)
    if endless and reply.status_code == 200:
        reply.close()
    return reply


def check_refused(reply, status, route):
    assert reply.status_code == status, f"{reply.request.method} {reply.url}: {reply.status_code} {reply.text[:300]}"
    if status == 401:
        assert "WWW-Authenticate" in reply.headers
    if route["method"] != "HEAD":
        assert reply.headers["Content-Type"] == "application/problem+json"
        assert reply.json()["status"] == status


def check_let_through(reply):
    """Whether the request is a good one is for other tests; that it was not turned away at the door is for this one."""
    if reply.status_code == 404 and "There is no delivery of that name." in reply.text:
        return  # none is configured here: who may not is told so before
    if reply.status_code == 404 and "There is no such funnel" in reply.text:
        return  # none is declared here
    if reply.status_code == 404 and ("no such dead letter" in reply.text or "no such replay" in reply.text):
        return  # none can be made by a request: test_dead_letters.py has some
    assert reply.status_code not in (401, 403, 404, 405) and reply.status_code < 500, \
        f"{reply.request.method} {reply.url}: {reply.status_code} {reply.text[:300]}"


@pytest.fixture(params=PUBLIC_PORT, ids=NAMES)
def route(request):
    return request.param


def test_nobody(server, keys, route):
    """No key, broken ones, ones that look like others."""
    admin = keys["admin", ""]
    broken = ("", "ff_wrong", admin[:-1], admin + "x", admin.swapcase(), server.credentials["password"], "null", "e30.e30.",
              "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiIsInJvbGUiOiJhZG1pbiJ9.")
    for key in broken if route["access"] != "public" else ("", "ff_wrong"):
        reply = call(server, route, key, "default")
        if allowed("nobody", route["access"]):
            check_let_through(reply)
        else:
            check_refused(reply, 401, route)


@pytest.mark.parametrize("role", ["write", *SELF, *LADDER])
def test_role_in_its_own_project(server, keys, route, role):
    reply = call(server, route, keys[role, "default"], "default")
    access = route["access"]
    if not allowed(role, access):
        # Where events are sent an API key is none that is known: it must not look as if it worked.
        check_refused(reply, 401 if access == "write key" else 403, route)
    elif (route["method"], route["pattern"]) in FOR_ALL_PROJECTS:
        check_refused(reply, 403, route)
    else:
        check_let_through(reply)


@pytest.mark.parametrize("role", LADDER)
def test_role_for_all_projects(server, keys, route, role):
    access = route["access"]
    reply = call(server, route, keys[role, ""], "default")
    if allowed(role, access):
        check_let_through(reply)
    else:
        check_refused(reply, 401 if access == "write key" else 403, route)


@pytest.mark.parametrize("role", [*SELF, *LADDER])
def test_role_of_another_project(server, keys, route, role):
    """What the route is about is in "default"; the key is of "other"."""
    access, key = route["access"], keys[role, "other"]
    if access in ("public", "write key"):
        return  # public: the same for all; write key: a key sends to its own project, whatever is asked for
    if not allowed(role, access):
        check_refused(call(server, route, key, "default"), 403, route)
        return
    if has_object(route):
        reply = call(server, route, key, "default")
        if route["method"] == "PUT":  # makes one of that id in the key's own project
            assert reply.status_code == 201
            assert server.get("/users/own-person", project="default").json()["name"] is None
        elif (route["method"], route["pattern"]) not in FOR_ALL_PROJECTS:
            check_refused(reply, 404, route)
    if takes_project(route):
        check_refused(call(server, route, key, "default", asked="default"), 404, route)
        check_refused(call(server, route, key, "default", asked="nowhere"), 404, route)
    if route["pattern"] == "/keys" and route["method"] == "POST":
        check_refused(call(server, route, key, "default"), 404, route)
    if (route["method"], route["pattern"]) in FOR_ALL_PROJECTS:
        check_refused(call(server, route, key, "default"), 403, route)


def has_object(route):
    # Of a message that is another project's it says that nothing is known: see test_message_trail.py.
    return ":id" in route["pattern"] and route["pattern"] != "/status/messages/:id"


def takes_project(route):
    return route["role"] in ("users", "reports") or route["pattern"] in ("/dead-letters", "/audit", "/status/messages/:id")


def test_lists_hold_nothing_of_another_project(server, keys):
    """Lists have no 404: they must simply not show it."""
    admin = keys["admin", "other"]
    assert {row["project"] for row in server.get("/keys", admin).json()["items"]} == {"other"}
    assert {row["id"] for row in server.get("/projects", admin).json()["items"]} == {"other"}
    server.request("PUT", "/users/only-in-default", json={"email": "only@example.org"})
    for path in ("/users", "/users?email=only@example.org", "/users?limit=1000"):
        ids = {row["id"] for row in server.get(path, keys["viewer", "other"]).json()["items"]}
        assert "only-in-default" not in ids


@pytest.mark.parametrize("path", ["", "/activities", "/reports/daily"] if SELF else [])
def test_self_sees_nobody_else(server, keys, path):
    server.request("PUT", "/users/own-person", json={})
    server.request("PUT", "/users/somebody-else", json={})
    token = keys["self", "default"]
    assert server.get(f"/users/own-person{path}", token).status_code == 200
    for other in ("somebody-else", "nobody-at-all", "own-person%00", "OWN-PERSON", "own-person%20"):
        assert server.get(f"/users/{other}{path}", token).status_code in (400, 403, 404), other
    seen = [server.get(f"/users/{other}{path}", token) for other in ("somebody-else", "nobody-at-all")]
    assert seen[0].status_code == seen[1].status_code, "the answer says whether somebody is there"


def test_a_write_key_sends_into_its_own_project_whatever_is_asked(server, keys):
    body = {"type": "click", "userId": new_id("sent"), "messageId": new_id()}
    reply = server.http.post(f"{server.url}/activities", auth=(keys["write", "other"], ""), json=body, timeout=30)
    assert reply.status_code == 202
    server.settle()
    assert server.get(f"/users/{body['userId']}", project="default").status_code == 404
    assert server.get(f"/users/{body['userId']}", project="other").status_code == 200


def test_management_is_on_its_own_port(server):
    for row in ROUTES:
        if row["role"] != "management":
            continue
        if row["pattern"] == "/live/feed":  # of other processes, which prove to be of the installation
            for claim in ({}, {"Authorization": f"Bearer {server.api_key}"}, {"Authorization": f"Footfall-Peer 1 1 {'0' * 64}"}):
                # The gateway alone has no feed.
                refused = (401, 404) if os.environ.get("FOOTFALL_E2E_DEPLOYMENT") == "cluster" else (401,)
                assert server.http.get(server.management_url + row["pattern"], headers=claim, timeout=30).status_code in refused
            assert server.http.get(server.url + row["pattern"], timeout=30).status_code == 404
            continue
        assert row["access"] == "public" and row["method"] in ("GET", "POST")
        if row["method"] == "GET":
            assert server.http.get(server.management_url + row["pattern"], timeout=30).status_code == 200
        reply = server.http.request(row["method"], server.url + row["pattern"], timeout=30)
        assert reply.status_code == (401 if has_public_twin(row) else 404), row


def has_public_twin(row):
    return any(other["pattern"] == row["pattern"] for other in PUBLIC_PORT)


# --- Routes of the settings ---------------------------------------------------------------------------------------------
# access as footfall.yaml calls it -> as the listing does
CONFIGURED = {"public": "public", "send": "write key", "viewer": "viewer", "editor": "editor", "admin": "admin"}
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


class Service(http.server.BaseHTTPRequestHandler):
    """Not ours: it answers everybody, and counts."""

    protocol_version = "HTTP/1.1"

    def answer(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.seen.append((self.path, self.headers.get("Authorization")))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = answer

    def log_message(self, *arguments):
        pass


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """A Footfall with a route of every access to a service behind it: (Footfall, its keys, what the service has seen)."""
    service = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Service)
    service.daemon_threads, service.seen = True, []
    threading.Thread(target=service.serve_forever, daemon=True).start()
    directory = tmp_path_factory.mktemp("configured")
    config = directory / "footfall.yaml"
    config.write_text(f"upstreams:\n  - {{name: shop, urls: ['http://127.0.0.1:{service.server_address[1]}']}}\nroutes:\n" + "".join(
        f"  - {{path: /as-{access}/*, upstream: shop, access: {access}, methods: [{', '.join(METHODS)}]}}\n" for access in CONFIGURED))
    footfall = Footfall(directory / "data", "--embedded.disk_reserve", "0", "--config", str(config)).start()
    try:
        yield footfall, make_keys(footfall), service.seen
        footfall.stop()
    finally:
        footfall.discard()
        service.shutdown()
        service.server_close()


def test_configured_routes_are_listed(shop):
    footfall, _, _ = shop
    config = footfall.flags[footfall.flags.index("--config") + 1]
    rows = json.loads(command("routes", "--json", "--config", config).stdout)["items"]
    listed = {(row["method"], row["pattern"]): row["access"] for row in rows if row["role"] == "upstream"}
    assert listed == {(method, f"/as-{access}/*"): CONFIGURED[access] for access in CONFIGURED for method in METHODS}


def expected_of(role, access):
    if role == "nobody":
        return 200 if access == "public" else 401
    return 200 if allowed(role, CONFIGURED[access]) else 403


@pytest.mark.parametrize("access", CONFIGURED)
@pytest.mark.parametrize("role", ["nobody", "unknown", "write", *SELF, *LADDER])
def test_configured_routes(shop, access, role):
    """What is behind them has no projects of ours, so a key of one project may what that of another may; ?project= is the service's."""
    footfall, keys, seen = shop
    given = {"nobody": [None], "unknown": ["ff_" + "x" * 43, "null"]}.get(role, [key for (of, _), key in keys.items() if of == role])
    for key in given:
        headers = {} if key is None else {"Authorization": f"Bearer {key}"}
        for method in METHODS:
            for query in ("", "?project=default", "?project=other"):
                before = len(seen)
                reply = footfall.http.request(method, f"{footfall.url}/as-{access}/x{query}", headers=headers, timeout=30)
                wanted = expected_of("nobody" if role == "unknown" else role, access)
                if wanted != 200:
                    check_refused(reply, wanted, {"method": method})
                    assert len(seen) == before, "the service was asked all the same"
                    continue
                assert reply.status_code == 200, (method, query, reply.text)
                path, authorization = seen[before]
                assert path == f"/as-{access}/x{query}" and len(seen) == before + 1
                # A key of ours is nobody else's business; of a public route the header is the service's own.
                assert authorization == (headers.get("Authorization") if access == "public" else None)
