# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""Both servers of one folder, and what programs are told about them."""

import threading
from pathlib import Path

from .cassandra import SUPERUSER, Cassandra
from .kafka import SECRET, USER, Kafka


class Cluster:
    """Kafka and Cassandra in one folder; each may be absent. Clusters in different folders do not know of each other.

        cluster = Cluster("/var/tmp/try")
        cluster.kafka.up(3, port=19092)
        cluster.kafka.kill(2)
        cluster.kafka.start(2)
        cluster.wipe()
    """

    def __init__(self, folder):
        self.folder = Path(folder).resolve()
        self.kafka = Kafka(self.folder / "kafka")
        self.cassandra = Cassandra(self.folder / "cassandra")
        self.services = {"kafka": self.kafka, "cassandra": self.cassandra}

    def up(self, nodes=None, kafka=None, cassandra=None):
        """Starts both at the same time; `kafka` and `cassandra` are settings by name."""
        in_parallel(lambda: self.kafka.up(nodes, **(kafka or {})), lambda: self.cassandra.up(nodes, **(cassandra or {})))
        return self

    def down(self):
        in_parallel(self.kafka.down, self.cassandra.down)

    def wipe(self):
        in_parallel(self.kafka.wipe, self.cassandra.wipe)

    def environment(self):
        """Names and values for the environment of tests."""
        found = {}
        if self.kafka.nodes():
            found["FOOTFALL_TEST_KAFKA"] = ",".join(self.kafka.addresses())
        if self.kafka.sasl_addresses():
            found["FOOTFALL_TEST_KAFKA_SASL"] = ",".join(self.kafka.sasl_addresses())
            found["FOOTFALL_TEST_KAFKA_USER"], found["FOOTFALL_TEST_KAFKA_PASSWORD"] = USER, SECRET
            found["FOOTFALL_TEST_KAFKA_CA"] = str(self.kafka.certificate().authority)
        if self.cassandra.nodes():
            found["FOOTFALL_TEST_CASSANDRA"] = ",".join(self.cassandra.addresses())
            settings = self.cassandra.settings()
            if settings.auth:
                found["FOOTFALL_TEST_CASSANDRA_USER"], found["FOOTFALL_TEST_CASSANDRA_PASSWORD"] = SUPERUSER
            if settings.tls:
                found["FOOTFALL_TEST_CASSANDRA_CA"] = str(self.cassandra.certificate().authority)
        return found


def in_parallel(*tasks):
    """Runs all to their end; the first error of any is then raised."""
    errors = []

    def run(task):
        try:
            task()
        except BaseException as error:  # pylint: disable=broad-except
            errors.append(error)

    threads = [threading.Thread(target=run, args=(task,)) for task in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
