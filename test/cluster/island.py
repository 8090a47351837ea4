# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""A network of its own for one process, in which everything has its usual address and bridges can be cut.

A network namespace has a loopback of its own. Listening there at the addresses of the servers and passing on what comes
makes a bridge; a bridge that is cut passes nothing on and closes nothing, as a dead switch would. Clients that learn
addresses of peers from the servers cannot tell. Needs the right to make namespaces (root).
"""

import asyncio
import ctypes
import fcntl
import os
import socket
import struct
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor

CLONE_NEWNET = 0x40000000
SIOCSIFFLAGS, IFF_UP_RUNNING = 0x8914, 0x41
CHUNK = 1 << 16


class NoIsland(Exception):
    """This machine does not let us make one."""


def _move_out():
    """Runs on the one thread that lives in the new namespace; processes it starts live there, too."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET) != 0:
        raise NoIsland(os.strerror(ctypes.get_errno()))
    with socket.socket() as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", IFF_UP_RUNNING))


def _listen(address):
    host, port = address
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    listener.listen(64)
    listener.setblocking(False)
    return listener


def _connect(address):
    connection = socket.create_connection(address, timeout=5)
    connection.setblocking(False)
    return connection


class Bridge:
    """Addresses at which one side listens for the other; cut() and mend() are for all of them."""

    def __init__(self, loop, connect):
        self._loop, self._connect = loop, connect
        self._open = asyncio.Event()
        self._open.set()
        self._tasks = set()

    def cut(self):
        self._loop.call_soon_threadsafe(self._open.clear)

    def mend(self):
        self._loop.call_soon_threadsafe(self._open.set)

    async def serve(self, listener, address):
        while True:
            client, _ = await self._loop.sock_accept(listener)
            task = self._loop.create_task(self._carry(client, address))
            self._tasks.add(task)  # the loop itself would forget it
            task.add_done_callback(self._tasks.discard)

    async def _carry(self, client, address):
        with client:
            await self._open.wait()
            try:
                server = await self._connect(address)
            except OSError:
                return
            with server:
                ways = [asyncio.ensure_future(self._pump(*ends)) for ends in ((client, server), (server, client))]
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
                for way in ways:
                    way.cancel()
                await asyncio.gather(*ways, return_exceptions=True)

    async def _pump(self, source, target):
        try:
            while data := await self._loop.sock_recv(source, CHUNK):
                await self._open.wait()
                await self._loop.sock_sendall(target, data)
        except OSError:
            pass  # one side has gone; the other is closed with it


class Island:
    """with Island() as island: island.bridge([...]) to the servers, island.harbour(port) for who asks the process."""

    def __init__(self):
        self._inside = ThreadPoolExecutor(1)
        self._inside.submit(_move_out).result()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        async def end():
            tasks = asyncio.all_tasks() - {asyncio.current_task()}
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        asyncio.run_coroutine_threadsafe(end(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._inside.shutdown()

    def spawn(self, *words, **options):
        """subprocess.Popen inside."""
        return self._inside.submit(lambda: subprocess.Popen(*words, **options)).result()

    def bridge(self, addresses):
        """What stands at these (host, port) outside is found there inside as well."""
        async def connect(address):
            return await self._loop.run_in_executor(None, _connect, address)
        bridge = Bridge(self._loop, connect)
        for address in addresses:
            listener = self._inside.submit(_listen, address).result()
            asyncio.run_coroutine_threadsafe(bridge.serve(listener, address), self._loop)
        return bridge

    def harbour(self, port):
        """What listens at this port inside is found there outside as well."""
        async def connect(address):
            return await asyncio.wrap_future(self._inside.submit(_connect, address))
        bridge = Bridge(self._loop, connect)
        asyncio.run_coroutine_threadsafe(bridge.serve(_listen(("127.0.0.1", port)), ("127.0.0.1", port)), self._loop)
        return bridge
