# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""The same events give the same answers, byte by byte, from the embedded engines and from Kafka and Cassandra."""

import json
import random

import pytest
from deployment import Deployment
from footfall import Footfall, command

EVENTS, DAYS = 200000, 30
PLAN = ("--events", EVENTS, "--days", DAYS, "--end", "2025-11-08T00:00:00Z", "--seed", 20)
ZONE = "Europe/Berlin"  # whose clocks go back in these days
DATES = ["2025-10-09", *(f"2025-10-{day}" for day in range(10, 32)), *(f"2025-11-0{day}" for day in range(1, 9))]
SPAN = {"from": DATES[0], "to": DATES[-1]}
DIMENSIONS = ("name", "type", "page", "referrer", "country", "region", "device", "browser", "browserVersion", "os", "osVersion",
              "channel", "source", "medium", "campaign", "hour", "day")
COMPARED = ("previous", "previous-week", "previous-year")
SAMPLE = 60
FUNNELS = """funnels:
- name: checkout
  within: 7d
  steps: [Products, Product Added, Checkout Started, Order Completed]
- name: loyal
  within: 14d
  steps: [Order Completed, {name: Order Completed, label: Again}]
"""


def fill(footfall):
    sent = command("demo", "--url", footfall.url, "--data", footfall.data, *PLAN, timeout=400)
    assert sent.returncode == 0, sent.stderr
    footfall.settle(300)
    return footfall


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    file = tmp_path_factory.mktemp("settings") / "footfall.yaml"
    file.write_text(FUNNELS, encoding="utf-8")
    return ("--config", file, "--project.time_zone", ZONE)


@pytest.fixture(scope="module")
def embedded(tmp_path_factory, settings):
    footfall = Footfall(tmp_path_factory.mktemp("embedded"), "--embedded.disk_reserve", "0", *settings)
    try:
        yield fill(footfall.start())
        footfall.stop()
    finally:
        footfall.discard()


@pytest.fixture(scope="module")
def distributed(servers, tmp_path_factory, settings):
    deployment = Deployment(tmp_path_factory.mktemp("distributed"), *settings, processors=2, activities=2)
    try:
        yield fill(deployment.start())
        deployment.stop()
    finally:
        deployment.discard()


@pytest.fixture(scope="module")
def users(embedded):
    """Some users; the demo names them all in its events."""
    done = command("demo", "--print", *PLAN, timeout=120)
    found = sorted({message["userId"] for message in map(json.loads, done.stdout.splitlines()) if message.get("userId")})
    return random.Random(4).sample(found, SAMPLE)


def check_same(embedded, distributed, path, **query):
    ours, theirs = (footfall.get(path, **query) for footfall in (embedded, distributed))
    assert (theirs.status_code, theirs.headers["Content-Type"]) == (ours.status_code, ours.headers["Content-Type"])
    assert ours.status_code == 200, ours.text
    assert theirs.content == ours.content, f"{path} {query}"
    return ours


@pytest.mark.parametrize("form", ["json", "csv", "html"])
def test_daily_reports(embedded, distributed, form):
    counted = 0
    for date in DATES:
        reply = check_same(embedded, distributed, "/reports/daily", date=date, limit=1000, format=form)
        counted += reply.json()["events"] if form == "json" else 0
    assert counted == (EVENTS if form == "json" else 0)


@pytest.mark.parametrize("by", DIMENSIONS)
def test_counts_by_each_dimension(embedded, distributed, by):
    check_same(embedded, distributed, "/reports/events", by=by, limit=1000, **SPAN)


@pytest.mark.parametrize("path", ["/reports/active", "/reports/sessions", "/reports/funnels/checkout", "/reports/funnels/loyal"])
def test_reports_over_all_days(embedded, distributed, path):
    for form in ("json", "csv", "html"):
        reply = check_same(embedded, distributed, path, format=form, **SPAN)
        assert any(digit in reply.text for digit in "123456789"), reply.text


@pytest.mark.parametrize("unit", ["day", "week"])
def test_who_comes_back(embedded, distributed, unit):
    for form in ("json", "csv", "html"):
        check_same(embedded, distributed, "/reports/retention", unit=unit, format=form, **SPAN)


@pytest.mark.parametrize("compare", COMPARED)
@pytest.mark.parametrize("path", ["/reports/active", "/reports/sessions", "/reports/events"])
def test_reports_with_others_beside_them(embedded, distributed, path, compare):
    """Of the second half, so that there is something before it."""
    by = {"by": "name"} if path == "/reports/events" else {}
    for form in ("json", "csv", "html"):
        check_same(embedded, distributed, path, compare=compare, format=form, **{**SPAN, "from": DATES[len(DATES) // 2]}, **by)


def test_daily_reports_of_users(embedded, distributed, users):
    for user in users:
        check_same(embedded, distributed, f"/users/{user}/reports/daily", **SPAN)


def test_timelines(embedded, distributed, users):
    """All but when an event arrived, which was at another time."""
    for user in users:
        ours, theirs = ([{**row, "receivedAt": None} for row in footfall.timeline(user)]
                        for footfall in (embedded, distributed))
        assert ours and theirs == ours, user


def test_what_is_observed_of_users(embedded, distributed, users):
    for user in users:
        ours, theirs = (footfall.get_json(f"/users/{user}")["observed"] for footfall in (embedded, distributed))
        assert theirs == ours, user
