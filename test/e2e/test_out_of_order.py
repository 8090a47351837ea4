# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""The same traffic as it comes from phones that were offline: in any order, and some of it twice."""

import json
import random

import pytest

from agreement import check_day
from footfall import Footfall, command
from recount import Recount

ZONE = "America/New_York"  # its clocks go back within these days
EVENTS = 12000
BATCH = 400


@pytest.fixture(scope="module")
def messages():
    done = command("demo", "--print", "--events", EVENTS, "--days", 12, "--people", 120, "--end", "2025-11-08T00:00:00Z",
                   "--seed", 3)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    chance = random.Random(8)
    lines += chance.sample(lines, EVENTS // 10)
    chance.shuffle(lines)
    return lines


@pytest.fixture(scope="module")
def server(tmp_path_factory, messages):
    footfall = Footfall(tmp_path_factory.mktemp("late"), "--embedded.disk_reserve", "0",
                        "--project.time_zone", ZONE).start()
    for place in range(0, len(messages), BATCH):
        footfall.send(*messages[place:place + BATCH])
        if place == len(messages) // BATCH // 2 * BATCH:
            # What is in memory and what is read back from the store must make no difference.
            footfall.kill()
            footfall.start()
    footfall.settle()
    yield footfall
    try:
        footfall.stop()
    finally:
        footfall.discard()


@pytest.fixture(scope="module")
def truth(messages):
    return Recount(messages, ZONE)


def test_most_events_are_late(messages, truth):
    newest, late = {}, 0
    for message in messages:
        actor = message.get("userId") or message["anonymousId"]
        late += message["timestamp"] < newest.get(actor, "")
        newest[actor] = max(message["timestamp"], newest.get(actor, ""))
    assert late > EVENTS / 2
    assert len(truth.events) == EVENTS < len(messages)


def test_daily_reports(server, truth):
    for day in truth.days():
        check_day(server.daily(day.isoformat(), limit=1000), truth, day)


def test_active_users(server, truth):
    days = truth.days()
    items = server.get_json("/reports/active", **{"from": days[0].isoformat(), "to": days[-1].isoformat()})["items"]
    for item, day in zip(items, days, strict=True):
        assert (item["daily"], item["weekly"], item["monthly"], item["newUsers"]) == (
            truth.users_active(day, 1), truth.users_active(day, 7), truth.users_active(day, 30), truth.new_users(day))


def test_timelines_and_days_of_users(server, truth):
    users = sorted({event.user for event in truth.events if event.user})
    assert len(users) > 20
    span = {"from": truth.days()[0].isoformat(), "to": truth.days()[-1].isoformat()}
    for user in users[::3]:
        assert server.ids(user) == truth.timeline(user)
        expected = truth.user_days(user)
        for item in server.get_json(f"/users/{user}/reports/daily", **span)["items"]:
            own = next(day for date, day in expected.items() if date.isoformat() == item["date"])
            assert (item["events"], item["sessions"]["count"], item["sessions"]["totalSeconds"]) == (
                own["events"], own["sessions"], sum(own["seconds"]))
        observed = server.get_json(f"/users/{user}")["observed"]
        assert observed["sessions"] == sum(len(truth.sessions[actor]) for actor in truth.actors_of(user))
