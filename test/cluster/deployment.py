# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""Footfall as processes of their own on real servers, asked and ended like the one process of the end-to-end tests."""

import contextlib
import itertools
import json
import os
import random
import signal
import socket
import subprocess

import requests

from cluster_lib import Cluster, cql
from cluster_lib.roles import ROLES, WITHOUT_ROUTES, Place, engine_environment, engine_flags, words
from footfall import DRAIN_SECONDS, SANITIZER_REPORT, START_SECONDS, Footfall, binary, environment, eventually

# Below what the kernel hands out by itself, and above what the shared servers take.
FIRST_PORT, LAST_PORT = int(os.environ.get("KAFKA_PORT", "29092")) + 200, 32700
PATIENCE = 3  # five processes start where one did, and wait for servers


class Ports:
    """Ports that are free and were not given before: a role that starts again must be where it was."""

    def __init__(self):
        self._next = itertools.cycle(range(FIRST_PORT, LAST_PORT))

    def take(self):
        for port in self._next:
            with socket.socket() as probe, contextlib.suppress(OSError):
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(("127.0.0.1", port))
                return port


class Keyspaces:
    """Drops what deployments leave in Cassandra, or a node would run out of memory after some dozens of them."""

    def __init__(self, servers):
        self.servers, self._driver, self._session = servers, None, None

    def drop(self, name):
        if self._session is None:
            self._driver, self._session = cql.connect(self.servers.cassandra)
        self._session.execute(f'DROP KEYSPACE IF EXISTS "{name}"', timeout=60)


class Shared:
    """What all deployments of this run have in common."""

    ports = Ports()
    numbers = itertools.count(1)
    run = f"{random.SystemRandom().randrange(1 << 24):06x}"
    _servers = _keyspaces = None

    @classmethod
    def servers(cls):
        if cls._servers is None:
            cls._servers = Cluster(os.environ["FOOTFALL_CLUSTER_DIR"])
            assert cls._servers.kafka.is_up() and cls._servers.cassandra.is_up(), "tools/cluster up all 3 starts them"
        return cls._servers

    @classmethod
    def keyspaces(cls):
        if cls._keyspaces is None:
            cls._keyspaces = Keyspaces(cls.servers())
        return cls._keyspaces


class Role:
    """One process of a deployment."""

    def __init__(self, deployment, place):
        self.deployment, self.place = deployment, place
        self.process, self.runs = None, 0
        self.spawn = subprocess.Popen  # tests put a process elsewhere

    def __repr__(self):
        return self.place.name

    def log_path(self, kind):
        return os.path.join(self.deployment.directory, f"{self.place.name}-{kind}-{self.runs}.log")

    def read_log(self, kind):
        try:
            with open(self.log_path(kind), encoding="utf-8", errors="replace") as file:
                return file.read()
        except FileNotFoundError:
            return ""

    def launch(self):
        assert self.process is None, f"{self} is running already"
        self.runs += 1
        line = [binary(), *words(self.place, self.deployment.places(), self.deployment.engines,
                                 self.deployment.data_of(self.place)), *self.deployment.flags]
        with open(self.log_path("stdout"), "wb") as out, open(self.log_path("stderr"), "wb") as err:
            self.process = self.spawn(line, env=environment(**self.deployment.secrets, **self.deployment.env),
                                      cwd=self.deployment.directory, stdin=subprocess.DEVNULL, stdout=out, stderr=err)
        return self

    def is_ready(self):
        if self.process.poll() is not None:
            raise RuntimeError(f"{self} ended with {self.process.returncode}:\n{self.read_log('stderr')}")
        with contextlib.suppress(requests.ConnectionError, requests.Timeout):
            return requests.get(f"{self.place.management_url}/health/ready", timeout=5).status_code == 200
        return False

    def start(self):
        self.launch()
        eventually(self.is_ready, START_SECONDS * PATIENCE)
        return self

    def signal(self, number):
        if self.process.poll() is not None:
            raise RuntimeError(f"{self} ended by itself with {self.process.returncode}:\n{self.read_log('stderr')}")
        self.process.send_signal(number)

    def wait(self, timeout):
        code = self.process.wait(timeout)
        self.process = None
        report = self.read_log("stderr")
        assert not SANITIZER_REPORT.search(report), report
        return code

    def kill(self):
        """Ends it as a power cut would."""
        self.signal(signal.SIGKILL)
        assert self.wait(DRAIN_SECONDS) == -signal.SIGKILL

    def stop(self):
        """Ends it as an init system would, and insists on a clean end."""
        self.signal(signal.SIGTERM)
        code = self.wait(DRAIN_SECONDS * PATIENCE)
        assert code == 0, f"{self}: exit code {code}:\n{self.read_log('stderr')}"

    def pause(self):
        self.signal(signal.SIGSTOP)

    def resume(self):
        self.signal(signal.SIGCONT)

    def discard(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait(DRAIN_SECONDS)
            self.process = None


class Deployment(Footfall):
    """All roles, with a topic and a keyspace of their own."""

    def __init__(self, directory, *flags, env=None, data=None, processors=1, activities=1):
        super().__init__(directory, *flags, env=env, data=data)
        number = next(Shared.numbers)
        self.topic, self.keyspace = f"test.{Shared.run}.{number}", f"test_{Shared.run}_{number}"
        self.engines = engine_flags(Shared.servers(), self.topic, self.keyspace)
        self.secrets = engine_environment(Shared.servers())
        self.engines += ["--kafka.session_timeout", "6s", "--spool.disk_reserve", "0"]
        self.chance = random.Random(number)
        self.signalled = False
        self.roles = {}
        for role in ROLES:
            for place in range({"processor": processors, "activity": activities}.get(role, 1)):
                self.add(role, place + 1)

    # --- Roles --------------------------------------------------------------------------------------------------------

    def add(self, role, number=None):
        """One more process of a role, not started; those that run already do not know of it."""
        number = number or 1 + sum(other.role == role for other in self.places())
        name = role if number == 1 else f"{role}-{number}"
        port = None if role in WITHOUT_ROUTES else Shared.ports.take()
        self.roles[name] = Role(self, Place(name, role, port, Shared.ports.take()))
        return self.roles[name]

    def places(self):
        return [role.place for role in self.roles.values()]

    def running(self):
        return [role for role in self.roles.values() if role.process is not None]

    def data_of(self, place):
        """Roles of one machine share a directory; a second of the same role needs its own."""
        return self.data if place.name == place.role else f"{self.data}-{place.name}"

    def is_started(self):
        return bool(self.running())

    @property
    def gateway(self):
        return self.roles["gateway"]

    # --- What the end-to-end tests do with one process ----------------------------------------------------------------

    def _read_log(self, kind):
        # What is for people may be printed by whichever process came first; logs are looked for at the entry.
        roles = self.roles.values() if kind == "stdout" else [self.gateway]
        return "".join(role.read_log(kind) for role in roles)

    def launch(self):
        os.makedirs(self.directory, exist_ok=True)
        order = list(self.roles.values())
        self.chance.shuffle(order)  # any order must do
        for role in order:
            role.launch()
        self.runs += 1
        self.signalled = False
        return self

    def start(self):
        self.launch()
        try:
            for role in self.roles.values():
                eventually(role.is_ready, START_SECONDS * PATIENCE)
        except BaseException:
            self.discard()  # a fixture that fails here has nothing to end
            raise
        self._found_ports()
        with open(os.path.join(self.data, "credentials.json"), encoding="utf-8") as file:
            self.credentials = json.load(file)
        return self

    def _found_ports(self):
        self.port, self.management_port = self.gateway.place.port, self.gateway.place.management
        return True

    def signal(self, number):
        self.signalled = True
        for role in self.running():
            role.signal(number)

    def wait(self, timeout):
        code = self.gateway.wait(timeout)
        if code != 0 and not self.signalled:  # it alone does not start, and speaks for all
            for role in self.running():
                role.stop()
            return code
        codes = [code, *(role.wait(timeout) for role in self.running())]
        self.http.close()
        self.http = requests.Session()
        return max(codes, key=abs)

    def stop(self):
        """The entry first, then what stands behind it."""
        self.http.close()
        self.http = requests.Session()
        self.gateway.stop()
        behind = self.running()
        for role in behind:
            role.signal(signal.SIGTERM)
        codes = {role.place.name: role.wait(DRAIN_SECONDS * PATIENCE) for role in behind}
        failed = {name: code for name, code in codes.items() if code != 0}
        assert not failed, f"{failed}\n" + "".join(self.roles[name].read_log("stderr") for name in failed)

    def kill(self):
        for role in self.running():
            role.signal(signal.SIGKILL)
        for role in self.running():
            assert role.wait(DRAIN_SECONDS) == -signal.SIGKILL
        self.http.close()
        self.http = requests.Session()

    def discard(self):
        for role in self.roles.values():
            role.discard()
        self.http.close()
        Shared.keyspaces().drop(self.keyspace)

    def metrics(self):
        """Of all processes as if they were one: samples of the same name are added up."""
        comments, samples = {}, {}
        for role in self.running():
            reply = self.http.get(f"{role.place.management_url}/metrics", timeout=30)
            assert reply.status_code == 200, f"{role}: {reply.status_code}"
            for line in reply.text.splitlines():
                name = line.split()[2] if line.startswith("#") else None
                if name:
                    comments.setdefault(name, {})[line] = None
                    family = samples.setdefault(name, {})
                else:
                    sample, _, value = line.rpartition(" ")
                    family[sample] = family.get(sample, 0) + float(value)
        lines = [line for name, family in samples.items()
                 for line in (*comments[name], *(f"{sample} {value:.17g}" for sample, value in family.items()))]
        return "\n".join(lines) + "\n"

    def settle(self, within=60.0):
        return super().settle(within * PATIENCE)
