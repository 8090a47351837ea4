# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""The Cassandra client under load while the nodes are restarted, killed and stand still, one after another."""

import contextlib
import json
import os
import subprocess
from pathlib import Path

import pytest
from cluster_lib import Cluster
from cluster_lib.node import wait_until

LOAD = Path(os.environ["FOOTFALL_BINARY"]).parent / "test" / "cluster" / "cql" / "cql_load"


@pytest.fixture(scope="module")
def cluster():
    """The three nodes that all tests share."""
    found = Cluster(os.environ["FOOTFALL_CLUSTER_DIR"])
    assert found.cassandra.is_up() and len(found.cassandra.nodes()) == 3, "start them with tools/cluster up cassandra 3"
    return found


@pytest.fixture
def load(cluster):
    """Runs cql_load; ask it to finish with the returned function, which gives what it reports."""
    environment = dict(os.environ, **cluster.environment())
    process = subprocess.Popen([str(LOAD)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment,
                               encoding="utf-8")
    try:
        assert process.stdout.readline() == "running\n"

        def finish():
            said, _ = process.communicate(timeout=300)
            return json.loads(said)

        yield finish
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        process.wait()


def assert_nothing_reached_the_caller(report):
    print(report)
    assert report["failed"] == 0, report["error"]
    assert report["missing"] == 0
    assert report["written"] > 0


def test_a_rolling_restart_reaches_no_caller(cluster, load):
    for number in (1, 2, 3):
        cluster.cassandra.stop(number)
        cluster.cassandra.start(number)
    assert_nothing_reached_the_caller(load())


def test_a_killed_node_reaches_no_caller(cluster, load):
    cluster.cassandra.kill(2)
    cluster.cassandra.start(2)
    assert_nothing_reached_the_caller(load())


def test_a_node_that_stands_still_reaches_no_caller(cluster, load):
    cassandra = cluster.cassandra
    seen = cassandra.node(1).log().count("is now DOWN")
    cassandra.pause(3)
    try:
        # The cluster notices long after the client has, which waits for nobody.
        wait_until(lambda: cassandra.node(1).log().count("is now DOWN") > seen, 120, "node 3 was not missed")
    finally:
        cassandra.resume(3)
    assert_nothing_reached_the_caller(load())
