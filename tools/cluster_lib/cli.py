# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""The command line of tools/cluster."""

import argparse
import json
import os
import shlex
import shutil
import sys
from pathlib import Path

from . import jars
from .cassandra import SYNC
from .cluster import Cluster, in_parallel
from .node import ClusterError

ROOT = Path(__file__).resolve().parent.parent.parent
WHICH = ("kafka", "cassandra", "all")
# option, settings of which product, name of the setting, how argparse reads it
SETTINGS = (
    ("--kafka-port", "kafka", "port", {"type": int, "metavar": "PORT",
                                       "help": "of broker 1 (9092); the next has 10 more, a controller is one above"}),
    ("--kafka-heap", "kafka", "heap", {"metavar": "SIZE", "help": "of each broker (256m)"}),
    ("--kafka-sasl", "kafka", "sasl", {"action": "store_true", "default": None,
                                       "help": "SASL over TLS as well, two ports above"}),
    ("--kafka-extra", "kafka", "extra", {"metavar": "LINES", "help": "for server.properties"}),
    ("--kafka-jvm", "kafka", "jvm", {"metavar": "FLAGS", "help": "for each broker's JVM"}),
    ("--cassandra-net", "cassandra", "net", {"metavar": "A.B.C", "help": "node 1 is A.B.C.1 (127.0.0)"}),
    ("--cassandra-jmx", "cassandra", "jmx", {"type": int, "metavar": "PORT", "help": "for nodetool, of node 1 (7199)"}),
    ("--cassandra-heap", "cassandra", "heap", {"metavar": "SIZE", "help": "of each node (512m)"}),
    ("--cassandra-tls", "cassandra", "tls", {"action": "store_true", "default": None, "help": "clients may use TLS"}),
    ("--cassandra-extra", "cassandra", "extra", {"metavar": "LINES", "help": "for cassandra.yaml"}),
    ("--cassandra-jvm", "cassandra", "jvm", {"metavar": "FLAGS", "help": "for each node's JVM"}),
    ("--sync", "cassandra", "sync", {"choices": sorted(SYNC), "help": "when a write is acknowledged: when it is on disk "
                                     "(batch), or before, and lost when the node is killed (periodic)"}),
    ("--auth", "cassandra", "auth", {"action": "store_true", "default": None,
                                     "help": "clients of Cassandra log in (cassandra, cassandra)"}),
)
ABOUT = """
Settings count when the nodes are first started and are kept until wipe; heap and JVM flags count at each start.
Clusters in different folders run side by side if they have different ports and addresses.
"""


def parser():
    top = argparse.ArgumentParser(prog="tools/cluster", description=__doc__.splitlines()[0] + " Real Apache Kafka and "
                                  "Apache Cassandra on this machine's loopback network.", epilog=ABOUT)
    top.add_argument("--dir", type=Path, default=os.environ.get("FOOTFALL_CLUSTER_DIR") or ROOT / "build-cluster",
                     help="folder of the cluster (FOOTFALL_CLUSTER_DIR, else build-cluster)")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def add(name, what, help_text):
        command = commands.add_parser(name, help=help_text, description=help_text, epilog=ABOUT)
        if what:
            command.add_argument("which", choices=WHICH if what == "all" else WHICH[:2])
        if what == "node":
            command.add_argument("node", type=int)
        return command

    add("fetch", "all", "get the jars, if they are not there")
    up = add("up", "all", "start the nodes and wait until they serve clients")
    up.add_argument("nodes", type=int, nargs="?", choices=(1, 3))
    for option, product, name, how in SETTINGS:
        up.add_argument(option, dest=f"{product}.{name}", **how)
    add("down", "all", "stop all nodes, keep what they stored")
    add("wipe", "all", "kill all nodes, delete what they stored")
    add("start", "node", "start one node and wait until it serves clients")
    add("stop", "node", "stop one node in order")
    add("kill", "node", "kill -9 one node")
    add("pause", "node", "SIGSTOP one node")
    add("resume", "node", "SIGCONT one node")
    add("status", None, "the nodes, their process ids, memory and addresses")
    add("env", None, "where the servers are, for `eval`").add_argument("--json", action="store_true")
    topic = add("topic", None, "create a topic")
    topic.add_argument("name")
    topic.add_argument("partitions", type=int, nargs="?")
    topic.add_argument("replication", type=int, nargs="?")
    tool = add("kafka-tool", None, "run org.apache.kafka.tools.NAME, such as TopicCommand --list")
    tool.add_argument("name")
    nodetool = add("nodetool", None, "run Cassandra's nodetool on a node")
    nodetool.add_argument("node", type=int)
    cql = add("cql", None, "run CQL statements and print the rows")
    cql.add_argument("statement", nargs="+")
    for passing in (tool, nodetool):
        passing.add_argument("words", nargs=argparse.REMAINDER, help="passed on")
    return top


def settings_of(arguments, product):
    prefix = product + "."
    return {name[len(prefix):]: value for name, value in vars(arguments).items() if name.startswith(prefix)}


def print_status(cluster):
    for service in cluster.services.values():
        for node, address in zip(service.nodes(), service.addresses(), strict=True):
            pid = node.pid()
            state = f"pid {pid}, {node.resident_mib()} MiB{', paused' if node.is_paused() else ''}" if pid else "down"
            print(f"{node} at {address}: {state}")
    return 0


def print_environment(cluster, as_json):
    found = cluster.environment()
    if as_json:
        print(json.dumps(found, indent=2))
    else:
        for name, value in found.items():
            print(f"export {name}={shlex.quote(value)}")
    return 0


def run_cql(cluster, statements):
    from . import cql  # the driver is only needed here
    return cql.run(cluster.cassandra, statements)


def run(arguments):
    cluster = Cluster(arguments.dir)
    command, which = arguments.command, getattr(arguments, "which", None)
    chosen = [cluster.services[name] for name in (jars.PRODUCTS if which == "all" else [which] if which else [])]
    if command == "fetch":
        for service in chosen:
            print(jars.fetch(service.product))
    elif command == "up":
        in_parallel(*(lambda one=service: one.up(arguments.nodes, **settings_of(arguments, one.product))
                      for service in chosen))
        print_status(cluster)
    elif command in ("down", "wipe"):
        in_parallel(*(getattr(service, command) for service in chosen))
        if command == "wipe" and which == "all":
            # Keys and a spool of tools/run-cluster: they belong to what was deleted.
            shutil.rmtree(cluster.folder / "roles", ignore_errors=True)
    elif which:
        getattr(chosen[0], command)(arguments.node)
    elif command == "status":
        print_status(cluster)
    elif command == "env":
        print_environment(cluster, arguments.json)
    elif command == "topic":
        return cluster.kafka.create_topic(arguments.name, arguments.partitions, arguments.replication)
    elif command == "kafka-tool":
        return cluster.kafka.tool(arguments.name, *arguments.words)
    elif command == "nodetool":
        return cluster.cassandra.nodetool(arguments.node, *arguments.words)
    elif command == "cql":
        return run_cql(cluster, arguments.statement)
    return 0


def main():
    try:
        return run(parser().parse_args())
    except ClusterError as error:
        print(f"cluster: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
