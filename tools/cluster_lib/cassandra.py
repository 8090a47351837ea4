# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""Apache Cassandra on addresses of the loopback network, one address a node."""

import dataclasses

from . import jars
from .certificates import PASSWORD, Certificate
from .node import wait_until
from .service import JVM, READY_SECONDS, Service

CQL_PORT, STORAGE_PORT = 9042, 7000
READY_LINE = "Starting listening for CQL clients"
SUPERUSER_LINE = "Created default superuser role"
SUPERUSER = ("cassandra", "cassandra")
# What Cassandra reaches into of Java 17; each was needed for a start, for JMX or for a tool.
OPENED = ("java.base/java.io", "java.base/java.lang", "java.base/java.lang.module", "java.base/java.lang.reflect",
          "java.base/java.nio", "java.base/java.util", "java.base/jdk.internal.loader", "java.base/jdk.internal.math",
          "java.base/jdk.internal.module", "java.base/jdk.internal.ref", "java.base/jdk.internal.reflect",
          "java.base/jdk.internal.util.jar", "java.base/sun.nio.ch", "jdk.management/com.sun.management.internal")
EXPORTED = ("java.base/java.lang.ref", "java.base/jdk.internal.misc", "java.rmi/sun.rmi.registry",
            "java.rmi/sun.rmi.server", "java.management.rmi/com.sun.jmx.remote.internal.rmi",
            "java.management/com.sun.jmx.remote.security", "java.sql/java.sql", "jdk.attach/sun.tools.attach",
            "jdk.unsupported/sun.misc")
SYNC = {
    # Acknowledged means written to disk: for tests that kill.
    "batch": {"commitlog_sync": "batch"},
    # Cassandra's own choice: a node that is killed loses what it acknowledged last, and relies on its replicas.
    "periodic": {"commitlog_sync": "periodic", "commitlog_sync_period": "10000ms"},
}


@dataclasses.dataclass
class CassandraSettings:
    nodes: int = 1
    net: str = "127.0.0"   # node 1 is net.1
    jmx: int = 7199        # port for nodetool, of node 1; node 2 has the next
    heap: str = "512m"
    sync: str = "batch"
    auth: bool = False     # clients log in (cassandra, cassandra)
    tls: bool = False      # clients may use TLS
    extra: str = ""        # lines for cassandra.yaml
    jvm: str = ""          # flags for the JVM


class Cassandra(Service):
    product = "cassandra"
    Settings = CassandraSettings

    def __init__(self, folder):
        super().__init__(folder)
        self._seen_before = {}

    def address(self, settings, number):
        return f"{settings.net}.{number}:{CQL_PORT}"

    def certificate(self):
        return Certificate(self.folder)

    def ports(self, settings, number):
        host = f"{settings.net}.{number}"
        return [(host, CQL_PORT, "--cassandra-net"), (host, STORAGE_PORT, "--cassandra-net"),
                ("127.0.0.1", settings.jmx + number - 1, "--cassandra-jmx")]

    # --- Configuration ------------------------------------------------------------------------------------------------

    def configure(self, settings):
        if settings.tls:
            self.certificate().make([f"{settings.net}.{number}" for number in range(1, settings.nodes + 1)])
        for number in range(1, settings.nodes + 1):
            folder = self.folder / str(number)
            (folder / "tmp").mkdir(parents=True, exist_ok=True)
            lines = {**self._identity(settings, number), **self._frugality(), **SYNC[settings.sync]}
            if settings.auth:
                lines |= {"authenticator": "PasswordAuthenticator", "authorizer": "CassandraAuthorizer",
                          "role_manager": "CassandraRoleManager"}
            if settings.tls:
                lines["client_encryption_options"] = (
                    f"{{enabled: true, optional: true, keystore: {self.certificate().store}, "
                    f"keystore_password: {PASSWORD}, store_type: PKCS12, require_client_auth: false}}")
            text = "".join(f"{key}: {value}\n" for key, value in lines.items())
            (folder / "cassandra.yaml").write_text(text + settings.extra + "\n")

    @staticmethod
    def _identity(settings, number):
        host = f"{settings.net}.{number}"
        # The ring in equal parts. Tokens that are given and no bootstrap: the nodes can start at the same time.
        token = -2 ** 63 + (number - 1) * (2 ** 64 // settings.nodes)
        return {
            "cluster_name": "footfall",
            "partitioner": "org.apache.cassandra.dht.Murmur3Partitioner",
            "endpoint_snitch": "SimpleSnitch",
            "num_tokens": 1,
            "initial_token": token,
            "auto_bootstrap": "false",
            "seed_provider": "[{class_name: org.apache.cassandra.locator.SimpleSeedProvider, "
                             f'parameters: [{{seeds: "{settings.net}.1"}}]}}]',
            "listen_address": host,
            "rpc_address": host,
            "storage_port": STORAGE_PORT,
            "native_transport_port": CQL_PORT,
            "storage_compatibility_mode": "NONE",
            "default_keyspace_rf": settings.nodes,  # also of the tables with roles
        }

    @staticmethod
    def _frugality():
        """What keeps a node small enough that three of them fit beside three brokers."""
        return {
            "commitlog_segment_size": "8MiB",
            "commitlog_total_space": "256MiB",
            "memtable_heap_space": "64MiB",
            "memtable_offheap_space": "64MiB",
            "file_cache_size": "32MiB",
            "networking_cache_size": "16MiB",
            "key_cache_size": "4MiB",
            "counter_cache_size": "0MiB",
            "prepared_statements_cache_size": "4MiB",
            "concurrent_reads": 16,
            "concurrent_writes": 32,
            "concurrent_counter_writes": 4,
            "concurrent_compactors": 1,
            "auto_snapshot": "false",
        }

    # --- Starting -----------------------------------------------------------------------------------------------------

    @staticmethod
    def _modules():
        return [*(f"--add-opens={name}=ALL-UNNAMED" for name in OPENED),
                *(f"--add-exports={name}=ALL-UNNAMED" for name in EXPORTED),
                "-Djdk.attach.allowAttachSelf=true", "-Dio.netty.tryReflectionSetAccessible=true"]

    @staticmethod
    def _classpath(home, level):
        return [f"-Dlogback.configurationFile=file://{jars.FILES / 'logback.xml'}", f"-Dfootfall.level={level}",
                "-cp", f"{home}/*"]

    def command(self, settings, home, node):
        agent = next(home.glob("jamm-*.jar"))
        properties = {
            "java.net.preferIPv4Stack": "true",
            "java.io.tmpdir": node.folder / "tmp",
            "cassandra.config": f"file://{node.folder}/cassandra.yaml",
            "cassandra.storagedir": node.folder / "data",
            "cassandra.logdir": node.folder,
            "cassandra-foreground": "yes",
            "cassandra.jmx.local.port": settings.jmx + node.number - 1,
            # Waits that make sense between machines: for gossip to settle, and for a ring to be agreed on.
            "cassandra.skip_wait_for_gossip_to_settle": 0,
            "cassandra.ring_delay_ms": 5000,
            "cassandra.superuser_setup_delay_ms": 500,
            "cassandra.auth_bcrypt_gensalt_log2_rounds": 4,
        }
        return [jars.java(), f"-Xms{settings.heap}", f"-Xmx{settings.heap}", "-Xss512k", "-XX:MaxDirectMemorySize=256m",
                *JVM, *self._modules(), f"-javaagent:{agent}", *(f"-D{key}={value}" for key, value in properties.items()),
                *settings.jvm.split(), *self._classpath(home, "INFO"), "org.apache.cassandra.service.CassandraDaemon"]

    def before_start(self, nodes):
        starting = {node.number for node in nodes}
        self._seen_before = {(viewer.number, node): 0 if viewer.number in starting else self._seen(viewer, node)
                             for viewer in self.nodes() for node in starting}

    def ready(self, settings, node):
        node.wait_for_line(READY_LINE, READY_SECONDS)
        for other in self.nodes():
            if other.number != node.number:
                wait_until(lambda peer=other: self._know_each_other(node, peer), READY_SECONDS,
                           f"{node} and {other} did not find each other")
        if settings.auth:
            self._wait_for_superuser()

    def _know_each_other(self, node, other):
        """A node serves clients before it knows its peers, and would then refuse a quorum. Who is down is not waited for."""
        if not other.is_running() or other.is_paused():
            return True
        before = self._seen_before.get((other.number, node.number), 0)
        return self._seen(node, other.number) > 0 and self._seen(other, node.number) > before

    def _seen(self, viewer, number):
        """How often a node has written that another came up."""
        return viewer.log().count(f"/{self.settings().net}.{number}:{STORAGE_PORT} is now UP")

    def _wait_for_superuser(self):
        """One node makes the role some time after the very first start; until then nobody can log in."""
        done = self.folder / "superuser"
        if not done.exists():
            wait_until(lambda: any(SUPERUSER_LINE in node.log() for node in self.nodes()), READY_SECONDS,
                       "the first role was not made")
            done.touch()

    # --- Tools --------------------------------------------------------------------------------------------------------

    def nodetool(self, number, *words):
        """Runs nodetool on a node; gives its exit code."""
        folder = self.node(number).folder
        return self.run_tool([*self._modules(), f"-Dcassandra.storagedir={folder / 'tools'}",
                              f"-Dcassandra.config=file://{folder}/cassandra.yaml",
                              *self._classpath(jars.fetch(self.product), "WARN"), "org.apache.cassandra.tools.NodeTool",
                              "-h", "127.0.0.1", "-p", str(self.settings().jmx + number - 1), *words])
