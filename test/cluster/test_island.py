# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""That a cut bridge is a cut: otherwise the test that relies on it would prove nothing."""

import socket
import subprocess
import sys

import pytest
from island import Island, NoIsland

ECHO = """
import socket, sys
with socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=60) as far:
    for line in sys.stdin.buffer:
        far.sendall(line)
        sys.stdout.buffer.write(far.recv(100))
        sys.stdout.buffer.flush()
"""


def test_a_cut_holds_everything_back_and_mending_lets_it_through():
    try:
        island = Island()
    except NoIsland as reason:
        pytest.skip(f"no network namespace can be made here: {reason}")
    with island, socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        bridge = island.bridge([("127.0.0.1", port)])
        with island.spawn([sys.executable, "-c", ECHO, str(port)], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE) as inside:
            near, _ = server.accept()
            with near:
                def say(line):
                    inside.stdin.write(line)
                    inside.stdin.flush()
                say(b"one\n")
                assert near.recv(100) == b"one\n"
                near.sendall(b"1\n")
                assert inside.stdout.readline() == b"1\n"
                bridge.cut()
                say(b"two\n")
                near.settimeout(0.3)
                with pytest.raises(TimeoutError):
                    near.recv(100)
                bridge.mend()
                near.settimeout(20)
                assert near.recv(100) == b"two\n"
                near.sendall(b"2\n")
                assert inside.stdout.readline() == b"2\n"
            inside.stdin.close()


def test_a_harbour_is_found_from_outside():
    try:
        island = Island()
    except NoIsland as reason:
        pytest.skip(f"no network namespace can be made here: {reason}")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with island:
        with island.spawn([sys.executable, "-u", "-m", "http.server", "--bind", "127.0.0.1", str(port)], cwd="/",
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as inside:
            assert b"Serving" in inside.stdout.readline()
            island.harbour(port)
            with socket.create_connection(("127.0.0.1", port), timeout=20) as asking:
                asking.sendall(b"HEAD / HTTP/1.0\r\n\r\n")
                assert asking.recv(100).startswith(b"HTTP/1.0 200")
            inside.kill()
