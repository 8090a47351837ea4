# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""The real Spring Cloud Config: its server, and an application that starts from one. Jars are fetched and kept by cluster_lib."""

import os
import socket
import subprocess

import requests

from cluster_lib import jars
from cluster_lib.service import JVM
from footfall import HERE as E2E, eventually

SOURCES = os.path.join(E2E, "..", "cluster", "spring")
START_SECONDS = 120


def unused_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Spring:
    """The jars, and our two programs compiled with them."""

    def __init__(self, folder):
        self.jars = jars.fetch("spring")
        self.classes = os.path.join(str(folder), "classes")
        javac = str(jars.java_home() / "bin" / "javac")
        sources = [os.path.join(SOURCES, name) for name in ("Server.java", "Client.java")]
        done = subprocess.run([javac, "-cp", f"{self.jars}/*", "-d", self.classes, *sources], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", timeout=300, check=False)
        assert done.returncode == 0, done.stdout

    def words(self, program, *flags):
        # With the server's jar beside it an application takes itself for a server and asks none.
        wanted = [str(jar) for jar in self.jars.glob("*.jar") if program == "Server" or "config-server" not in jar.name]
        return [jars.java(), "-Xmx256m", *JVM, "-cp", ":".join([self.classes, *wanted]), f"footfall.{program}", *flags]

    def client(self, url, keys, **properties):
        """What an application that starts from the server says: exit code, key -> value, names of its sources, all output."""
        flags = [f"--spring.config.import=configserver:{url}", f"--print={','.join(keys)}"]
        flags += [f"--{name.replace('__', '.').replace('_', '-')}={value}" for name, value in properties.items()]
        done = subprocess.run(self.words("Client", *flags), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, encoding="utf-8", errors="replace", timeout=START_SECONDS, check=False)
        lines = done.stdout.splitlines()
        values = dict(line[len("VALUE "):].split("=", 1) for line in lines if line.startswith("VALUE "))
        return done.returncode, values, [line[len("SOURCE "):] for line in lines if line.startswith("SOURCE ")], done.stdout


class SpringServer:
    """One of them, for as long as the with statement."""

    def __init__(self, spring, folder, **settings):
        self.port = unused_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = os.path.join(str(folder), f"spring-{self.port}.log")
        flags = [f"--server.port={self.port}", "--server.address=127.0.0.1",
                 *(f"--{name.replace('__', '.').replace('_', '-')}={value}" for name, value in settings.items())]
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(spring.words("Server", *flags), cwd=str(folder), stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log)

    def __enter__(self):
        eventually(self._answers, START_SECONDS)
        return self

    def _answers(self):
        if self.process.poll() is not None:
            with open(self.log, encoding="utf-8", errors="replace") as log:
                raise RuntimeError(f"Spring's server ended at start:\n{log.read()[-4000:]}")
        try:
            return requests.get(f"{self.url}/encrypt/status", timeout=10).status_code < 500
        except requests.ConnectionError:
            return False

    def __exit__(self, *why):
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(30)
