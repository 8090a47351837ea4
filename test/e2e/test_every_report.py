# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""Every report against the recount, for random histories: shuffled, late, sent twice, with people on several devices.

A report is added by a function with the decorator `report`; the last test sees to it that no route is forgotten.
"""

import json
import random
from collections import Counter, defaultdict

import pytest

from agreement import DIMENSIONS, active_figures, check_compared, check_day, rows
from footfall import Footfall, command
from recount import FunnelRecount, Recount, milliseconds, ranked

LIMIT = 1000
BATCH = 200
# Seed, zone, the end of the history. In the first two the clocks change, in the third is a leap day.
HISTORIES = [(11, "Europe/Berlin", "2025-10-30T00:00:00Z"), (12, "America/New_York", "2026-03-12T00:00:00Z"),
             (13, "Asia/Kolkata", "2024-03-05T00:00:00Z")]
FUNNEL = """
funnels:
- {name: looked, within: 2d, steps: [{type: page}, {type: track}, {type: identify}]}
"""
REPORTS = {}


def report(*routes):
    def add(check):
        REPORTS.update({route: check for route in routes})
        return check
    return add


def history(seed, end):
    """What the demo makes up, with links of its own, in any order, a tenth of it twice and some of that much later."""
    done = command("demo", "--print", "--events", 1500, "--days", 10, "--people", 60, "--end", end, "--seed", seed)
    messages = [json.loads(line) for line in done.stdout.splitlines()]
    chance = random.Random(seed)
    users = sorted({message["userId"] for message in messages if message.get("userId")})
    context = {"userAgent": messages[0]["context"]["userAgent"]}
    devices = sorted({message["anonymousId"] for message in messages if not message.get("userId")})
    for number, device in enumerate(chance.sample(devices, min(len(devices), 12)) + [f"made-up-{number}" for number in range(6)]):
        # Some devices are claimed by two; some claims are of the same time.
        for turn, user in enumerate(chance.sample(users, chance.choice((1, 1, 2)))):
            at = chance.choice(messages)["timestamp"] if turn == 0 or chance.random() < 0.5 else at
            alias = chance.random() < 0.4
            messages.append({"type": "alias" if alias else "identify", "messageId": f"link-{seed}-{number}-{turn}", "userId": user,
                             "context": context, "timestamp": at, ("previousId" if alias else "anonymousId"): device})
        messages.append({"type": "track", "event": "Seen", "messageId": f"seen-{seed}-{number}", "anonymousId": device,
                         "context": context, "timestamp": chance.choice(messages)["timestamp"]})
    messages += chance.sample(messages, len(messages) // 10)
    if seed % 2:
        chance.shuffle(messages)
    else:  # mostly in order, a part of it days late
        messages.sort(key=lambda message: milliseconds(message["timestamp"]) + chance.choice((0, 0, 0, 1, 40)) * 3600000)
    return messages


@pytest.fixture(scope="module", params=HISTORIES, ids=lambda history: f"seed{history[0]}")
def told(request, tmp_path_factory):
    seed, zone, end = request.param
    folder = tmp_path_factory.mktemp("every")
    settings = folder / "footfall.yaml"
    settings.write_text(FUNNEL, encoding="utf-8")
    messages = history(seed, end)
    footfall = Footfall(folder, "--embedded.disk_reserve", "0", "--project.time_zone", zone, "--config", str(settings)).start()
    for place in range(0, len(messages), BATCH):
        footfall.send(*messages[place:place + BATCH])
    footfall.settle()
    yield footfall, Recount(messages, zone)
    try:
        footfall.stop()
    finally:
        footfall.discard()


def span_of(truth):
    days = truth.days()
    return {"from": days[0].isoformat(), "to": days[-1].isoformat()}


@report("/reports/daily")
def check_daily(server, truth):
    for day in truth.days():
        found = server.daily(day.isoformat(), limit=LIMIT)
        check_day(found, truth, day)
        assert found["excluded"] == {"bots": 0, "filtered": 0}


@report("/reports/active")
def check_active(server, truth):
    items = server.get_json("/reports/active", **span_of(truth))["items"]
    for item, day in zip(items, truth.days(), strict=True):
        figures = active_figures(truth, day, day)
        assert item == {"date": day.isoformat(), **figures, "stickiness": figures["stickiness"] and pytest.approx(figures["stickiness"]),
                        "anonymousVisitors": truth.kind(day, "anonymous")}


@report("/reports/events")
def check_events(server, truth):
    for by, value_of in DIMENSIONS.items():
        found = server.get_json("/reports/events", by=by, limit=LIMIT, **span_of(truth))
        counted = [truth.count(day, value_of) for day in truth.days()]
        total = sum(counted, Counter())
        assert rows(found["items"], "name", "events") == (sorted(total.items()) if by == "hour" else ranked(total)), by
        assert all(item["byDay"] == [day[item["name"]] for day in counted] for item in found["items"]), by
        assert (found["events"], found["other"], found["truncated"]) == (sum(total.values()), 0, False)
    found = server.get_json("/reports/events", by="day", **span_of(truth))
    assert rows(found["items"], "name", "events") == [(day.isoformat(), len(truth.by_day.get(day, []))) for day in truth.days()]


@report("/reports/sessions")
def check_sessions(server, truth):
    found = server.get_json("/reports/sessions", **span_of(truth))
    expected = truth.session_figures_of(truth.days())
    assert found["total"] == {**expected, "bounceRate": pytest.approx(expected["bounceRate"])}
    for item, day in zip(found["items"], truth.days(), strict=True):
        figures = truth.session_figures_of([day])
        assert item == {"date": day.isoformat(), **figures, "bounceRate": figures["bounceRate"] and pytest.approx(figures["bounceRate"])}


@report("/reports/retention")
def check_retention(server, truth):
    for unit in ("day", "week"):
        items = server.get_json("/reports/retention", unit=unit, **span_of(truth))["items"]
        found = {item["cohort"]: Counter(dict(enumerate(item["active"]))) for item in items}
        assert {cohort: +active for cohort, active in found.items()} == {
            cohort: truth.retention(unit).get(cohort, Counter()) for cohort in found}
        assert set(truth.retention(unit)) <= set(found)


@report("/reports/funnels", "/reports/funnels/{name}")
def check_funnels(server, truth):
    (declared,) = server.get_json("/reports/funnels")["items"]
    assert declared["withinSeconds"] == 2 * 86400
    seen = {}
    for message in truth.messages:  # a resent one has no effect, on what is remembered neither
        seen.setdefault(message["messageId"], message)
    steps = [lambda event, kind=kind: event["type"] == kind for kind in ("page", "track", "identify")]
    funnel = FunnelRecount(list(seen.values()), 2 * 86400000, steps, truth.zone)
    found = server.get_json("/reports/funnels/looked", **span_of(truth))
    assert {item["date"]: item["reached"] for item in found["items"] if any(item["reached"])} == funnel.days()
    assert [step["medianSeconds"] for step in found["steps"]] == [funnel.median(number) for number in range(3)]


def people_of(truth):
    return sorted({event.user for event in truth.events if event.user})[::4] + [user for user in truth.links if truth.links[user]]


@report("/users/{id}/reports/daily")
def check_days_of_users(server, truth):
    for user in people_of(truth):
        expected = truth.user_days(user)
        items = server.get_json(f"/users/{user}/reports/daily", **span_of(truth))["items"]
        assert [item["date"] for item in items] == [day.isoformat() for day in sorted(expected)], user
        for item, day in zip(items, sorted(expected), strict=True):
            own = expected[day]
            assert rows(item["byName"], "name", "events") == ranked(own["names"])
            assert dict(rows(item["byType"], "name", "events")) == own["types"]
            assert (item["events"], item["sessions"]["count"], item["sessions"]["totalSeconds"]) == (
                own["events"], own["sessions"], sum(own["seconds"]))


@report("/users/{id}/activities")
def check_timelines(server, truth):
    for user in people_of(truth):
        assert server.ids(user) == truth.timeline(user), user


def test_the_history_is_what_it_should_be(told):
    _, truth = told
    assert len(truth.messages) > len(truth.events) > 1500
    newest, late = defaultdict(int), 0
    for message in truth.messages:
        actor, at = message.get("userId") or message["anonymousId"], milliseconds(message["timestamp"])
        late += at < newest[actor]
        newest[actor] = max(at, newest[actor])
    assert late > 100
    assert sum(len(devices) for devices in truth.links.values()) >= 12


@pytest.mark.parametrize("route", REPORTS)
def test_equals_the_recount(told, route):
    REPORTS[route](*told)


@pytest.mark.parametrize("kind", ["previous", "previous-week"])
def test_next_to_an_earlier_period(told, kind):
    server, truth = told
    first, last = truth.days()[4], truth.days()[7]
    check_compared(server, truth, kind, first, last)
    for day in truth.days()[::3]:
        check_compared(server, truth, kind, day, day)


def test_no_report_is_forgotten(server):
    paths = server.get("/openapi.json").json()["paths"]
    assert {path for path in paths if "/reports" in path} == {path for path in REPORTS if "/reports" in path}
