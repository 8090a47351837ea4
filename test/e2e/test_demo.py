# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""A hundred thousand believable events over thirty days: every figure of every report against a recount."""

import csv
import io
import json
import random
from collections import Counter

import pytest

from agreement import DIMENSIONS, check_day, rows
from footfall import Footfall, command
from recount import Recount, ranked

# The clocks of Berlin go back on 26 October: one of the days has 25 hours.
PLAN = ("--events", 100000, "--days", 30, "--end", "2025-11-08T00:00:00Z", "--seed", 7)
ZONE = "Europe/Berlin"
LIMIT = 1000

@pytest.fixture(scope="module")
def truth():
    done = command("demo", "--print", *PLAN)
    assert done.returncode == 0, done.stderr
    return Recount([json.loads(line) for line in done.stdout.splitlines()], ZONE)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A Footfall that has been sent the demo."""
    footfall = Footfall(tmp_path_factory.mktemp("demo"), "--embedded.disk_reserve", "0",
                        "--project.time_zone", ZONE).start()
    sent = command("demo", "--url", footfall.url, "--data", footfall.data, *PLAN, timeout=120)
    assert sent.returncode == 0, sent.stderr
    footfall.settle(120)
    yield footfall
    try:
        footfall.stop()
    finally:
        footfall.discard()


@pytest.fixture(scope="module")
def span(truth):
    days = truth.days()
    return {"from": days[0].isoformat(), "to": days[-1].isoformat()}


def test_the_demo_is_what_it_says(truth):
    assert len(truth.events) == 100000
    assert len({event.user for event in truth.events}) > 200
    assert len(truth.days()) == 31  # thirty times 24 hours in UTC


def test_the_demo_is_the_same_for_the_same_seed():
    small = ("demo", "--print", "--events", 500, "--days", 3, "--end", "2025-11-08T00:00:00Z")
    first, again, other = (command(*small, "--seed", seed).stdout for seed in (5, 5, 6))
    assert first == again != other


def test_nothing_was_dropped(server):
    status = server.status()
    assert status["eventLog"]["accepted"] == 100000
    assert status["processor"]["applied"] == 100000
    assert (status["processor"]["duplicates"], status["processor"]["deadLetters"], status["processor"]["bots"]) == (0, 0, 0)


def test_daily_reports(server, truth):
    for day in truth.days():
        check_day(server.daily(day.isoformat(), limit=LIMIT), truth, day)


def test_daily_report_as_csv(server, truth):
    day = truth.days()[12]
    reply = server.get("/reports/daily", date=day.isoformat(), format="csv", limit=LIMIT)
    table = [(row["section"], row["name"], row["value"], row["users"]) for row in csv.DictReader(io.StringIO(reply.text))]
    assert ("total", "events", str(len(truth.by_day[day])), "") in table
    assert {(name, value, users) for section, name, value, users in table if section == "event"} == {
        (name, str(events), str(users)) for name, (events, users) in truth.by_name(day).items()}
    assert [int(value) for section, _, value, _ in table if section == "hour"] == truth.hours(day)


def test_active_users(server, truth, span):
    items = server.get_json("/reports/active", **span)["items"]
    for item, day in zip(items, truth.days(), strict=True):
        daily, monthly = truth.users_active(day, 1), truth.users_active(day, 30)
        assert item == {"date": day.isoformat(), "daily": daily, "weekly": truth.users_active(day, 7),
                        "monthly": monthly, "stickiness": pytest.approx(daily / monthly) if monthly else None,
                        "newUsers": truth.new_users(day), "anonymousVisitors": truth.kind(day, "anonymous")}


@pytest.mark.parametrize("by", DIMENSIONS)
def test_events_by(server, truth, span, by):
    report = server.get_json("/reports/events", by=by, limit=LIMIT, **span)
    total, series = Counter(), {}
    for place, day in enumerate(truth.days()):
        for value, count in truth.count(day, DIMENSIONS[by]).items():
            total[value] += count
            series.setdefault(value, [0] * len(truth.days()))[place] = count
    expected = sorted(total.items()) if by == "hour" else ranked(total)
    assert rows(report["items"], "name", "events") == expected
    assert {item["name"]: item["byDay"] for item in report["items"]} == series
    assert report["events"] == sum(total.values())


def test_events_by_day(server, truth, span):
    items = server.get_json("/reports/events", by="day", **span)["items"]
    assert rows(items, "name", "events") == [(day.isoformat(), len(truth.by_day.get(day, []))) for day in truth.days()]


def test_sessions(server, truth, span):
    report = server.get_json("/reports/sessions", **span)
    for item, day in zip(report["items"], truth.days(), strict=True):
        figures = truth.session_figures(day)
        assert (item["date"], item["count"], item["medianSeconds"]) == (day.isoformat(), figures["count"], figures["median"])
        assert item["bounceRate"] == (pytest.approx(figures["bounce"]) if figures["count"] else None)
    assert report["total"]["count"] == sum(len(sessions) for sessions in truth.sessions.values())


def sample_of_users(truth, count):
    users = sorted({event.user for event in truth.events if event.user})
    busiest = [user for user, _ in Counter(event.user for event in truth.events if event.user).most_common(5)]
    return busiest + random.Random(11).sample(users, count)


def test_timelines(server, truth):
    for user in sample_of_users(truth, 60):
        assert server.ids(user) == truth.timeline(user), user


def test_a_timeline_in_small_pages(server, truth):
    user = sample_of_users(truth, 1)[0]
    assert server.ids(user, limit=7) == truth.timeline(user)


def test_a_timeline_of_one_event_name(server, truth):
    user = sample_of_users(truth, 1)[0]
    names = {event.id: event.name for event in truth.events}
    expected = [event for event in truth.timeline(user) if names[event] == "Products"]
    assert expected and server.ids(user, name="Products", limit=3) == expected


def test_daily_reports_of_users(server, truth, span):
    for user in sample_of_users(truth, 40):
        expected = truth.user_days(user)
        items = server.get_json(f"/users/{user}/reports/daily", **span)["items"]
        assert [item["date"] for item in items] == [day.isoformat() for day in sorted(expected)]
        for item, day in zip(items, sorted(expected), strict=True):
            own = expected[day]
            assert item["events"] == own["events"]
            assert rows(item["byName"], "name", "events") == ranked(own["names"])
            assert dict(rows(item["byType"], "name", "events")) == own["types"]
            assert item["sessions"]["count"] == own["sessions"]
            assert item["sessions"]["totalSeconds"] == sum(own["seconds"])


def test_what_is_observed_of_users(server, truth):
    for user in sample_of_users(truth, 20):
        observed = server.get_json(f"/users/{user}")["observed"]
        assert observed["events"] == len(truth.timeline(user))
        assert observed["sessions"] == sum(len(truth.sessions[actor]) for actor in truth.actors_of(user))
        assert observed["anonymousIds"] == sorted(truth.links[user])


def test_everything_is_the_same_after_a_restart(server, truth):
    server.restart()
    server.settle()
    for day in truth.days()[::6]:
        check_day(server.daily(day.isoformat(), limit=LIMIT), truth, day)
