# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""An installation moves to Kafka and Cassandra, also with interruptions: afterwards it answers as one that stayed where it was."""

import json
import os
import shutil
import signal
import subprocess

import pytest
from deployment import Deployment
from footfall import Footfall, binary, command, environment, eventually

EVENTS, DAYS = 8000, 20
BEFORE = ("--events", EVENTS, "--days", DAYS, "--end", "2025-11-08T00:00:00Z", "--seed", 31)
AFTER = ("--events", EVENTS // 4, "--days", 5, "--end", "2025-11-10T00:00:00Z", "--seed", 32)
ZONE = "Europe/Berlin"
DATES = [*(f"2025-10-{day}" for day in range(18, 32)), *(f"2025-11-{day:02}" for day in range(1, 10))]
SPAN = {"from": DATES[0], "to": DATES[-1]}
DIMENSIONS = ("name", "type", "page", "referrer", "country", "device", "browser", "os", "hour", "day")
FLAGS = ("--embedded.disk_reserve", "0", "--project.time_zone", ZONE)


def send(footfall, plan):
    sent = command("demo", "--url", footfall.url, "--data", footfall.data, *plan, timeout=300)
    assert sent.returncode == 0, sent.stderr
    footfall.settle(300)


def users_of(plan, most=40):
    done = command("demo", "--print", *plan, timeout=120)
    found = sorted({event["userId"] for event in map(json.loads, done.stdout.splitlines()) if event.get("userId")})
    return found[:: max(1, len(found) // most)]


def fill(footfall):
    """Events, and what people write."""
    footfall.start()
    send(footfall, BEFORE)
    for number, user in enumerate(users_of(BEFORE, 10)):
        for _ in range(number % 3 + 1):
            body = {"name": f"User {number}", "email": f"u{number}@example.org"}
            assert footfall.request("PUT", f"/users/{user}", json=body).ok
    return footfall


def migrate(footfall, deployment, *flags, timeout=300):
    return command("migrate", "--data", footfall.data, *deployment.engines, *flags, timeout=timeout)


def break_off(footfall, deployment, number, *flags):
    """Starts a migration and ends it once it has noted something new."""
    notes = os.path.join(footfall.data, "migration.json")
    seen = os.stat(notes).st_mtime_ns if os.path.exists(notes) else 0
    process = subprocess.Popen([binary(), "migrate", "--data", footfall.data, *deployment.engines, *flags],
                               env=environment(**deployment.secrets), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def progressed():
        return process.poll() is not None or (os.path.exists(notes) and os.stat(notes).st_mtime_ns != seen)

    eventually(progressed, 120)
    if process.poll() is None:
        process.send_signal(number)
    output, _ = process.communicate(timeout=60)
    return process.returncode, output.decode()


def same(ours, theirs, path, **query):
    one, two = (footfall.get(path, **query) for footfall in (ours, theirs))
    assert two.status_code == one.status_code == 200, f"{path} {query}: {one.status_code} {two.status_code}"
    assert two.content == one.content, f"{path} {query}"


def check_same(ours, theirs, users):
    for date in DATES:
        same(ours, theirs, "/reports/daily", date=date, limit=1000)
    for by in DIMENSIONS:
        same(ours, theirs, "/reports/events", by=by, limit=1000, **SPAN)
    for path in ("/reports/active", "/reports/sessions"):
        same(ours, theirs, path, **SPAN)
    for user in users:
        same(ours, theirs, f"/users/{user}/reports/daily", **SPAN)
        one, two = ([{**row, "receivedAt": None} for row in footfall.timeline(user)] for footfall in (ours, theirs))
        assert one and two == one, user
        one, two = (footfall.get_json(f"/users/{user}") for footfall in (ours, theirs))
        assert two["observed"] == one["observed"], user


@pytest.fixture
def stayed(tmp_path):
    footfall = Footfall(tmp_path / "stayed", *FLAGS)
    try:
        yield fill(footfall)
        footfall.stop()
    finally:
        footfall.discard()


@pytest.fixture
def moving(tmp_path):
    footfall = Footfall(tmp_path / "moving", *FLAGS)
    try:
        yield fill(footfall)
    finally:
        footfall.discard()


@pytest.mark.parametrize("breaks, partitions", [(0, 8), (6, 8), (3, 5)])
def test_who_moved_answers_as_who_stayed(servers, tmp_path, stayed, moving, breaks, partitions):
    deployment = Deployment(tmp_path / "moved", "--project.time_zone", ZONE, "--kafka.partitions", str(partitions), data=moving.data,
                            processors=2)
    flags = () if partitions == 8 else ("--to-partitions", str(partitions))
    users = users_of(BEFORE)
    profiles = {user: moving.get_json(f"/users/{user}") for user in users_of(BEFORE, 10)}
    try:
        moving.stop()
        for number in range(breaks):
            code, output = break_off(moving, deployment, signal.SIGKILL if number % 2 else signal.SIGINT, *flags)
            assert code in (0, 1, -signal.SIGKILL), output
        done = migrate(moving, deployment, *flags)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "differs" not in done.stdout
        again = migrate(moving, deployment, *flags)
        assert again.returncode == 0 and "nothing is left" in again.stdout, again.stdout + again.stderr
        deployment.start()
        check_same(stayed, deployment, users)
        for user, profile in profiles.items():
            assert deployment.get_json(f"/users/{user}") == profile
        # What comes later is counted on from where it was; what was sent before is known.
        for footfall in (stayed, deployment):
            send(footfall, BEFORE)
            send(footfall, AFTER)
        check_same(stayed, deployment, users)
        deployment.stop()
    finally:
        deployment.discard()


def test_another_topic_and_keyspace_with_more_partitions(servers, tmp_path, stayed):
    first = Deployment(tmp_path / "first", "--project.time_zone", ZONE)
    second = Deployment(tmp_path / "second", "--project.time_zone", ZONE, "--kafka.partitions", "11")
    words = ("migrate", "--data", first.data, *first.engines, "--to-topic", second.topic, "--to-keyspace", second.keyspace,
             "--to-partitions", 11)
    try:
        first.start()
        send(first, BEFORE)
        first.stop()
        done = command(*words, env=first.secrets, timeout=300)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "differs" not in done.stdout
        os.makedirs(second.data, exist_ok=True)
        shutil.copy(os.path.join(first.data, "credentials.json"), second.data)
        second.start()
        check_same(stayed, second, users_of(BEFORE))
        for footfall in (stayed, second):
            send(footfall, BEFORE)
            send(footfall, AFTER)
        check_same(stayed, second, users_of(BEFORE))
        second.stop()
    finally:
        first.discard()
        second.discard()


def test_a_topic_in_use_is_refused(servers, tmp_path, moving):
    deployment = Deployment(tmp_path / "used", data=str(tmp_path / "used-data"))
    try:
        deployment.start()
        send(deployment, AFTER)
        deployment.stop()
        moving.stop()
        done = migrate(moving, deployment)
        assert done.returncode == 1
        assert "is not empty" in done.stderr, done.stderr
    finally:
        deployment.discard()
