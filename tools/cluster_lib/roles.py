# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""How Footfall is started as processes of their own on a cluster: one place for tools/run-cluster and the tests."""

import dataclasses

from .cassandra import SUPERUSER

ROLES = ("users", "activity", "processor", "reports", "gateway")
WITHOUT_ROUTES = ("processor",)  # found at its management address only


@dataclasses.dataclass
class Place:
    """One process: what it does and where it is found."""

    name: str         # unique, such as processor-2
    role: str
    port: int         # of its routes; None for a role without
    management: int

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    @property
    def management_url(self):
        return f"http://127.0.0.1:{self.management}"


def engine_flags(servers, topic="footfall.events", keyspace="footfall"):
    """What every process is told about a cluster_lib.Cluster."""
    flags = ["--eventlog", "kafka", "--kafka.brokers", ",".join(servers.kafka.addresses()), "--kafka.topic", topic,
             "--store", "cassandra", "--cassandra.contact_points", ",".join(servers.cassandra.addresses()),
             "--cassandra.keyspace", keyspace]
    if servers.cassandra.settings().auth:
        flags += ["--cassandra.username", SUPERUSER[0]]
    return flags


def engine_environment(servers):
    """What it is told where other users of the machine cannot read it."""
    return {"FOOTFALL_CASSANDRA_PASSWORD": SUPERUSER[1]} if servers.cassandra.settings().auth else {}


def words(place, places, engines, data):
    """The command line of one process, without the name of the program."""
    line = [place.role, "--data", str(data), "--management.listen", f"127.0.0.1:{place.management}"]
    if place.port:
        line += ["--listen", f"127.0.0.1:{place.port}"]
    if place.role == "processor":
        # A name of its own lets a processor that comes back go on where it was, without a rebalance.
        line += ["--kafka.instance_id", place.name]
    if place.role == "gateway":
        for role in ROLES:
            if role not in (*WITHOUT_ROUTES, "gateway"):
                line += [f"--gateway.{role}", ",".join(other.url for other in places if other.role == role)]
    return [*line, "--status.peers", ",".join(other.management_url for other in places), *engines]
