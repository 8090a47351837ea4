# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""Histories that docs/definitions.md works out by hand, sent as they stand there, and the answers that stand there."""

import datetime
import os
import re

import pytest

from footfall import HERE, eventually
from recount import Recount

DEFINITIONS = os.path.join(HERE, "..", "..", "docs", "definitions.md")
CLOSING = 60  # seconds of patience


def tables(title):
    """The rows of each table under the title, without the heads."""
    with open(DEFINITIONS, encoding="utf-8") as file:
        text = file.read().split(f"\n## {title}\n")[1].split("\n## ")[0].split("*Checked by hand*")[1]
    found = []
    for table in re.findall(r"(?:^\|.*\|\n)+", text, re.MULTILINE):
        found.append([[cell.strip() for cell in line.strip().strip("|").split("|")] for line in table.splitlines()[2:]])
    return found


def message(name, kind, who, moment, linked=""):
    made = {"messageId": name, "type": kind, "timestamp": moment, "userId" if who.startswith("user ") else "anonymousId": who.split()[1]}
    if kind == "track":
        made["event"] = "Seen"
    if linked:
        made["anonymousId" if kind == "identify" else "previousId"] = linked
    return made


def test_sessions_where_the_clock_goes_back(make_server):
    events, days = tables("Session")
    assert len(events) == 12 and len(days) == 3
    server = make_server("--project.time_zone", "Europe/Berlin").start()
    sent = [message(name, "track", who, f"{moment.replace(' ', 'T')}:00.000Z") for name, who, moment in events]
    for event in sent:
        server.send(event)
    server.settle()
    truth = Recount(sent, "Europe/Berlin")
    active = {item["date"]: item for item in server.get_json("/reports/active", **{"from": days[0][0], "to": days[-1][0]})["items"]}
    for day, *row in days:
        count, users, new, visitors, sessions, median, bounces, at_two = map(int, row)
        report = server.daily(day)
        assert (report["events"], report["activeUsers"], report["newUsers"], report["anonymousVisitors"], report["hours"][2]) == (
            count, users, new, visitors, at_two)
        assert report["sessions"] == {"count": sessions, "medianSeconds": median, "bounceRate": pytest.approx(bounces / sessions)}
        assert (active[day]["daily"], active[day]["newUsers"], active[day]["anonymousVisitors"]) == (users, new, visitors)
        figures = truth.session_figures(datetime.date.fromisoformat(day))
        assert (figures["count"], figures["median"]) == (sessions, median)  # the oracle of the other tests, too


def test_who_is_who(make_server):
    events, days, users = tables("Actor")
    assert len(events) == 12 and len(days) == len(users) == 2
    today = datetime.datetime.now(datetime.timezone.utc).date()
    dates = {"DAY1": today - datetime.timedelta(days=3), "DAY2": today - datetime.timedelta(days=2)}
    server = make_server("--reports.close_every", "1s").start()
    sent = []
    for name, kind, who, linked, moment in events:
        day, clock = moment.split()
        sent.append(message(name, kind, who, f"{dates[day]}T{clock}:00.000Z", linked))
    server.send(*sent)
    server.settle()
    truth = Recount(sent, "UTC")
    for day, *row in days:
        count, known, visitors, people = map(int, row)
        report = server.daily(str(dates[day]))
        assert (report["events"], report["activeUsers"], report["anonymousVisitors"]) == (count, known, visitors)
        assert truth.people(dates[day]) == people
    for user, timeline, *counts in users:
        assert server.ids(user) == timeline.split() == truth.timeline(user)
        items = server.get_json(f"/users/{user}/reports/daily", **{"from": str(dates["DAY1"]), "to": str(dates["DAY2"])})["items"]
        assert {item["date"]: item["events"] for item in items} == {
            str(dates[day]): int(number) for day, number in zip(("DAY1", "DAY2"), counts, strict=True) if int(number)}

    def closed():
        for day, *row in days:
            report = server.daily(str(dates[day]))
            assert report["closed"] and report["people"] == int(row[3])
        return True

    eventually(closed, CLOSING)

    # A link that is found when the day was closed long ago: the kiosk was u2, so one person less, and one revision more.
    before = {name: server.daily(str(dates[name])) for name in dates}
    server.send(message("p12", "identify", "user u2", f"{today}T00:00:00.000Z", "kiosk"))

    def closed_again():
        report = server.daily(str(dates["DAY2"]))
        assert (report["people"], report["revision"]) == (before["DAY2"]["people"] - 1, before["DAY2"]["revision"] + 1)
        return True

    eventually(closed_again, CLOSING)
    assert server.daily(str(dates["DAY1"])) == before["DAY1"]
