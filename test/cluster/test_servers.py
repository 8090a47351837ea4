# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""tools/cluster itself: one broker and one node that are killed, paused and started again keep what they were given."""

import os
import signal
import subprocess
import sys

import pytest
from cluster_lib import Cluster, ClusterError, jars

# Beside the servers that the tests share.
KAFKA = {"port": int(os.environ.get("KAFKA_PORT", "29092")) + 50, "heap": "160m"}
A_B_C = os.environ.get("CASSANDRA_NET", "127.0.92").split(".")
CASSANDRA = {"net": f"{A_B_C[0]}.{int(A_B_C[1]) + 1}.{A_B_C[2]}", "heap": "320m",
             "jmx": int(os.environ.get("CASSANDRA_JMX", "27199")) + 10}


def kcat(service, *words, given=None):
    done = subprocess.run(["kcat", "-b", ",".join(service.addresses()), "-q", *words], input=given, timeout=60,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def records(service, topic):
    return kcat(service, "-C", "-e", "-t", topic)


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    cluster = Cluster(tmp_path_factory.mktemp("servers"))
    try:
        yield cluster.up(1, kafka=KAFKA, cassandra=CASSANDRA)
    finally:
        cluster.wipe()


@pytest.fixture(scope="module")
def session(alone):
    from cluster_lib import cql
    driver, session = cql.connect(alone.cassandra)
    session.execute("CREATE KEYSPACE t WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}")
    session.execute("CREATE TABLE t.t (k int PRIMARY KEY)")
    yield session
    driver.shutdown()


def test_a_killed_broker_keeps_its_records(alone):
    kcat(alone.kafka, "-P", "-t", "kept", "-p", "0", "-X", "acks=all", given="one\ntwo\n")
    alone.kafka.kill(1)
    assert not alone.kafka.is_up()
    alone.kafka.start(1)
    assert records(alone.kafka, "kept") == ["one", "two"]


def test_a_killed_node_keeps_its_rows(alone, session):
    for key in range(200):
        session.execute(f"INSERT INTO t.t (k) VALUES ({key})")
    alone.cassandra.kill(1)
    alone.cassandra.start(1)
    from cluster_lib import cql
    driver, again = cql.connect(alone.cassandra)
    assert sorted(row.k for row in again.execute("SELECT k FROM t.t")) == list(range(200))
    driver.shutdown()


def test_stopped_and_brought_up_again(alone):
    before = alone.kafka.node(1).pid()
    alone.kafka.stop(1)
    assert alone.kafka.node(1).pid() is None
    alone.kafka.up()
    assert alone.kafka.node(1).pid() not in (None, before)
    assert records(alone.kafka, "kept") == ["one", "two"]
    running = alone.kafka.node(1).pid()
    alone.kafka.up(1)
    assert alone.kafka.node(1).pid() == running, "what runs is left alone"


def test_a_paused_node_is_not_a_dead_one(alone):
    node = alone.kafka.node(1)
    alone.kafka.pause(1)
    assert node.is_running() and node.is_paused()
    alone.kafka.resume(1)
    assert not node.is_paused()
    assert records(alone.kafka, "kept") == ["one", "two"]


def test_a_paused_node_can_be_stopped(alone):
    alone.kafka.pause(1)
    alone.kafka.stop(1)
    assert not alone.kafka.node(1).is_running()
    alone.kafka.start(1)


def test_settings_stay_until_wipe(alone):
    with pytest.raises(ClusterError, match="wipe it first"):
        alone.kafka.up(port=KAFKA["port"] + 1)
    with pytest.raises(ClusterError, match="wipe it first"):
        alone.kafka.up(3)
    with pytest.raises(ClusterError, match="no node 2"):
        alone.kafka.kill(2)


def test_addresses_in_use_are_named(alone, tmp_path):
    with pytest.raises(ClusterError, match=f"{KAFKA['port']} .*--kafka-port"):
        Cluster(tmp_path).kafka.up(1, **KAFKA)
    assert alone.kafka.is_up()


def test_a_server_that_ends_at_its_start_says_why(tmp_path):
    other = Cluster(tmp_path).kafka
    with pytest.raises(ClusterError, match="num.io.threads"):
        other.up(1, port=KAFKA["port"] + 20, extra="num.io.threads=none")
    assert not other.node(1).is_running()


def test_only_what_was_started_is_signalled(tmp_path):
    """The pid of a server that has ended may by now be another's."""
    kafka = Cluster(tmp_path).kafka
    kafka.folder.mkdir()
    kafka._settle(1, {})  # pylint: disable=protected-access
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as stranger:
        kafka.node(1).pid_file.write_text(f"{stranger.pid}\n")
        with pytest.raises(ClusterError, match="does not run"):
            kafka.kill(1)
        kafka.down()
        kafka.wipe()
        assert stranger.poll() is None
        stranger.send_signal(signal.SIGKILL)


def test_without_maven_it_is_said(tmp_path, monkeypatch):
    monkeypatch.setenv("FOOTFALL_CLUSTER_CACHE", str(tmp_path))
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ClusterError, match="install maven"):
        jars.fetch("kafka")


def test_without_java_it_is_said(monkeypatch):
    monkeypatch.setattr(jars, "JAVA_VERSION", 1)
    jars.java_home.cache_clear()
    with pytest.raises(ClusterError, match="need Java 1, and .*JAVA_HOME"):
        jars.java_home()
    jars.java_home.cache_clear()


def test_two_that_fetch_at_once_get_the_same(tmp_path, monkeypatch):
    """The second waits for the first; neither sees half of it."""
    monkeypatch.setenv("FOOTFALL_CLUSTER_CACHE", str(tmp_path))
    maven = tmp_path / "bin" / "mvn"
    maven.parent.mkdir()
    maven.write_text('#!/bin/sh\nfor word; do case "$word" in -DoutputDirectory=*) out=${word#*=} ;; esac; done\n'
                     f'echo >>{tmp_path}/runs\nmkdir "$out" && echo jar >"$out/a.jar"\n'
                     f'[ "$(wc -l <{tmp_path}/runs)" -gt 1 ]\n')  # the first attempt breaks off
    maven.chmod(0o755)
    monkeypatch.setenv("PATH", f"{maven.parent}:{os.environ['PATH']}")
    monkeypatch.setattr(jars.time, "sleep", lambda seconds: None)
    from concurrent.futures import ThreadPoolExecutor
    with ThreadPoolExecutor(2) as pool:
        folders = list(pool.map(jars.fetch, ["kafka", "kafka"]))
    assert folders[0] == folders[1] and [path.name for path in folders[0].iterdir()] == ["a.jar"]
    assert (tmp_path / "runs").read_text().count("\n") == 2
