# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""Who comes back: a history checked by hand (docs/definitions.md), and random ones recounted from the events alone."""

import datetime
import random

import pytest

from footfall import new_id

DAY = datetime.timedelta(days=1)
MARCH = datetime.date(2026, 3, 1)


def event(user, day, hour=12):
    return {"type": "track", "event": "clicked", "userId": user, "messageId": new_id(), "timestamp": f"{day}T{hour:02}:00:00.000Z"}


def report(server, unit, first, last, **more):
    reply = server.get("/reports/retention", unit=unit, **{"from": str(first), "to": str(last)}, **more)
    assert reply.status_code == 200, reply.text
    return reply


def cohorts(server, unit, first, last):
    """Cohort -> active, without what follows the last one."""
    found = {}
    for item in report(server, unit, first, last).json()["items"]:
        active = item["active"]
        assert active[0] == item["users"]
        while active and active[-1] == 0:
            active.pop()
        found[item["cohort"]] = active
    return found


def monday(day):
    return day - day.weekday() * DAY


def recount(days, unit, first, last):
    """days: user -> the dates on which there is an event."""
    step, most = (7, 52) if unit == "week" else (1, 90)
    begin = monday if unit == "week" else lambda day: day
    found = {}
    cohort = begin(first)
    while cohort <= last:
        active = []
        for back in range(most + 1):
            at = cohort + back * step * DAY
            active.append(sum(1 for seen in days.values() if begin(min(seen)) == cohort and any(begin(day) == at for day in seen)))
        while active and active[-1] == 0:
            active.pop()
        found[str(cohort)] = active
        cohort += step * DAY
    return found


def test_checked_by_hand(make_server):
    server = make_server().start()
    for user, day in (("u1", 2), ("u1", 4), ("u1", 9), ("u2", 4), ("u2", 5)):
        server.send(event(user, MARCH.replace(day=day)))
    server.settle()
    first, last = MARCH.replace(day=2), MARCH.replace(day=4)
    assert cohorts(server, "day", first, last) == {"2026-03-02": [1, 0, 1, 0, 0, 0, 0, 1], "2026-03-03": [], "2026-03-04": [1, 1]}
    server.send(event("u2", MARCH.replace(day=3)))
    server.settle()
    assert cohorts(server, "day", first, last) == {"2026-03-02": [1, 0, 1, 0, 0, 0, 0, 1], "2026-03-03": [1, 1, 1], "2026-03-04": []}
    assert cohorts(server, "week", first, last) == {"2026-03-02": [2, 1]}


@pytest.mark.parametrize("seed", [1, 2])
def test_recounted(make_server, seed):
    server = make_server().start()
    dice = random.Random(seed)
    days = {}
    events = []
    for number in range(40):
        user = f"user-{number}"
        begin = MARCH + dice.randrange(40) * DAY
        days[user] = {begin + dice.choice((0, 1, 1, 2, 6, 7, 8, 30, 89, 90, 91, 120)) * DAY for _ in range(dice.randrange(1, 9))}
        events += [event(user, day, dice.randrange(24)) for day in days[user] for _ in range(dice.randrange(1, 3))]
    events += [{**one, "userId": None, "anonymousId": "somebody"} for one in events[:5]]
    dice.shuffle(events)
    for at in range(0, len(events), 50):
        server.send(*[{key: value for key, value in one.items() if value is not None} for one in events[at:at + 50]])
        if dice.random() < 0.3:
            server.settle()
    server.settle()
    first, last = MARCH, MARCH + 70 * DAY
    for unit in ("day", "week"):
        assert cohorts(server, unit, first, last) == recount(days, unit, first, last)
    server.restart()
    server.send(event("user-0", MARCH - 3 * DAY))
    server.settle()
    days["user-0"].add(MARCH - 3 * DAY)
    for unit in ("day", "week"):
        assert cohorts(server, unit, first - 7 * DAY, last) == recount(days, unit, first - 7 * DAY, last)


def test_forms_and_faults(server):
    user = new_id("kept")
    server.send(event(user, MARCH), event(user, MARCH + DAY))
    server.settle()
    table = report(server, "day", MARCH, MARCH, format="csv").text.splitlines()
    assert table[0] == "cohort,users,days_later,active,share"
    assert table[2].startswith("2026-03-01,")
    page = report(server, "week", MARCH, MARCH, format="html")
    assert page.headers["Content-Type"].startswith("text/html") and "Week of" in page.text
    refused = server.get("/reports/retention", unit="month")
    assert refused.status_code == 400 and refused.json()["errors"] == [{"pointer": "?unit", "detail": "must be day or week"}]
    assert server.get("/reports/retention", by="day").status_code == 400
