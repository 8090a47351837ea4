# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""What the gateway passes on and what it gives back, with something in the place of a role that sees and says anything."""

import os
import re
import socket
import threading

import pytest

from footfall import eventually, new_id
from wire import Wire

pytestmark = pytest.mark.skipif(os.environ.get("FOOTFALL_E2E_DEPLOYMENT") != "cluster",
                                reason="a gateway in a process of its own needs Cassandra: make test-cluster")
HOST = "Host: front.example\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok"


class Role:
    """Answers each request of a path with what that path was given; keeps every request as it came."""

    def __init__(self, port):
        self.listener = socket.create_server(("127.0.0.1", port))
        self.seen, self.replies, self.lock = [], {}, threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with connection:
            data = b""
            while got := self._receive(connection):
                data += got
                while (whole := self._length(data)) and len(data) >= whole:
                    request, data = data[:whole], data[whole:]
                    path = request.split(b" ", 2)[1].decode("latin-1")
                    with self.lock:
                        self.seen.append(request)
                    connection.sendall(self.replies.get(path, OK))

    @staticmethod
    def _receive(connection):
        try:
            return connection.recv(1 << 16)
        except ConnectionError:
            return b""

    @staticmethod
    def _length(data):
        """A gateway must frame in one of two ways; what it did is looked at later."""
        head, separator, rest = data.partition(b"\r\n\r\n")
        if not separator:
            return 0
        if re.search(rb"(?i)\r\ntransfer-encoding: chunked", head):
            return len(data) if rest.endswith(b"0\r\n\r\n") else 0
        length = re.search(rb"(?i)\r\ncontent-length: (\d+)", head)
        return len(head) + 4 + (int(length.group(1)) if length else 0)

    def request_of(self, path):
        """(request line, [(name in small letters, value)], body) of the one request for it."""
        with self.lock:
            found = [request for request in self.seen if request.split(b" ", 2)[1].decode("latin-1").startswith(path)]
        assert len(found) == 1, found
        head, _, body = found[0].partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        return lines[0], [(name.lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines[1:])], body


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """Every role but users, whose place is taken."""
    from footfall import Footfall  # pylint: disable=import-outside-toplevel
    footfall = Footfall(tmp_path_factory.mktemp("footfall"))
    users = footfall.roles["users"]
    users.launch, users.is_ready = (lambda: users), (lambda: True)
    footfall.role = Role(users.place.port)
    footfall.start()
    yield footfall
    try:
        footfall.stop()
    finally:
        footfall.discard()
        footfall.role.listener.close()


@pytest.fixture
def role(server):
    return server.role


def ask(server, path, headers="", method="GET", body=""):
    with Wire(server.port) as wire:
        wire.send((f"{method} {path} HTTP/1.1\r\n{HOST}Authorization: Bearer {server.api_key}\r\n{headers}\r\n{body}").encode("latin-1"))
        return wire.reply()


def values(headers, name):
    return [value for other, value in headers if other == name]


# --- Requests ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("named", ["X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Request-Id", "Host", "Content-Length",
                                   "close, X-Forwarded-For", "X-Forwarded-For, X-Forwarded-For", "x-FORWARDED-for"])
def test_connection_does_not_take_away_what_the_gateway_says(server, role, named):
    path = f"/users/{new_id('p')}"
    assert ask(server, path, f"Connection: {named}\r\nX-Forwarded-For: 6.6.6.6\r\nX-Forwarded-Host: evil\r\n").status == 200
    _, headers, _ = role.request_of(path)
    assert values(headers, "x-forwarded-for") == ["127.0.0.1"]
    assert len(values(headers, "x-request-id")) == 1 and len(values(headers, "host")) == 1
    assert values(headers, "x-forwarded-host") == ["front.example"]


def test_connection_may_take_away_a_key_but_not_its_check(server, role):
    """Whoever names Authorization was let in by it; the role then sees none, and must not take that for somebody else."""
    path = f"/users/{new_id('p')}"
    ask(server, path, "Connection: Authorization\r\n")
    _, headers, _ = role.request_of(path)
    assert values(headers, "authorization") in ([], [f"Bearer {server.api_key}"])


@pytest.mark.parametrize("header", ["Keep-Alive: timeout=5", "Proxy-Connection: keep-alive", "TE: trailers", "Trailer: X-Late", "Upgrade: h2c",
                                    "HTTP2-Settings: AAMAAABk", "Proxy-Authorization: Basic eDp5", "Connection: X-Mine\r\nX-Mine: 1"])
def test_hop_by_hop_headers_stay_behind(server, role, header):
    path = f"/users/{new_id('p')}"
    assert ask(server, path, header + "\r\n").status == 200
    _, headers, _ = role.request_of(path)
    gone = {name for name, _ in headers} & {"keep-alive", "proxy-connection", "te", "trailer", "upgrade", "http2-settings",
                                           "proxy-authorization", "x-mine"}
    assert not gone and values(headers, "connection") in ([], ["keep-alive"])


@pytest.mark.parametrize("injection", ["%0d%0aX-Injected:%20yes", "%0aX-Injected:%20yes", "%00", "%20HTTP/1.1%0d%0aHost:%20evil",
                                       "?q=%0d%0aX-Injected:%20yes", "?a b".replace(" ", "%20"), ";x=%0d%0a"])
def test_a_path_stays_one_line(server, role, injection):
    path = f"/users/{new_id('p')}"
    reply = ask(server, path + injection)
    if reply.status in (400, 404):  # 404: the slash in it
        return
    line, headers, _ = role.request_of(path)
    assert line == f"GET {path}{injection} HTTP/1.1"
    assert not values(headers, "x-injected") and len(values(headers, "host")) == 1


@pytest.mark.parametrize("trailer", ["X-Late: 1\r\n", "Authorization: Bearer x\r\n", "Content-Length: 0\r\n", "X-Forwarded-For: 6.6.6.6\r\n"])
def test_a_body_is_framed_anew(server, role, trailer):
    path = f"/users/{new_id('p')}"
    assert ask(server, path, "Transfer-Encoding: chunked\r\n", "PUT", f"1;x\r\n{{\r\n1\r\n}}\r\n0\r\n{trailer}\r\n").status == 200
    _, headers, body = role.request_of(path)
    framing = values(headers, "content-length") + values(headers, "transfer-encoding")
    assert framing in (["2"], ["chunked"])
    assert body in (b"{}", b"2\r\n{}\r\n0\r\n\r\n", b"1\r\n{\r\n1\r\n}\r\n0\r\n\r\n")
    assert values(headers, "authorization") == [f"Bearer {server.api_key}"] and values(headers, "x-forwarded-for") == ["127.0.0.1"]


def test_what_is_refused_is_not_passed_on(server, role):
    path = f"/users/{new_id('p')}"
    for headers in ("Content-Length: 2\r\nTransfer-Encoding: chunked\r\n", "Content-Length: 2\r\nContent-Length: 2\r\n",
                    "Transfer-Encoding: xchunked\r\n", "X: a\r\n b\r\n", "X: a\rb\r\n"):
        assert ask(server, path, headers, "PUT", "{}").status in (400, 501)
    assert not [request for request in role.seen if path.encode() in request]


# --- Replies ---------------------------------------------------------------------------------------------------------------

GARBAGE = {
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 20\r\n\r\nok",
    "length and chunked": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "an odd length": b"HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nok",
    "a bare LF": b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok",
    "a bare CR in a header": b"HTTP/1.1 200 OK\r\nX: a\rX-Injected: yes\r\nContent-Length: 2\r\n\r\nok",
    "a folded header": b"HTTP/1.1 200 OK\r\nX: a\r\n X-Injected: yes\r\nContent-Length: 2\r\n\r\nok",
    "a NUL": b"HTTP/1.1 200 OK\r\nX: a\0b\r\nContent-Length: 2\r\n\r\nok",
    "no HTTP": b"SSH-2.0-OpenSSH_9.2\r\n\r\n", "another version": b"HTTP/3.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
    "no status": b"HTTP/1.1 OK\r\nContent-Length: 2\r\n\r\nok", "status 99": b"HTTP/1.1 99 Low\r\nContent-Length: 2\r\n\r\nok",
    "an unasked switch of protocols": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n",
    "an unknown coding": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: xchunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
}


@pytest.mark.parametrize("name", GARBAGE)
def test_garbage_of_a_role_is_a_502(server, role, name):
    path = f"/users/{new_id('p')}"
    role.replies[path] = GARBAGE[name]
    reply = ask(server, path)
    assert reply.status == 502, reply
    assert reply.headers["x-request-id"] and "x-injected" not in reply.headers


def test_a_reply_too_many_reaches_nobody(server, role):
    """A second reply on a connection that is kept would be the answer to somebody else's request."""
    path = f"/users/{new_id('p')}"
    role.replies[path] = OK + b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 8\r\n\r\npoisoned"
    for _ in range(20):
        assert ask(server, path).body == b"ok"
        assert ask(server, f"/users/{new_id('other')}").body == b"ok"


@pytest.mark.parametrize("header", [b"Connection: X-Mine\r\nX-Mine: 1", b"Keep-Alive: timeout=5", b"Proxy-Authenticate: Basic", b"Upgrade: h2c"])
def test_hop_by_hop_headers_of_replies_stay_behind(server, role, header):
    path = f"/users/{new_id('p')}"
    role.replies[path] = OK.replace(b"Content-Type", header + b"\r\nContent-Type")
    reply = ask(server, path)
    assert reply.status == 200 and not reply.headers.keys() & {"x-mine", "proxy-authenticate", "upgrade"}


def test_a_reply_to_head_says_a_length_and_has_no_body(server, role):
    path = f"/users/{new_id('p')}"
    role.replies[path] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"
    with Wire(server.port) as wire:
        wire.send((f"HEAD {path} HTTP/1.1\r\n{HOST}Authorization: Bearer {server.api_key}\r\n\r\n"
                   f"GET /users/{new_id('p')} HTTP/1.1\r\n{HOST}Authorization: Bearer {server.api_key}\r\n\r\n").encode())
        assert wire.reply(to_head=True).status == 200
        assert wire.reply().body == b"ok"


def test_the_gateway_is_well_after_all_of_it(server):
    eventually(lambda: ask(server, f"/users/{new_id('p')}").status == 200)
