# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""HTTP/2 with clients that others have made: curl, and Python's h2."""

import json
import re
import socket
import ssl
import subprocess

import h2.config
import h2.connection
import h2.errors
import h2.events
import pytest

from certificates import Authority
from footfall import eventually, new_id

TLS_PORT = re.compile(r"listening for TLS server=public .*\bport=(\d+)")


@pytest.fixture(scope="module")
def secure(tmp_path_factory):
    """A Footfall with TLS, its port and whom to trust; limits are no subject here."""
    from conftest import Footfall
    authority = Authority(tmp_path_factory.mktemp("pki"))
    footfall = Footfall(tmp_path_factory.mktemp("footfall"), "--embedded.disk_reserve", "0", "--tls.listen", "127.0.0.1:0",
                        "--tls.certificates", authority.make("server")).start()
    port = eventually(lambda: (found := TLS_PORT.search(footfall.stderr)) and int(found.group(1)))
    yield footfall, port, authority
    try:
        footfall.stop()
    finally:
        footfall.discard()


class Client:
    """One connection: through TLS with ALPN, or plain and HTTP/2 from the first byte."""

    def __init__(self, port, authority=None):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=20)
        if authority:
            context = ssl.create_default_context(cafile=str(authority.pem))
            context.set_alpn_protocols(["h2"])
            self.socket = context.wrap_socket(self.socket, server_hostname="localhost")
            assert self.socket.selected_alpn_protocol() == "h2"
        config = h2.config.H2Configuration(client_side=True, header_encoding="utf-8", validate_outbound_headers=False,
                                           normalize_outbound_headers=False)
        self.h2 = h2.connection.H2Connection(config=config)
        self.h2.initiate_connection()
        self.replies, self.ended, self.reset, self.goaway = {}, set(), {}, None
        self.flush()

    def flush(self):
        self.socket.sendall(self.h2.data_to_send())

    def ask(self, method, path, headers=(), body=b"", authority="localhost"):
        stream = self.h2.get_next_available_stream_id()
        head = [(":method", method), (":scheme", "https"), (":authority", authority), (":path", path), *headers]
        self.h2.send_headers(stream, head, end_stream=not body)
        while body:
            room = min(self.h2.local_flow_control_window(stream), self.h2.max_outbound_frame_size, len(body))
            if room == 0:
                self.flush()
                self.read()
                continue
            self.h2.send_data(stream, body[:room], end_stream=room == len(body))
            body = body[room:]
        self.flush()
        return stream

    def read(self):
        """Takes in what comes next; False at the end."""
        data = self.socket.recv(65536)
        for event in self.h2.receive_data(data) if data else ():
            if isinstance(event, h2.events.ResponseReceived):
                self.replies[event.stream_id] = (dict(event.headers), bytearray())
            elif isinstance(event, h2.events.DataReceived):
                self.replies[event.stream_id][1].extend(event.data)
                self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            elif isinstance(event, h2.events.StreamEnded):
                self.ended.add(event.stream_id)
            elif isinstance(event, h2.events.StreamReset):
                self.reset[event.stream_id] = event.error_code
            elif isinstance(event, h2.events.ConnectionTerminated):
                self.goaway = event.error_code
        if data and self.goaway is None:
            self.flush()
        return bool(data)

    def wait(self, stream):
        while stream not in self.ended and stream not in self.reset and self.read():
            pass
        assert stream in self.ended, (self.reset, self.goaway)
        headers, body = self.replies[stream]
        return int(headers[":status"]), headers, bytes(body)

    def close(self):
        self.socket.close()


def test_curl(secure):
    footfall, port, authority = secure
    for words in (["--http2", "--cacert", authority.pem, f"https://localhost:{port}/projects"],
                  ["--http2-prior-knowledge", f"{footfall.url}/projects"]):
        done = subprocess.run(["curl", "-sS", "-w", "%{http_version} %{http_code}", "-o", "/dev/null",
                               "-H", f"Authorization: Bearer {footfall.api_key}", *map(str, words)],
                              capture_output=True, text=True, timeout=60, check=False)
        assert done.stdout == "2 200", done.stdout + done.stderr


@pytest.mark.parametrize("through_tls", [True, False])
def test_events_and_answers(secure, through_tls):
    footfall, port, authority = secure
    client = Client(port, authority) if through_tls else Client(footfall.port)
    user = new_id("user")
    ids = [new_id() for _ in range(40)]
    streams = [client.ask("POST", f"/v1/track?writeKey={footfall.write_key}", body=json.dumps(
        {"event": "x", "userId": user, "messageId": name, "properties": {"text": "y" * 5000}}).encode()) for name in ids]
    for stream in streams:  # all at a time, on one connection
        status, headers, body = client.wait(stream)
        assert status == 200, body
        assert headers["content-type"].startswith("application/json") and headers["x-request-id"]
    footfall.settle()
    status, _, body = client.wait(client.ask("GET", f"/users/{user}/activities?limit=1000",
                                             [("authorization", f"Bearer {footfall.api_key}")]))
    assert status == 200  # larger than a window
    assert len(body) > 200000 and sorted(row["id"] for row in json.loads(body)["items"]) == sorted(ids)
    client.close()


def test_a_large_body(secure):
    footfall, port, authority = secure
    client = Client(port, authority)
    batch = {"batch": [{"type": "track", "event": "x", "userId": "u", "messageId": new_id(), "properties": {"t": "z" * 20000}}
                       for _ in range(150)]}
    path = f"/v1/batch?writeKey={footfall.write_key}"
    status, _, body = client.wait(client.ask("POST", path, body=json.dumps(batch).encode()))
    assert status == 200 and not json.loads(body).get("rejected"), body
    stream = client.h2.get_next_available_stream_id()
    client.h2.send_headers(stream, [(":method", "POST"), (":scheme", "https"), (":authority", "localhost"), (":path", path),
                                    ("content-length", str(100 << 20))])
    client.flush()  # the claim is enough
    assert client.wait(stream)[0] == 413
    client.close()


def test_authentication_and_errors_are_the_same(secure):
    footfall, port, authority = secure
    client = Client(port, authority)
    status, headers, body = client.wait(client.ask("GET", "/projects"))
    assert status == 401 and headers["www-authenticate"] and json.loads(body)["requestId"] == headers["x-request-id"]
    assert client.wait(client.ask("GET", "/nothing"))[0] in (401, 404)
    status, headers, body = client.wait(client.ask("HEAD", "/projects", [("authorization", f"Bearer {footfall.api_key}")]))
    assert status == 200 and body == b"" and int(headers["content-length"]) > 0
    client.close()


@pytest.mark.parametrize("headers", [
    [("X-Upper", "x")], [("connection", "close")], [("transfer-encoding", "chunked")], [("upgrade", "websocket")],
    [("te", "gzip")], [("x", "a\r\nb: c")], [("x", "a\0b")], [("content-length", "7")], [(":path", "/again")],
    [("host", "elsewhere.test")],
])
def test_malformed_requests(secure, headers):
    footfall, port, authority = secure
    client = Client(port, authority)
    stream = client.ask("GET", "/projects", headers)
    while stream not in client.ended and stream not in client.reset and client.goaway is None and client.read():
        pass
    status = int(client.replies[stream][0][":status"]) if stream in client.replies else None
    assert status == 400 or client.reset.get(stream) == h2.errors.ErrorCodes.PROTOCOL_ERROR, (status, client.goaway)
    if client.goaway is None:
        assert client.wait(client.ask("GET", "/projects"))[0] == 401
    client.close()


def test_rapid_reset_does_not_hurt_others(secure):
    """CVE-2023-44487: the attacker is sent away, who asks properly is answered all the while."""
    footfall, port, authority = secure
    other = Client(port, authority)
    attacker = Client(port, authority)
    try:
        for _ in range(3000):
            stream = attacker.h2.get_next_available_stream_id()
            attacker.h2.send_headers(stream, [(":method", "GET"), (":scheme", "https"), (":authority", "localhost"),
                                              (":path", "/projects")])
            attacker.h2.reset_stream(stream)
            if stream % 100 == 1:
                attacker.flush()
                assert other.wait(other.ask("GET", "/projects"))[0] == 401
        attacker.flush()
        while attacker.goaway is None and attacker.read():
            pass
    except (ConnectionError, ssl.SSLError):
        pass  # it writes on and on, and is cut off
    assert "an HTTP/2 client is sent away" in footfall.stderr
    assert other.wait(other.ask("GET", "/projects"))[0] == 401
    attacker.close()
    other.close()


def test_drain(make_server):
    server = make_server().start()
    client = Client(server.port)
    assert client.wait(client.ask("GET", "/projects"))[0] == 401
    server.signal(15)
    while client.read():
        pass
    assert client.goaway == h2.errors.ErrorCodes.NO_ERROR
    client.close()
    assert server.wait(10) == 0


def test_it_can_be_switched_off(make_server, tmp_path):
    authority = Authority(tmp_path / "pki")
    server = make_server("--http.http2=false", "--tls.listen", "127.0.0.1:0", "--tls.certificates",
                         authority.make("old")).start()
    port = eventually(lambda: (found := TLS_PORT.search(server.stderr)) and int(found.group(1)))
    done = subprocess.run(["curl", "-sS", "--http2", "-w", "%{http_version}", "-o", "/dev/null", "--cacert",
                           str(authority.pem), f"https://localhost:{port}/projects"], capture_output=True, text=True,
                          timeout=60, check=False)
    assert done.stdout == "1.1", done.stderr
    server.stop()
