# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""Services of others behind the gateway: long bodies both ways, streams, other protocols, and one of two services that fails."""

import collections
import http.client
import http.server
import os
import socket
import threading

import pytest
import requests

LONG = 64 << 20
PART = b"x" * 65536
ROUTE = "routes:\n  - path: /files/*\n    upstream: files\n    access: public\n    strip_prefix: /files\n    body_limit: 64MiB\n"


class Service(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def reply(self, text):
        data = text.encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_POST(self):
        self.server.seen[self.path] += 1
        left = total = int(self.headers.get("Content-Length", 0))
        while left > 0:
            left -= len(self.rfile.read(min(left, 65536)))
        self.reply(f"{self.path} {total}")

    def do_GET(self):
        self.server.seen[self.path] += 1
        if self.path == "/long":
            self.send_response(200)
            self.send_header("Content-Length", str(LONG))
            self.end_headers()
            for _ in range(LONG // len(PART)):
                self.wfile.write(PART)
            self.wfile.write(PART[: LONG % len(PART)])
        elif self.path == "/events":
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.end_headers()
            for number in range(3):
                self.wfile.write(b"data: %d\n\n" % number)
                self.server.go_on.acquire()
            self.close_connection = True
        elif self.path == "/chat":
            self.send_response(101)
            self.send_header("Connection", "Upgrade")
            self.send_header("Upgrade", self.headers["Upgrade"])
            self.end_headers()
            while data := self.connection.recv(1000):
                self.wfile.write(data.upper())
            self.close_connection = True
        else:
            self.reply(self.path)


class Services(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


@pytest.fixture
def make_service():
    made = []

    def make():
        service = Services(("127.0.0.1", 0), Service)
        service.seen, service.go_on = collections.Counter(), threading.Semaphore(0)
        made.append(service)
        threading.Thread(target=service.serve_forever, daemon=True).start()
        return service

    yield make
    for service in made:
        service.shutdown()
        service.server_close()


@pytest.fixture
def make_bad():
    """Services that take connections and do something else with them than to answer."""
    listeners = []

    def make(behave):
        listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        listeners.append(listener)
        kept = []

        def serve():
            while True:
                try:
                    connection, _ = listener.accept()
                    if behave(connection) == "keep":
                        kept.append(connection)
                    else:
                        connection.close()
                except OSError:
                    if listener.fileno() < 0:
                        return

        threading.Thread(target=serve, daemon=True).start()
        return f"http://127.0.0.1:{listener.getsockname()[1]}"

    yield make
    for listener in listeners:
        listener.close()


def garbage(connection):
    connection.recv(65536)
    connection.sendall(b"what do you mean?\r\n\r\n")


def half(connection):
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf of it")


def closing(connection):
    connection.recv(65536)


def hanging(connection):
    connection.recv(65536)
    return "keep"


BAD = {"garbage": garbage, "half a reply": half, "closed early": closing, "hung": hanging}


def url_of(service):
    return f"http://127.0.0.1:{service.server_address[1]}"


def start(make_server, *urls):
    footfall = make_server()
    os.makedirs(footfall.directory, exist_ok=True)
    path = os.path.join(footfall.directory, "footfall.yaml")
    with open(path, "w", encoding="utf-8") as file:
        file.write(f"upstreams:\n  - name: files\n    urls: [{', '.join(urls)}]\n    reply_timeout: 500ms\n{ROUTE}")
    footfall.flags += ["--config", path]
    return footfall.start()


def peak_memory(footfall):
    with open(f"/proc/{footfall.process.pid}/status", encoding="ascii") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith("VmHWM:"))


def test_long_bodies_go_through_with_bounded_memory(make_server, make_service, tmp_path):
    footfall = start(make_server, url_of(make_service()))
    requests.get(footfall.url + "/files/warm", timeout=30)
    before = peak_memory(footfall)
    with open(tmp_path / "long", "wb+") as file:
        file.truncate(LONG)
        assert requests.post(footfall.url + "/files/up", data=file, timeout=60).text == f"/up {LONG}"
    with requests.get(footfall.url + "/files/long", stream=True, timeout=60) as reply:
        assert sum(len(part) for part in reply.iter_content(1 << 20)) == LONG
    assert peak_memory(footfall) - before < LONG / 2
    connection = http.client.HTTPConnection("127.0.0.1", footfall.port, timeout=30)
    connection.putrequest("POST", "/files/up")
    connection.putheader("Content-Length", str(LONG + 1))
    connection.endheaders()
    assert connection.getresponse().status == 413
    connection.close()


def test_events_come_one_by_one(make_server, make_service):
    service = make_service()
    footfall = start(make_server, url_of(service))
    with requests.get(footfall.url + "/files/events", stream=True, timeout=30) as reply:
        lines = reply.iter_lines()
        for number in range(3):  # the next is not written before this one has come
            assert next(lines) == b"data: %d" % number
            service.go_on.release()
            assert next(lines, b"") == b""


def test_another_protocol_is_passed_through(make_server, make_service):
    footfall = start(make_server, url_of(make_service()))
    with socket.create_connection(("127.0.0.1", footfall.port), timeout=30) as connection:
        connection.sendall(b"GET /files/chat HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
        reply = b""
        while b"\r\n\r\n" not in reply:
            reply += connection.recv(1000)
        assert reply.startswith(b"HTTP/1.1 101 ")
        for words in (b"hello", b"again"):
            connection.sendall(words)
            assert connection.recv(1000) == words.upper()


@pytest.mark.parametrize("name", BAD)
def test_one_that_fails_is_told_as_such(make_server, make_bad, name):
    footfall = start(make_server, make_bad(BAD[name]))
    reply = requests.post(footfall.url + "/files/x", data=b"1", headers={"X-Request-Id": "mine"}, timeout=30)
    assert reply.status_code == (504 if name == "hung" else 502)
    assert reply.json()["requestId"] == "mine"


@pytest.mark.parametrize("name", BAD)
def test_others_get_the_traffic_and_nothing_is_sent_twice(make_server, make_service, make_bad, name):
    service = make_service()
    footfall = start(make_server, make_bad(BAD[name]), url_of(service))
    statuses = [requests.post(footfall.url + f"/files/{number}", data=b"1", timeout=30).status_code for number in range(60)]
    assert set(statuses) <= {200, 502, 504}
    assert statuses.count(200) > 40, "five failures in a row, and it is left alone for a while"
    assert set(service.seen.values()) == {1} and len(service.seen) == statuses.count(200)
    for number in range(20):  # what may be sent again is, and nobody notices
        assert requests.get(footfall.url + f"/files/again-{number}", timeout=30).status_code in (200, 504)


def test_one_that_is_killed_under_load(make_server, make_service):
    first, second = make_service(), make_service()
    footfall = start(make_server, url_of(first), url_of(second))
    over, statuses = threading.Event(), []

    def load(sender):
        with requests.Session() as session:
            number = 0
            while not over.is_set():
                reply = session.post(f"{footfall.url}/files/{sender}-{number}", data=b"1", timeout=30)
                statuses.append(reply.status_code)
                number += 1
    senders = [threading.Thread(target=load, args=(sender,)) for sender in range(4)]
    for sender in senders:
        sender.start()
    while len(statuses) < 50:
        over.wait(0.01)
    first.shutdown()
    first.server_close()
    while len(statuses) < 300:
        over.wait(0.01)
    over.set()
    for sender in senders:
        sender.join()
    assert set(statuses) <= {200, 502} and statuses.count(200) > 280
    assert set(statuses[-50:]) == {200}
    assert set((first.seen + second.seen).values()) == {1}
