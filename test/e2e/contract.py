# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""Whether replies are what docs/openapi.yaml says: every reply that a test gets by `requests` is held against it.

What does not conform is noted, whatever thread got it, and fails the test that is running (the fixture `contract` of conftest.py). A member
that the document does not name is a fault here, though clients are told to ignore those. FOOTFALL_E2E_CONTRACT=off switches it off.
"""

import collections
import copy
import functools
import json
import os
import re
import sys
import threading
import urllib.parse

import fastjsonschema
import requests

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
sys.path.append(os.path.join(ROOT, "tools", "openapi"))

import page as document_tools  # noqa: E402

FILE = os.path.join(ROOT, "docs", "openapi.yaml")
METHODS = ("get", "put", "post", "delete", "patch")
# What a request may be answered with before anybody looks at its method and path; and 405, after that.
BEFORE_ROUTING = (301, 308, 400, 408, 413, 414, 417, 429, 431, 500, 501, 503, 505)


@functools.lru_cache
def document():
    with open(FILE, "rb") as file:
        return document_tools.load(file.read())


def resolve(thing):
    return document_tools.Page(document()).resolve(thing)


def operations():
    """(method, path, operation) of every path, also of those that share an item."""
    for path, given in document()["paths"].items():
        item = resolve(given)
        for method in METHODS:
            if method in item:
                yield method, path, item[method]


def exact(schema):
    """The same, but an object has the members that are named and no others."""
    if isinstance(schema, list):
        return [exact(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    made = {name: exact(value) for name, value in schema.items() if name not in ("example", "examples", "description")
            or not isinstance(value, str)}
    if isinstance(schema.get("properties"), dict) and "additionalProperties" not in schema:
        made["additionalProperties"] = False
    return made


@functools.lru_cache
def _exact_schemas():
    return {"schemas": exact(copy.deepcopy(document()["components"]["schemas"]))}


_compiling = threading.Lock()


@functools.lru_cache(maxsize=None)
def _compiled(text):
    # The words used are the same in draft 7, which this compiles, and in 2020-12; test_openapi.py uses the latter.
    return fastjsonschema.compile({"allOf": [exact(json.loads(text))], "components": _exact_schemas()})


def judge(schema, value):
    """Raises fastjsonschema.JsonSchemaException."""
    with _compiling:
        check = _compiled(json.dumps(schema, sort_keys=True))
    check(value)


@functools.lru_cache
def _templates():
    found = []
    for path in document()["paths"]:
        pattern = re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path))
        found.append((path.count("{"), re.compile(pattern), path))
    return sorted(found, key=lambda one: one[0])  # a literal wins over a parameter


def path_of(asked):
    for _, pattern, path in _templates():
        if pattern.fullmatch(asked):
            return path
    return None


def _judge_body(media, content, body, head):
    if head or "schema" not in media:
        return
    if content in ("application/json", "application/problem+json", "application/jwk-set+json"):
        judge(media["schema"], json.loads(body))
    for line in body.splitlines() if "x-line-schema" in media else ():
        judge(media["x-line-schema"], json.loads(line))


def fault(method, path, status, headers, body):
    """What is wrong with a reply, or None; `body` is None when it is not to be read."""
    content = headers.get("Content-Type", "").split(";")[0].strip()
    template = path_of(path)
    item = resolve(document()["paths"][template]) if template else {}
    operation = item.get("get" if method == "HEAD" else method.lower())
    if operation is None:  # not ours, or not there
        if content == "application/problem+json" and body:
            judge(document()["components"]["schemas"]["Problem"], json.loads(body))
        if template and method != "OPTIONS" and status not in (405, *BEFORE_ROUTING):
            return f"{method} is not documented"
        return "no Allow" if status == 405 and "Allow" not in headers else None
    given = operation["responses"].get(str(status))
    if given is None:
        return "the status is not documented"
    response = resolve(given)
    for name, header in response.get("headers", {}).items():
        if resolve(header).get("required") and name not in headers:
            return f"there is no {name}"
    if "content" not in response:
        return "a body is not documented" if body else None
    if content not in response["content"]:
        return f"{content or 'no type'} is not documented"
    if body is not None:
        _judge_body(response["content"][content], content, body, method == "HEAD")
    return None


# --- The hook -----------------------------------------------------------------------------------------------------------

_faults = []
seen = collections.Counter()  # of (method, path, status)


def taken():
    """What was noted since the last call."""
    found = _faults[:]
    del _faults[:len(found)]
    return found


def summary():
    """A line for the end of a run."""
    met = {(method, path) for method, path, _ in seen if path}
    return (f"docs/openapi.yaml: {sum(seen.values())} replies held against it, of {len(met & {one[:2] for one in operations()})} of "
            f"{len(list(operations()))} operations")


def _look(reply, streams):
    method, parts = reply.request.method, urllib.parse.urlsplit(reply.request.url)
    body = None if streams else reply.content
    try:
        what = fault(method, parts.path, reply.status_code, reply.headers, body)
    except (fastjsonschema.JsonSchemaException, ValueError) as problem:
        what = str(problem)
    seen[method.lower(), path_of(parts.path), reply.status_code] += 1
    if what:
        shown = "" if streams else reply.text[:1000]
        _faults.append(f"{method} {parts.path}?{parts.query}: {reply.status_code} {reply.headers.get('Content-Type')}: {what}\n{shown}")


def install():
    """From now on each reply of a Footfall is looked at."""
    if os.environ.get("FOOTFALL_E2E_CONTRACT") == "off":
        return
    send = requests.Session.send

    def send_and_look(session, request, **options):
        reply = send(session, request, **options)
        if "X-Request-Id" in reply.headers:  # not of another server that a test made; a redirect was looked at before
            _look(reply, options.get("stream", False))
        return reply

    requests.Session.send = send_and_look
