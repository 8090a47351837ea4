# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""The Postman collection, walked by newman as a user of it would."""

import json
import os
import subprocess

import pytest

import contract
from footfall import HERE

ROOT = os.path.join(HERE, "..", "..")
COLLECTION = os.path.join(ROOT, "postman", "footfall.postman_collection.json")
ENVIRONMENT = os.path.join(ROOT, "postman", "footfall.postman_environment.json")


def read(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def requests_of(items):
    for item in items:
        yield from requests_of(item["item"]) if "item" in item else [item]


REQUESTS = list(requests_of(read(COLLECTION)["item"]))


def filled(server, path):
    """The environment as its user fills it in, from credentials.json."""
    values = {"baseUrl": server.url, "writeKey": server.write_key, "email": server.credentials["email"],
              "password": server.credentials["password"]}
    environment = read(ENVIRONMENT)
    assert {one["key"] for one in environment["values"]} == values.keys()
    for one in environment["values"]:
        one["value"] = values[one["key"]]
    with open(path, "w", encoding="utf-8") as file:
        json.dump(environment, file)
    return path


@pytest.fixture(scope="module")
def walk(server, tmp_path_factory):
    folder, directory = os.path.join(HERE, "api"), tmp_path_factory.mktemp("newman")
    if not os.path.isdir(os.path.join(folder, "node_modules")):
        raise RuntimeError("newman is not installed: run tools/install-node-packages")
    report = directory / "report.json"
    done = subprocess.run(["node", "node_modules/newman/bin/newman.js", "run", COLLECTION, "--environment", filled(server, directory / "environment.json"),
                           "--reporters", "cli,json", "--reporter-json-export", report, "--timeout-request", "30000", "--color", "off"],
                          cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8",
                          timeout=300, check=False)
    assert done.returncode == 0, done.stdout[-6000:]
    return read(report)["run"]


def test_every_request_is_made_and_every_check_holds(walk):
    assert not walk["failures"]
    made = {one["item"]["name"] for one in walk["executions"]}
    assert made == {one["name"] for one in REQUESTS}, "names that are not once in it, or requests that were passed over"
    assert walk["stats"]["assertions"]["total"] > len(REQUESTS)


def test_every_reply_is_as_the_document_says(walk):
    for one in walk["executions"]:
        request, response = one["request"], one["response"]
        path = "/" + "/".join(request["url"]["path"])
        headers = {header["key"]: header["value"] for header in response["header"]}
        body = bytes(response.get("stream", {}).get("data", []))
        fault = contract.fault(request["method"], path, response["code"], headers, body)
        assert not fault, f"{request['method']} {path}: {response['code']}: {fault}"


def test_names_are_different():
    """A request that asks itself again is found by its name."""
    names = [one["name"] for one in REQUESTS]
    assert len(names) == len(set(names))
