# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""Apache Kafka without ZooKeeper: every node is a broker and a controller."""

import base64
import dataclasses
import os
import subprocess

from . import jars
from .certificates import PASSWORD, Certificate
from .node import ClusterError
from .service import JVM, READY_SECONDS, Service

HOST = "127.0.0.1"
STEP = 10  # between the ports of two nodes
USER, SECRET = "footfall", "footfall-secret"
READY_LINE = "Kafka Server started"


@dataclasses.dataclass
class KafkaSettings:
    nodes: int = 1
    port: int = 9092     # of node 1; node 2 has port + 10. Its controller is one above, SASL over TLS two above.
    heap: str = "256m"
    sasl: bool = False   # a second listener: SASL_SSL with PLAIN and SCRAM-SHA-512
    extra: str = ""      # lines for server.properties, which win over ours
    jvm: str = ""        # flags for the JVM


class Kafka(Service):
    product = "kafka"
    Settings = KafkaSettings

    def address(self, settings, number):
        return f"{HOST}:{self._port(settings, number)}"

    def sasl_addresses(self):
        """host:port of the listeners with SASL_SSL; none without the setting."""
        settings = self.settings()
        if settings is None or not settings.sasl:
            return []
        return [f"{HOST}:{self._port(settings, number) + 2}" for number in range(1, settings.nodes + 1)]

    def certificate(self):
        return Certificate(self.folder)

    def ports(self, settings, number):
        first = self._port(settings, number)
        return [(HOST, first + place, "--kafka-port") for place in range(3 if settings.sasl else 2)]

    @staticmethod
    def _port(settings, number):
        return settings.port + STEP * (number - 1)

    # --- Configuration ------------------------------------------------------------------------------------------------

    def configure(self, settings):
        if settings.sasl:
            self.certificate().make([HOST])
        # Kafka wants 16 random bytes so written, and its tools take a leading minus for an option.
        cluster = "F" + base64.urlsafe_b64encode(os.urandom(16)).decode().rstrip("=")[1:]
        (self.folder / "cluster.id").write_text(cluster)
        for number in range(1, settings.nodes + 1):
            folder = self.folder / str(number)
            folder.mkdir(exist_ok=True)
            lines = {**self._identity(settings, number, folder), **self._replication(settings), **self._frugality()}
            if settings.sasl:
                lines |= self._sasl(lines, settings, number)
            text = "".join(f"{key}={value}\n" for key, value in lines.items())
            (folder / "server.properties").write_text(text + settings.extra + "\n")

    def _identity(self, settings, number, folder):
        port = self._port(settings, number)
        voters = ",".join(f"{voter}@{HOST}:{self._port(settings, voter) + 1}"
                          for voter in range(1, settings.nodes + 1))
        return {
            "process.roles": "broker,controller",
            "node.id": number,
            "controller.quorum.voters": voters,
            "controller.listener.names": "CONTROLLER",
            "inter.broker.listener.name": "PLAINTEXT",
            "listeners": f"PLAINTEXT://{HOST}:{port},CONTROLLER://{HOST}:{port + 1}",
            "advertised.listeners": f"PLAINTEXT://{HOST}:{port}",
            "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL_SSL:SASL_SSL",
            "log.dirs": folder / "data",
        }

    @staticmethod
    def _replication(settings):
        in_sync = 2 if settings.nodes == 3 else 1
        return {
            "default.replication.factor": settings.nodes,
            "min.insync.replicas": in_sync,
            "unclean.leader.election.enable": "false",
            "offsets.topic.replication.factor": settings.nodes,
            "transaction.state.log.replication.factor": settings.nodes,
            "transaction.state.log.min.isr": in_sync,
            # A broker that was killed is missed after this long, and is let back no sooner; 9000 unless set.
            "broker.session.timeout.ms": 3000,
            "broker.heartbeat.interval.ms": 500,
            "group.initial.rebalance.delay.ms": 0,
        }

    @staticmethod
    def _frugality():
        """What keeps a broker small: few threads, and a cleaner that fits a heap of 256 MiB."""
        return {
            "num.partitions": 3,
            "offsets.topic.num.partitions": 3,
            "transaction.state.log.num.partitions": 3,
            "num.network.threads": 2,
            "num.io.threads": 4,
            "background.threads": 2,
            "log.cleaner.threads": 1,
            "log.cleaner.dedupe.buffer.size": 4 << 20,
        }

    def _sasl(self, lines, settings, number):
        endpoint = f",SASL_SSL://{HOST}:{self._port(settings, number) + 2}"
        listener = "listener.name.sasl_ssl."
        modules = "org.apache.kafka.common.security"
        return {
            "listeners": lines["listeners"] + endpoint,
            "advertised.listeners": lines["advertised.listeners"] + endpoint,
            "sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-512",
            listener + "plain.sasl.jaas.config":
                f'{modules}.plain.PlainLoginModule required user_{USER}="{SECRET}";',
            listener + "scram-sha-512.sasl.jaas.config": f"{modules}.scram.ScramLoginModule required;",
            "ssl.keystore.type": "PKCS12",
            "ssl.keystore.location": self.certificate().store,
            "ssl.keystore.password": PASSWORD,
            "ssl.key.password": PASSWORD,
        }

    # --- Starting -----------------------------------------------------------------------------------------------------

    def prepare(self, settings, home, nodes):
        """Formats the storage of new nodes, all at the same time because each costs the start of a JVM."""
        new = [node for node in nodes if not (node.folder / "data" / "meta.properties").exists()]
        formats = [(node, subprocess.Popen(self._format(settings, home, node), env=self._environment(),
                                           stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                           encoding="utf-8", errors="replace")) for node in new]
        for node, process in formats:
            said = process.communicate()[0]
            if process.returncode != 0:
                raise ClusterError(f"the storage of {node} could not be formatted:\n{said}")

    def _format(self, settings, home, node):
        words = [jars.java(), "-Xmx64m", *JVM, *self._classpath(home, "WARN"), "kafka.tools.StorageTool", "format",
                 "--cluster-id", (self.folder / "cluster.id").read_text(),
                 "--config", str(node.folder / "server.properties")]
        if settings.sasl:
            words += ["--add-scram", f"SCRAM-SHA-512=[name={USER},password={SECRET}]"]
        return words

    @staticmethod
    def _classpath(home, level):
        return [f"-Dlog4j.configuration=file:{jars.FILES / 'log4j.properties'}", f"-Dfootfall.level={level}",
                "-cp", f"{home}/*"]

    def command(self, settings, home, node):
        return [jars.java(), f"-Xms{settings.heap}", f"-Xmx{settings.heap}", "-Xss512k", *JVM, *settings.jvm.split(),
                *self._classpath(home, "INFO"), "kafka.Kafka", str(node.folder / "server.properties")]

    def ready(self, settings, node):
        node.wait_for_line(READY_LINE, READY_SECONDS)

    # --- Tools --------------------------------------------------------------------------------------------------------

    def tool(self, name, *words):
        """Runs org.apache.kafka.tools.NAME against the brokers; gives its exit code."""
        return self.run_tool([*self._classpath(jars.fetch(self.product), "WARN"), f"org.apache.kafka.tools.{name}",
                              "--bootstrap-server", ",".join(self.addresses()), *words])

    def create_topic(self, name, partitions=None, replication=None):
        words = ["--create", "--topic", name]
        words += ["--partitions", str(partitions)] if partitions else []
        words += ["--replication-factor", str(replication)] if replication else []
        return self.tool("TopicCommand", *words)
