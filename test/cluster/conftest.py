# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""Fixtures on real servers; tools/run-tests starts the shared ones and says where they are."""

import os
import sys

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.dont_write_bytecode = True
sys.path[:0] = [HERE, os.path.join(HERE, "..", "e2e"), os.path.join(HERE, "..", "..", "tools")]

from cluster_lib import Cluster  # noqa: E402


def pytest_runtest_logreport(report):
    """Says at once why a test failed: the last ones end many minutes later, if somebody waits for them at all."""
    if report.failed:
        print(f"\n{report.nodeid} ({report.when}):\n{report.longreprtext}", file=sys.stderr, flush=True)


@pytest.fixture(scope="session")
def servers():
    """The Kafka and Cassandra that all tests share, which must be up."""
    cluster = Cluster(os.environ["FOOTFALL_CLUSTER_DIR"])
    assert cluster.kafka.is_up() and cluster.cassandra.is_up(), "start them with tools/cluster up all 3"
    return cluster


@pytest.fixture
def make_deployment(tmp_path):
    """Makes Deployments that are not started yet; what a test leaves running is killed."""
    from deployment import Deployment  # it wants the servers' addresses
    made = []

    def make(*flags, **options):
        made.append(Deployment(tmp_path / f"deployment-{len(made)}", *flags, **options))
        return made[-1]

    yield make
    for deployment in made:
        deployment.discard()
