# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""Bytes on a socket as an attacker writes them, replies read strictly, and a client that must not notice."""

import json
import select
import socket
import threading

from footfall import new_id

PATIENCE = 10


class Reply:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def __repr__(self):
        return f"<{self.status} {self.headers} {self.body[:200]!r}>"

    def json(self):
        return json.loads(self.body)


class Cut(Exception):
    """The bytes end inside a reply."""


def take_head(raw):
    """One reply's head of the front of raw: (status, {name: value}, rest). A header may be there once."""
    head, separator, rest = raw.partition(b"\r\n\r\n")
    if not separator:
        raise Cut(raw[:200])
    lines = head.decode("latin-1").split("\r\n")
    version, status = lines[0].split(" ", 2)[:2]
    assert version == "HTTP/1.1", lines[0]
    headers = {}
    for line in lines[1:]:
        assert "\r" not in line and "\n" not in line, f"a broken line in a reply: {line!r}"
        name, colon, value = line.partition(":")
        assert colon and name == name.strip(), f"a broken header in a reply: {line!r}"
        headers[name.lower()] = value.strip() if name.lower() not in headers else f"{headers[name.lower()]}, {value.strip()}"
    return int(status), headers, rest


def take_reply(raw, to_head=False):
    """One reply of the front of raw: (Reply, rest)."""
    status, headers, rest = take_head(raw)
    if status < 200:
        return take_reply(rest, to_head)
    if to_head or status in (204, 304):
        return Reply(status, headers, b""), rest
    if headers.get("transfer-encoding") == "chunked":
        body = b""
        while True:
            size, separator, rest = rest.partition(b"\r\n")
            if not separator or len(rest) < int(size, 16) + 2:
                raise Cut(raw[:200])
            body, rest = body + rest[:int(size, 16)], rest[int(size, 16) + 2:]
            if int(size, 16) == 0:
                return Reply(status, headers, body), rest
    length = int(headers["content-length"])
    if len(rest) < length:
        raise Cut(raw[:200])
    return Reply(status, headers, rest[:length]), rest[length:]


def replies_of(raw):
    found = []
    while raw:
        reply, raw = take_reply(raw)
        found.append(reply)
    return found


class Wire:
    """One connection."""

    def __init__(self, port, source=None, receive_buffer=None):
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        if source:
            self.socket.bind((source, 0))
        self.socket.settimeout(PATIENCE)
        self.socket.connect(("127.0.0.1", port))
        self.rest = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def send(self, data):
        """A peer that has closed already is nothing to complain of: what it said is what counts."""
        try:
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            return False
        return True

    def _more(self):
        try:
            got = self.socket.recv(1 << 16)
        except ConnectionResetError:
            got = b""
        self.rest += got
        return got

    def reply(self, to_head=False):
        """The next reply; None when the connection was closed instead."""
        while True:
            try:
                found, self.rest = take_reply(self.rest, to_head)
                return found
            except Cut:
                if not self._more():
                    assert not self.rest, f"closed inside a reply: {self.rest[:200]!r}"
                    return None

    def all_replies(self):
        """Until the server closes the connection, which it must do by itself."""
        while self._more():
            pass
        raw, self.rest = self.rest, b""
        return replies_of(raw)

    def is_open(self):
        readable, _, _ = select.select([self.socket], [], [], 0)
        return not readable or bool(self._more())


def exchange(port, data, finish=False):
    """Sends all of it, and gives every reply until the server closes; finish: we say that nothing more comes."""
    with Wire(port) as wire:
        wire.send(data)
        if finish:
            wire.socket.shutdown(socket.SHUT_WR)
        return wire.all_replies()


class Witness:
    """Someone with nothing to do with an attack. Each request is answered, with its own answer, or `failures` says what happened."""

    def __init__(self, server, pace=0.002, source=None):
        self.server, self.source, self.pace = server, source, pace
        self.count, self.failures = 0, []
        self._ends, self._moved = threading.Event(), threading.Condition()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self._thread.start()
        self.wait_for(2)
        return self

    def __exit__(self, kind, *_):
        if kind is None:
            self.wait_for(5)  # it is still served when the attack is over
        self._ends.set()
        self._thread.join(PATIENCE)
        if kind is None:
            assert not self._thread.is_alive() and not self.failures, self.failures[:3]

    def wait_for(self, more):
        with self._moved:
            goal = self.count + more
            assert self._moved.wait_for(lambda: self.count >= goal or self.failures, PATIENCE), "a good client got no answer"

    def _run(self):
        try:
            with Wire(self.server.port, self.source) as wire:
                while not self._ends.wait(self.pace):
                    self._ask(wire)
                    with self._moved:
                        self.count += 1
                        self._moved.notify_all()
        except (AssertionError, OSError, KeyError, ValueError) as error:
            with self._moved:
                self.failures.append(repr(error))
                self._moved.notify_all()

    def _ask(self, wire):
        mine = new_id("witness")
        wire.send(f"GET /users/{mine} HTTP/1.1\r\nHost: a\r\nX-Request-Id: {mine}\r\n"
                  f"Authorization: Bearer {self.server.api_key}\r\n\r\n".encode())
        reply = wire.reply()
        assert reply is not None, "the connection of a good client was closed"
        assert reply.status == 404 and reply.headers["x-request-id"] == mine, reply
        assert reply.json()["instance"] == f"/users/{mine}", reply
