# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""The access log as an operator reads it: one line a request, nothing secret, nothing forged, and files that are rotated."""

import json
import os
import signal
import socket

from footfall import eventually, new_id

REQUIRED = {"time", "level", "component", "message", "method", "status", "bytesIn", "bytesOut", "remote", "durationUs", "protocol",
            "requestId", "traceId", "spanId"}


def start(make_server, *flags):
    footfall = make_server()
    path = os.path.join(footfall.directory, "access.log")
    # The lines that the harness looks for are on standard error, in the form of text.
    footfall.flags += ["--logging.access", "all", "--logging.access_file", path, *flags]
    return footfall.start(), path


def lines_of(path):
    with open(path, encoding="utf-8") as file:
        return file.read().splitlines()


def line_with(path, text):
    def find():
        found = [line for line in lines_of(path) if text in line]
        return found[0] if found else None
    return eventually(find)


def fields_of(line):
    """Of a line of text without blanks in its values."""
    return dict(word.split("=", 1) for word in line.split() if "=" in word)


def test_who_did_what(make_server):
    footfall, path = start(make_server)
    reply = footfall.request("PUT", "/users/u1", json={"traits": {"plan": "pro"}}, headers={"X-Request-Id": "find-me"})
    assert reply.status_code == 201
    line = fields_of(line_with(path, "find-me"))
    assert set(REQUIRED) - {"time", "level", "component", "message"} <= set(line)
    assert (line["method"], line["route"], line["path"], line["status"]) == ("PUT", "/users/:id", "/users/u1", "201")
    assert line["role"] == "admin" and line["key"].startswith("key_") and line["remote"] == "127.0.0.1"
    assert int(line["bytesOut"]) == len(reply.content) and int(line["bytesIn"]) == len(reply.request.body)
    phases = sum(int(line[name]) for name in ("headUs", "bodyUs", "handleUs"))
    # No queue is told where nobody waited for a thread: a gateway in front of another process has none, and its line may be the first.
    assert phases == int(line["durationUs"]) and 0 <= int(line.get("queueUs", 0)) <= int(line["handleUs"])
    footfall.http.post(footfall.url + "/v1/batch", json={"batch": []}, auth=(footfall.write_key, ""))
    footfall.post("/v1/track", {"event": "x", "userId": "u1"}, headers={"X-Request-Id": "brings-events"})
    assert fields_of(line_with(path, "brings-events"))["project"] == "default"
    footfall.stop()


def test_nothing_secret(make_server):
    footfall, path = start(make_server)
    secrets = [footfall.api_key, footfall.write_key, footfall.credentials["password"], "hidden-cookie", "hidden-person"]
    footfall.get("/users", headers={"Cookie": "session=hidden-cookie"})
    footfall.get("/users", key="", apiKey=footfall.api_key)
    footfall.get("/users", key=footfall.api_key + "wrong")
    footfall.http.get(footfall.url + "/users", auth=("admin", footfall.api_key))
    footfall.post(f"/v1/track?writeKey={footfall.write_key}", {"event": "x", "userId": "hidden-person"})
    footfall.http.get(footfall.url + "/pixel/v1/track", params={"writeKey": footfall.write_key, "userId": "hidden-person", "event": "x"})
    footfall.http.get(footfall.url + f"/array/{footfall.write_key}/config")
    footfall.http.get(footfall.url + f"/v1/projects/{footfall.write_key}/settings")
    footfall.http.get(footfall.url + "/nowhere", params={"token": footfall.credentials["password"]}, headers={"X-Request-Id": "last"})
    line_with(path, "last")
    footfall.stop()
    text = "\n".join(lines_of(path)) + footfall.stderr
    for secret in secrets:
        assert secret not in text
    assert "***" in text and "/array/:key/config" in text


def test_lines_cannot_be_forged(make_server):
    footfall = make_server()
    path = os.path.join(footfall.directory, "access.log")
    footfall.flags += ["--logging.access", "all", "--logging.access_file", path]
    footfall.start()
    forged = 'x"\x1b[31m request method=GET status=200 remote=6.6.6.6'
    raw = (f"GET /a%0d%0a?{'q' * 3000}=\\\"}} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
           f"User-Agent: {forged}\xff\r\nX-Request-Id: bad id\r\nX-Forwarded-For: 6.6.6.6\r\n\r\n").encode("latin-1")
    for bytes_ in (raw.replace(b"\x1b", b""), raw):
        with socket.create_connection(("127.0.0.1", footfall.port), timeout=10) as client:
            client.sendall(bytes_)
            while client.recv(65536):
                pass
    footfall.http.get(footfall.url + "/nowhere", headers={"X-Request-Id": "behind"})
    line_with(path, "behind")
    footfall.stop()
    for line in lines_of(path):
        assert " gateway request " in line and line.isprintable()
        assert "remote=127.0.0.1" in line
        assert len(line) < 4096


def test_files_are_rotated_without_losing_a_line(make_server):
    footfall, path = start(make_server)
    ids = []

    def ask(count):
        for _ in range(count):
            ids.append(new_id())
            footfall.http.get(footfall.url + "/nowhere", headers={"X-Request-Id": ids[-1]})
    ask(20)
    os.rename(path, path + ".1")
    ask(20)
    footfall.signal(signal.SIGHUP)
    eventually(lambda: os.path.exists(path))
    ask(20)
    line_with(path, ids[-1])
    footfall.stop()
    found = lines_of(path + ".1") + lines_of(path)
    assert [fields_of(line)["requestId"] for line in found if "path=/nowhere" in line] == ids
    assert os.stat(path).st_mode & 0o777 == 0o600


def test_json(make_server):
    footfall = make_server("--logging.format", "json", "--logging.access", "all")
    path = os.path.join(footfall.directory, "access.log")
    footfall.flags += ["--logging.access_file", path]
    footfall.launch()

    def port():
        found = [json.loads(line) for line in footfall.stderr.splitlines() if '"listening"' in line]
        return next((entry["port"] for entry in found if entry["server"] == "public"), None)
    footfall.port = eventually(port)
    reply = footfall.http.get(footfall.url + "/nowhere?q=%22", headers={"User-Agent": 'a"b\\'})
    entry = json.loads(line_with(path, reply.headers["X-Request-Id"]))
    assert REQUIRED <= set(entry)
    assert entry["userAgent"] == 'a"b\\' and entry["status"] == 404 and entry["protocol"] == "HTTP/1.1"
    footfall.stop()
