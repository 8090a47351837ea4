# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""What Kafka and Cassandra have in common: one or three nodes with settings that are kept beside their data."""

import contextlib
import dataclasses
import fcntl
import json
import os
import shutil
import signal
import socket
import subprocess
from pathlib import Path

from . import jars
from .node import ClusterError, Node

READY_SECONDS = 180
STOP_SECONDS = 20
COUNTS = (1, 3)
# For every server and tool: the smallest collector, and an end instead of a half-dead process.
JVM = ("-XX:+UseSerialGC", "-XX:+ExitOnOutOfMemoryError", "-XX:-UsePerfData", "-Djava.awt.headless=true")


class Service:
    """The nodes of one product in one folder. Subclasses say how a node is configured, started and known to be ready.

    `Settings` of a subclass is a dataclass; fields named in `any_time` may differ from one start to the next, the others
    are fixed when the nodes are first started, until `wipe`."""

    product = None
    Settings = None
    any_time = ("heap", "jvm")

    def __init__(self, folder):
        self.folder = Path(folder).resolve()
        self._saved = self.folder / "settings.json"
        self._nodes = {}

    # --- What there is ------------------------------------------------------------------------------------------------

    def settings(self):
        """As they were when the nodes were first started; None when there are no nodes."""
        try:
            return self.Settings(**json.loads(self._saved.read_text()))
        except FileNotFoundError:
            return None

    def nodes(self):
        settings = self.settings()
        return [self.node(number) for number in range(1, settings.nodes + 1)] if settings else []

    def node(self, number):
        settings = self.settings()
        if settings is None or not 1 <= number <= settings.nodes:
            raise ClusterError(f"there is no node {number} of {self.product} in {self.folder}")
        # One object a node: it is the parent that has to take note of the process's end.
        return self._nodes.setdefault(number, Node(self.product, number, self.folder / str(number)))

    def is_up(self):
        nodes = self.nodes()
        return bool(nodes) and all(node.is_running() for node in nodes)

    def addresses(self):
        """host:port of every node, as clients are given them."""
        settings = self.settings()
        return [self.address(settings, number) for number in range(1, settings.nodes + 1)] if settings else []

    # --- All nodes ----------------------------------------------------------------------------------------------------

    def up(self, nodes=None, **chosen):
        """Starts what does not run and returns when all nodes serve clients."""
        with self._alone():
            settings = self._settle(nodes, chosen)
            home = jars.fetch(self.product)
            resting = [node for node in self.nodes() if not node.is_running()]
            for node in resting:
                self._prepare(settings, node)
            self._start(settings, home, resting)
        return self

    def down(self):
        """Ends all nodes in order and keeps what they stored."""
        with self._alone():
            self._end(self.nodes())

    def wipe(self):
        """Ends all nodes at once and deletes what they stored."""
        with self._alone():
            for node in self.nodes():
                with contextlib.suppress(ClusterError):  # it does not run
                    node.kill()
            for entry in self.folder.iterdir():
                if entry.is_dir():
                    shutil.rmtree(entry)
                elif entry != self._lock_file():
                    entry.unlink()

    # --- One node -----------------------------------------------------------------------------------------------------

    def start(self, number):
        """Starts one node and returns when it serves clients."""
        with self._alone():
            node, settings = self.node(number), self.settings()
            if not node.is_running():
                self._start(settings, jars.fetch(self.product), [node])

    def stop(self, number):
        self._end([self.node(number)])

    def kill(self, number):
        self.node(number).kill()

    def pause(self, number):
        self.node(number).signal(signal.SIGSTOP)

    def resume(self, number):
        self.node(number).signal(signal.SIGCONT)

    # --- For subclasses -----------------------------------------------------------------------------------------------

    def address(self, settings, number):
        """host:port at which clients find a node."""
        raise NotImplementedError

    def ports(self, settings, number):
        """Every (address, port) the node is going to listen at, and the option that changes it."""
        raise NotImplementedError

    def configure(self, settings):
        """Writes the configuration of all nodes; called once, before the first start."""
        raise NotImplementedError

    def prepare(self, settings, home, nodes):
        """What nodes need once, when configured, before they can start."""

    def command(self, settings, home, node):
        """The words that start a node."""
        raise NotImplementedError

    def before_start(self, nodes):
        """Whatever `ready` will want to compare with."""

    def ready(self, settings, node):
        """Returns when the node serves clients."""
        raise NotImplementedError

    # --- How ----------------------------------------------------------------------------------------------------------

    def _lock_file(self):
        return self.folder / "lock"

    @contextlib.contextmanager
    def _alone(self):
        """One program at a time starts and ends nodes."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with open(self._lock_file(), "w", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _settle(self, nodes, chosen):
        """The settings to start with: those of the first start, or new ones."""
        chosen = {name: value for name, value in chosen.items() if value is not None}
        known = self.settings()
        if known is None:
            settings = self.Settings(nodes=nodes or 1, **chosen)
            if settings.nodes not in COUNTS:
                raise ClusterError("a cluster has one node or three")
            self.configure(settings)
        else:
            wanted = dict(chosen, **({"nodes": nodes} if nodes else {}))
            for name, value in wanted.items():
                if name not in self.any_time and getattr(known, name) != value:
                    raise ClusterError(f"{self.product} in {self.folder} was made with {name} {getattr(known, name)}, "
                                       f"not {value}: wipe it first")
            settings = dataclasses.replace(known, **wanted)
        self._saved.write_text(json.dumps(dataclasses.asdict(settings), indent=2) + "\n")
        return settings

    def _prepare(self, settings, node):
        for host, port, option in self.ports(settings, node.number):
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind((host, port))
                except OSError as error:
                    raise ClusterError(f"{node} cannot listen at {host}:{port} ({error.strerror}): "
                                       f"choose another with {option}") from error

    def _start(self, settings, home, nodes):
        self.prepare(settings, home, nodes)
        self.before_start(nodes)
        try:
            for node in nodes:
                node.spawn(self.command(settings, home, node), self._environment())
            for node in nodes:
                self.ready(settings, node)
        except BaseException:
            # Whoever asked has nothing to end them with, and the next attempt must find the ports free.
            for node in nodes:
                with contextlib.suppress(ClusterError):
                    node.kill()
            raise

    def _end(self, nodes):
        for node in nodes:
            node.terminate()
        for node in nodes:
            if not node.wait_for_end(STOP_SECONDS):
                node.kill()

    @staticmethod
    def _environment():
        """Without what would change a JVM behind our back."""
        unwanted = ("JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS", "JDK_JAVA_OPTIONS", "CLASSPATH")
        return {name: value for name, value in os.environ.items() if name not in unwanted}

    def run_tool(self, words, **options):
        """Runs a Java tool of the product to its end with this program's terminal; gives the exit code."""
        return subprocess.run([jars.java(), "-Xmx128m", *JVM, *words], env=self._environment(), check=False,
                              **options).returncode
