# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""docs/openapi.yaml is valid, has every route with its role, and is what the server serves; its examples are what it says."""

import html.parser
import json
import os
import re
import subprocess

import jsonschema
import pytest
import requests

import contract
from footfall import HERE, command

ROUTES = json.loads(command("routes", "--json").stdout)["items"]
OPERATIONS = list(contract.operations())
NAMES = [f"{method.upper()} {path}" for method, path, _ in OPERATIONS]
KEYLESS = ("public", "write key")
# What any request may be answered with, whatever it asks for.
ANY_REQUEST = {"400", "408", "413", "414", "417", "429", "431", "500", "501", "503", "505"}


def test_the_document_is_valid():
    folder = os.path.join(HERE, "api")
    if not os.path.isdir(os.path.join(folder, "node_modules")):
        raise RuntimeError("the validator is not installed: run tools/install-node-packages")
    done = subprocess.run(["node", "validate.mjs", contract.FILE], cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          encoding="utf-8", timeout=120, check=True)
    result = json.loads(done.stdout)
    assert result["valid"], result["errors"]
    assert result["version"] == "3.1" and contract.document()["openapi"].startswith("3.1.")


def test_every_route_is_in_the_document_and_no_other():
    # The role config speaks Spring Cloud Config's contract, on a port of its own.
    declared = {(row["method"], re.sub(r":(\w+)", r"{\1}", row["pattern"])): (row["role"], row["access"]) for row in ROUTES
                if row["role"] not in ("management", "config") and row["method"] != "OPTIONS"}
    written = {(method.upper(), path): (operation["x-role"], operation["x-who"]) for method, path, operation in OPERATIONS}
    missing = {row: who for row, who in declared.items() if written.get(row) != who}
    assert not missing, f"docs/openapi.yaml lacks these, or gives them to others: {missing}"
    assert not (gone := written.keys() - declared.keys()), f"docs/openapi.yaml has what is not there: {gone}"


def test_names_of_operations_are_different():
    names = [operation["operationId"] for _, _, operation in OPERATIONS if "operationId" in operation]
    assert len(names) == len(set(names))
    tags = {tag["name"] for tag in contract.document()["tags"]}
    assert {tag for _, _, operation in OPERATIONS for tag in operation["tags"]} == tags


@pytest.mark.parametrize("method,path,operation", OPERATIONS, ids=NAMES)
def test_an_operation_is_complete(method, path, operation):
    parameters = [contract.resolve(one) for one in operation.get("parameters", [])]
    assert [one["name"] for one in parameters if one["in"] == "path"] == re.findall(r"\{(\w+)\}", path)
    statuses = operation["responses"].keys()
    assert not ANY_REQUEST - statuses, f"these may happen to any request: {ANY_REQUEST - statuses}"
    assert ("301" if method == "get" else "308") in statuses
    if operation["x-who"] not in KEYLESS:
        assert {"401", "403"} <= statuses
    for one in parameters:
        assert one.get("description") or one["in"] == "path", f"{one['name']} has no description"
    assert (method in ("post", "put", "patch")) >= ("requestBody" in operation)


def media_of(operation):
    bodies = [("request", contract.resolve(operation.get("requestBody", {})))]
    bodies += [(status, contract.resolve(given)) for status, given in operation["responses"].items()]
    for name, body in bodies:
        for kind, media in body.get("content", {}).items():
            yield name, kind, media


def examples_of(media):
    if "example" in media:
        yield media["example"]
    for given in media.get("examples", {}).values():
        yield contract.resolve(given)["value"]


@pytest.mark.parametrize("method,path,operation", OPERATIONS, ids=NAMES)
def test_examples_are_what_the_document_says(method, path, operation):
    first = {}
    for name, kind, media in media_of(operation):
        schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", "allOf": [contract.exact(media.get("schema", {}))],
                  "components": {"schemas": contract.exact(contract.document()["components"]["schemas"])}}
        check = jsonschema.Draft202012Validator(schema)
        for example in examples_of(media):
            check.validate(example)
            if name != "request":
                contract.judge(media.get("schema", {}), example)
            first[name] = example
        if kind == "application/json" and name.startswith("2"):
            assert name in first, f"{name} has no example"
    content = contract.resolve(operation.get("requestBody", {})).get("content", {})
    assert not content or "request" in first, "the body has no example"


def test_the_server_serves_it(server):
    with open(contract.FILE, "rb") as file:
        text = file.read()
    as_yaml = requests.get(f"{server.url}/openapi.yaml", timeout=10)
    assert as_yaml.status_code == 200 and as_yaml.headers["Content-Type"] == "application/yaml"
    assert as_yaml.content == text
    as_json = requests.get(f"{server.url}/openapi.json", timeout=10)
    assert as_json.status_code == 200 and as_json.headers["Content-Type"] == "application/json"
    assert as_json.json() == contract.document()
    assert as_json.headers["Access-Control-Allow-Origin"] == "*"
    assert requests.get(f"{server.url}/openapi.yaml?x=1", timeout=10).status_code == 400


# --- Parameters ---------------------------------------------------------------------------------------------------------

def query_of(operation):
    return {one["name"]: one for one in map(contract.resolve, operation.get("parameters", [])) if one["in"] == "query"}


EVERY_PARAMETER = sorted({name for _, _, operation in OPERATIONS for name in query_of(operation)} | {"nonesuch"})
# SDKs add parameters of their own; RFC 6749 has errors of its own.
STRICT = [row for row in OPERATIONS if row[2]["x-role"] != "activity" and not row[1].startswith("/auth/")]


def is_known(server, method, path, name, example):
    """Whether the server knows the parameter; other faults that it has are of no interest."""
    asked = re.sub(r"\{\w+\}", "nothing", path)
    with server.request(method.upper(), asked, params={name: example}, json={} if method in ("post", "put", "patch") else None, stream=True) as reply:
        if reply.status_code != 400:
            return True
        return {"pointer": f"?{name}", "detail": "is not known here"} not in reply.json().get("errors", [])


@pytest.mark.parametrize("method,path,operation", STRICT, ids=[f"{method.upper()} {path}" for method, path, _ in STRICT])
def test_the_server_knows_these_parameters_and_no_others(server, method, path, operation):
    documented = query_of(operation)
    for name in EVERY_PARAMETER:
        if name not in documented:
            assert not is_known(server, method, path, name, "1"), f"{name} is not documented"
        elif method == "get":
            one = documented[name]
            example = one.get("example", one["schema"].get("default", one["schema"].get("enum", ["1"])[0]))
            assert is_known(server, method, path, name, example), f"{name} is not known to the server"


class Links(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.ids, self.links = set(), [], set()

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.tags.add(tag)
        self.ids += [attributes["id"]] if "id" in attributes else []
        self.links |= {value for name, value in attrs if name in ("href", "src", "action", "srcset")}
        assert not [name for name in attributes if name.startswith("on") or name == "style"]


def test_the_page_needs_nothing_else(server):
    reply = requests.get(f"{server.url}/docs", timeout=10)
    assert reply.status_code == 200 and reply.headers["Content-Type"] == "text/html; charset=utf-8"
    policy = reply.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-") and "unsafe" not in policy
    page = Links()
    page.feed(reply.text)
    assert not page.tags & {"script", "img", "link", "iframe", "object", "form"}
    outside = {link for link in page.links if not link.startswith("#")}
    assert outside == {"openapi.yaml", "openapi.json"}
    assert len(page.ids) == len(set(page.ids))
    assert {link[1:] for link in page.links - outside} <= set(page.ids)
    for method, path, operation in OPERATIONS:
        assert f"<code>{path}</code>" in reply.text, f"the page lacks {method} {path}"
        assert operation.get("operationId", "") in page.ids + [""]


# --- Whether a reply that is not as documented is noticed ---------------------------------------------------------------

GOOD = {"items": [], "next": None}
HEADERS = {"X-Request-Id": "1", "Content-Type": "application/json"}


@pytest.mark.parametrize("method,path,status,headers,body,expected", [
    ("GET", "/projects", 200, HEADERS, GOOD, None),
    ("HEAD", "/projects", 200, HEADERS, "", None),
    ("GET", "/nowhere", 404, HEADERS, {}, None),
    ("DELETE", "/projects", 405, {**HEADERS, "Allow": "GET"}, {}, None),
    ("GET", "/projects", 200, HEADERS, {**GOOD, "more": 1}, "must not contain"),
    ("GET", "/projects", 200, HEADERS, {"items": [{"id": "a"}], "next": None}, "must contain"),
    ("GET", "/projects", 200, HEADERS, {"items": [], "next": 1}, "must be null"),
    ("GET", "/projects", 200, HEADERS, "[", "Expecting value"),
    ("GET", "/projects", 202, HEADERS, GOOD, "status is not documented"),
    ("GET", "/projects", 200, {"Content-Type": "application/json"}, GOOD, "no X-Request-Id"),
    ("GET", "/projects", 401, {**HEADERS, "Content-Type": "application/problem+json"}, {}, "no WWW-Authenticate"),
    ("GET", "/projects", 200, {**HEADERS, "Content-Type": "text/plain"}, GOOD, "text/plain is not documented"),
    ("GET", "/projects", 403, {**HEADERS, "Content-Type": "application/problem+json"}, {"title": "Forbidden"}, "must contain"),
    ("DELETE", "/projects", 204, {"X-Request-Id": "1"}, "", "DELETE is not documented"),
    ("DELETE", "/projects", 405, HEADERS, {}, "no Allow"),
    ("DELETE", "/keys/1", 204, {"X-Request-Id": "1"}, "x", "a body is not documented"),
    ("GET", "/nowhere", 404, {**HEADERS, "Content-Type": "application/problem+json"}, {}, "must contain"),
    ("GET", "/users/u1/export", 200, {**HEADERS, "Content-Type": "application/x-ndjson", "Content-Disposition": "attachment"}, "{\"kind\":\"day\"}\n{\"kind\":\"other\"}\n", "one of"),
])
def test_what_is_not_as_documented_is_noticed(method, path, status, headers, body, expected):
    text = (body if isinstance(body, str) else json.dumps(body)).encode()
    try:
        found = contract.fault(method, path, status, headers, text)
    except ValueError as problem:  # of JSON and of schemas
        found = str(problem)
    assert (found is None) == (expected is None) and (expected or "") in (found or ""), found


@pytest.mark.skipif(os.environ.get("FOOTFALL_E2E_CONTRACT") == "off", reason="switched off")
def test_replies_are_looked_at(server):
    before = contract.seen["get", "/users/{id}", 404]
    requests.get(f"{server.url}/users/nobody", headers={"Authorization": f"Bearer {server.api_key}"}, timeout=10)
    assert contract.seen["get", "/users/{id}", 404] == before + 1
