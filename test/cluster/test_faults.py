# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""Everything that can break does, under load, with three brokers and three Cassandra nodes; a ledger is the judge.

All tests share one deployment and one ledger, so each judges all that came before it, too.
"""

import pytest
from deployment import Deployment
from footfall import eventually
from island import Island, NoIsland
from load import ACKNOWLEDGED
from trial import Trial

NODES = (1, 2, 3)


@pytest.fixture(scope="module")
def trial(servers, tmp_path_factory):
    assert len(servers.kafka.nodes()) == len(servers.cassandra.nodes()) == 3
    deployment = Deployment(tmp_path_factory.mktemp("faults"), processors=2, activities=2)
    try:
        trial = Trial(deployment.start())
        yield trial
        deployment.stop()
    finally:
        deployment.discard()


@pytest.fixture(autouse=True)
def everything_back(trial, servers):
    """A test that failed leaves no fault to the next one."""
    yield
    servers.kafka.up()
    servers.cassandra.up()
    for role in trial.deployment.roles.values():
        if role.process is None or role.process.poll() is not None:
            role.process = None
            role.start()
        role.resume()


@pytest.mark.parametrize("name", ["gateway", "users", "activity", "activity-2", "processor", "processor-2", "reports"])
def test_a_role_is_killed(trial, name):
    role = trial.deployment.roles[name]
    with trial.load():
        role.kill()
        if name != "gateway":
            trial.progress()  # nobody is needed but one who takes events
        role.start()
        trial.flows()
    trial.judge()


def test_all_roles_are_killed_at_once(trial):
    with trial.load():
        for _ in range(3):
            trial.deployment.kill()
            trial.deployment.start()
            trial.progress()
    trial.judge()


def test_the_leader_of_a_partition_is_killed(trial, servers):
    with trial.load():
        leader = trial.leader(0)
        servers.kafka.kill(leader)
        eventually(lambda: trial.leader(0) not in (leader, -1), within=60)
        trial.flows()
        servers.kafka.start(leader)
        trial.flows()
    trial.judge()


def test_each_broker_is_killed(trial, servers):
    with trial.load():
        for broker in NODES:
            servers.kafka.kill(broker)
            trial.progress()
            servers.kafka.start(broker)
        trial.flows()
    trial.judge()


def test_each_cassandra_node_is_killed(trial, servers):
    with trial.load():
        for node in NODES:
            servers.cassandra.kill(node)
            trial.flows()
            servers.cassandra.start(node)
    trial.judge()


def test_a_cassandra_node_stands_still(trial, servers):
    """Its connections stay, and nobody answers."""
    with trial.load():
        servers.cassandra.pause(2)
        trial.flows()
        servers.cassandra.resume(2)
    trial.judge()


def test_a_processor_wakes_up_after_others_took_its_partitions(trial):
    with trial.load():
        zombie = trial.deployment.roles["processor"]
        zombie.pause()
        trial.flows()  # so the other has them all
        zombie.resume()
        trial.flows()
    trial.judge()


def test_processors_leave_and_join(trial):
    first, second = (trial.deployment.roles[name] for name in ("processor", "processor-2"))
    with trial.load():
        for one in (second, first):
            one.stop()
            trial.flows()
            one.start()
            trial.flows()
        # Both at once, one of them not in order.
        second.kill()
        first.stop()
        second.start()
        first.start()
        trial.flows()
    trial.judge()


def test_kafka_is_away(trial, servers):
    """Every event is taken all the same, and nobody waits for long: they go to the queue in front of Kafka."""
    with trial.load():
        before = trial.not_acknowledged()
        for broker in NODES:
            servers.kafka.kill(broker)
        acknowledged = trial.ledger.count(ACKNOWLEDGED)
        trial.outage()
        assert trial.ledger.count(ACKNOWLEDGED) > acknowledged + 100
        assert trial.not_acknowledged() == before, "events were refused, or nobody knows what became of them"
        servers.kafka.up()
        trial.flows()
        assert trial.not_acknowledged() == before
    trial.judge()


def test_cassandra_is_away(trial, servers):
    """Events are taken; what is not yet stored waits in Kafka."""
    with trial.load():
        before = trial.not_acknowledged()
        for node in NODES:
            servers.cassandra.kill(node)
        trial.outage()
        assert trial.deployment.status()["lag"] > 100
        assert trial.not_acknowledged() == before
        servers.cassandra.up()
        trial.flows()
    trial.judge()


def test_a_processor_is_cut_off_from_cassandra(trial, servers):
    """It keeps its partitions, because Kafka hears from it; its writes are lost, or done and not acknowledged."""
    try:
        island = Island()
    except NoIsland as reason:
        pytest.skip(f"no network namespace can be made here: {reason}")
    cut_off, other = (trial.deployment.roles[name] for name in ("processor", "processor-2"))

    def bridge(service):
        return island.bridge([(host, int(port)) for host, _, port in (at.rpartition(":") for at in service.addresses())])

    with island:
        cut_off.stop()
        bridge(servers.kafka)
        to_cassandra = bridge(servers.cassandra)
        cut_off.spawn = island.spawn
        try:
            island.harbour(cut_off.place.management)
            cut_off.start()
            other.stop()
            with trial.load():
                trial.flows()
                to_cassandra.cut()
                trial.outage()
                assert trial.deployment.status()["lag"] > 100
                to_cassandra.mend()
                trial.flows()
            trial.judge()
        finally:
            cut_off.spawn = type(cut_off)(trial.deployment, cut_off.place).spawn
            cut_off.stop()
    cut_off.start()
    other.start()


def test_nothing_is_different_after_an_orderly_stop(trial):
    found = trial.judge()
    trial.deployment.restart()
    assert trial.judge() == found >= trial.ledger.count(ACKNOWLEDGED) > 1000
