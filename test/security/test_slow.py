# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""Clients that hold on to what they got: slow heads, bodies and readers, idle crowds, floods; others are served meanwhile."""

import contextlib
import os
import re
import resource
import select
import socket

import pytest

from footfall import Footfall, eventually
from wire import Wire, Witness

HOST = "Host: a\r\n"
IDLE = 10_000
IDLE_MIB = 100
PATIENCE_MS = 60_000
# A second is more than a good client needs for one request on this machine, and less than anybody wants to wait for a test.
IMPATIENT = ("--http.header_timeout", "1s", "--http.body_timeout", "1s", "--http.write_timeout", "1s", "--http.idle_timeout", "2s")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    footfall = Footfall(tmp_path_factory.mktemp("footfall"), "--embedded.disk_reserve", "0", *IMPATIENT).start()
    yield footfall
    try:
        footfall.stop()
    finally:
        footfall.discard()


def connections(server):
    """Open ones on the public port, as the server counts them."""
    return int(float(re.search(r'footfall_http_connections\{server="public"\} (\S+)', server.metrics()).group(1)))


def crowd(stack, server, count, data=b""):
    """Many clients, from addresses of their own; each sends the same."""
    wires = []
    for number in range(count):
        wires.append(stack.enter_context(Wire(server.port, source=f"127.1.{number // 200}.{number % 200 + 1}")))
        wires[-1].send(data)
    return wires


def statuses(wire):
    return [reply.status for reply in wire.all_replies()]


# --- Slow requests --------------------------------------------------------------------------------------------------------


def drip(wires, data):
    """A byte each, again and again, until the server has closed all of them; nobody got more time for it."""
    waiting = dict.fromkeys(wires)
    for byte in data:
        for wire in list(waiting):
            if not wire.is_open() or not wire.send(bytes([byte])):
                del waiting[wire]
        if not waiting:
            return
        select.select(list(wire.socket for wire in waiting), [], [], 0.02)
    raise AssertionError(f"{len(waiting)} clients were still welcome after {len(data)} bytes")


def test_slowloris(server):
    """Heads that come byte by byte end by the time for a head, counted from their first byte."""
    with contextlib.ExitStack() as stack, Witness(server):
        drip(crowd(stack, server, 200, b"GET / HTTP/1.1\r\n"), b"X-a: b\r\n" * 100_000)


def test_a_head_that_never_ends_is_told_so(server):
    with contextlib.ExitStack() as stack, Witness(server):
        for wire in crowd(stack, server, 100, b"GET / HTTP/1.1\r\nHost: a\r\n"):
            assert statuses(wire) == [408]


def test_a_body_that_never_comes(server):
    head = f"POST /v1/batch HTTP/1.1\r\n{HOST}"
    with contextlib.ExitStack() as stack, Witness(server):
        for framing in ("Content-Length: 1000000\r\n\r\n", "Content-Length: 1000\r\n\r\n{", "Transfer-Encoding: chunked\r\n\r\n",
                        "Transfer-Encoding: chunked\r\n\r\n5\r\nhel", "Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n"):
            for wire in crowd(stack, server, 40, (head + framing).encode()):
                assert statuses(wire) == [408], framing


def test_silence_after_connecting(server):
    with contextlib.ExitStack() as stack, Witness(server):
        for wire in crowd(stack, server, 100):
            assert statuses(wire) in ([], [408])


def test_claims_of_large_bodies_cost_no_memory(server):
    """What a Content-Length says is not set aside: a thousand claims of 4 MiB fit into far less."""
    with contextlib.ExitStack() as stack, Witness(server):
        before = resident(server)
        wires = crowd(stack, server, 1000, f"POST /v1/batch HTTP/1.1\r\n{HOST}Content-Length: 4000000\r\n\r\n{{".encode())
        assert resident(server) - before < 400
        assert [statuses(wire) for wire in wires] == [[408]] * len(wires)


def test_a_reader_that_does_not_read(server):
    """No window: the server neither waits for it for ever nor keeps all its replies."""
    server.request("PUT", "/users/large", json={"traits": {"t": "x" * 30_000}})
    ask = f"GET /users/large HTTP/1.1\r\n{HOST}Authorization: Bearer {server.api_key}\r\n\r\n".encode() * 50
    with contextlib.ExitStack() as stack, Witness(server):
        before = resident(server)
        wires = [stack.enter_context(Wire(server.port, receive_buffer=4096)) for _ in range(20)]
        for wire in wires:
            wire.socket.setblocking(False)
            with contextlib.suppress(BlockingIOError, ConnectionError):
                for _ in range(2000):
                    wire.socket.send(ask)
        assert resident(server) - before < 300
        poll = select.poll()
        waiting = {}
        for wire in wires:
            poll.register(wire.socket, 0)  # errors and hang-ups only, without taking a byte
            waiting[wire.socket.fileno()] = wire
        while waiting:
            events = poll.poll(PATIENCE_MS)
            assert events, f"{len(waiting)} clients that do not read are kept"
            for number, _ in events:
                poll.unregister(number)
                del waiting[number]


# --- Many ---------------------------------------------------------------------------------------------------------------


def resident(server):
    """MiB of the process."""
    with open(f"/proc/{server.process.pid}/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def is_instrumented(server):
    with open(f"/proc/{server.process.pid}/maps", encoding="ascii") as file:
        return re.search(r"lib[at]san", file.read()) is not None


@contextlib.contextmanager
def files_allowed(count):
    """For us, and what we start meanwhile."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    hard = before[1] if before[1] == resource.RLIM_INFINITY else max(before[1], count)
    resource.setrlimit(resource.RLIMIT_NOFILE, (count, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (before[0], hard))


def test_ten_thousand_idle_connections(make_server):
    """Held, while others are served; in a build without sanitizers also in little memory."""
    with files_allowed(IDLE + 2000), contextlib.ExitStack() as stack:
        server = make_server("--http.connections", str(IDLE + 1000), "--http.idle_timeout", "10m").start()
        with Witness(server):
            wires = crowd(stack, server, IDLE)
            eventually(lambda: connections(server) >= IDLE, 60)
            memory = resident(server)
        assert connections(server) >= IDLE
        for wire in wires[::100]:
            wire.send(f"GET /nowhere HTTP/1.1\r\n{HOST}\r\n".encode())
            assert wire.reply().status == 404
        print(f"{memory:.0f} MiB with {IDLE} idle connections")
        if not is_instrumented(server):
            assert memory < IDLE_MIB
        stack.close()
        eventually(lambda: connections(server) < 100, 60)
        server.stop()


def test_more_connections_than_allowed(make_server):
    """What is too much is told so; who is in stays in; when the flood is over newcomers are served."""
    server = make_server("--http.connections", "50").start()
    server.http.close()
    with Witness(server), contextlib.ExitStack() as stack:
        inside = crowd(stack, server, 60)
        by_socket = {wire.socket: wire for wire in inside}
        # One of the 50 is the witness's.
        turned_away = eventually(lambda: len(readable := select.select(by_socket, [], [], 0)[0]) >= 11 and readable)
        assert len(turned_away) == 11
        for answered in turned_away:
            assert statuses(by_socket[answered]) in ([503], [])
        for _ in range(5):
            with contextlib.ExitStack() as wave:
                crowd(wave, server, 200)
        stack.close()
        eventually(lambda: connections(server) < 10)
        assert server.get("/reports/daily").status_code == 200
    server.stop()


def test_header_floods(server):
    """Endless heads are cut off at the limit, not collected."""
    with contextlib.ExitStack() as stack, Witness(server):
        before = resident(server)
        for kind in (b"X: " + b"a" * (1 << 20), b"X: a\r\n" * 50_000, b"a" * (1 << 20)):
            for wire in crowd(stack, server, 50, b"GET / HTTP/1.1\r\nHost: a\r\n" + kind):
                assert statuses(wire) in ([431], [])  # nothing when our bytes that came too late undid the reply
        assert resident(server) - before < 200


def test_connections_that_are_reset(server):
    """At any time: while connecting, in a head, in a body, before the reply."""
    parts = (b"", b"GET / HT", b"GET /users HTTP/1.1\r\nHost: a\r\n\r\n", b"POST /v1/batch HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n{")
    with Witness(server):
        for number in range(800):
            with Wire(server.port) as wire:
                wire.send(parts[number % len(parts)])
                wire.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        eventually(lambda: connections(server) < 20)
