# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""Whether a report says what the recount says."""

from collections import Counter
from datetime import timedelta

import pytest

from recount import browser, browser_version, device, ranked, system, system_version

TOP_USERS = 10

DIMENSIONS = {
    "name": lambda event: event.name,
    "type": lambda event: event.type,
    "page": lambda event: event.path,
    "referrer": lambda event: event.referrer,
    "country": lambda event: event.country,
    "device": lambda event: device(event.agent),
    "browser": lambda event: browser(event.agent),
    "os": lambda event: system(event.agent),
    "channel": lambda event: event.channel,
    "source": lambda event: event.source,
    "medium": lambda event: event.medium,
    "campaign": lambda event: event.campaign,
    "region": lambda event: event.region,
    "browserVersion": lambda event: browser_version(event.agent),
    "osVersion": lambda event: system_version(event.agent),
    "hour": lambda event: f"{event.hour:02d}",
}


def rows(items, *keys):
    return [tuple(item[key] for key in keys) for item in items]


def check_day(report, truth, day):
    assert (report["date"], report["timeZone"], report["project"]) == (day.isoformat(), str(truth.zone), "default")
    events = truth.by_day.get(day, [])
    assert report["events"] == len(events)
    assert rows(report["byName"], "name", "events", "users") == sorted(
        ((name, events, users) for name, (events, users) in truth.by_name(day).items()),
        key=lambda row: (-row[1], row[0]))
    for key, by in (("byType", "type"), ("pages", "page"), ("referrers", "referrer"), ("countries", "country"),
                    ("devices", "device")):
        assert rows(report[key], "name", "events") == ranked(truth.count(day, DIMENSIONS[by])), key
    assert report["activeUsers"] == truth.kind(day, "user")
    assert report["anonymousVisitors"] == truth.kind(day, "anonymous")
    assert report["newUsers"] == truth.new_users(day)
    assert report["hours"] == truth.hours(day)
    assert rows(report["topUsers"], "userId", "events") == truth.top_users(day)[:TOP_USERS]
    figures = truth.session_figures(day)
    assert report["sessions"] == {"count": figures["count"], "medianSeconds": figures["median"],
                                  "bounceRate": pytest.approx(figures["bounce"]) if figures["count"] else None}


# --- Compared periods ------------------------------------------------------------------------------------------------

def days_of(first, last):
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def earlier(kind, first, last):
    """The period that this one is compared with."""
    days = (last - first).days + 1
    if kind == "previous-year":
        leap_day = (last.month, last.day) == (2, 29)
        back = last - last.replace(year=last.year - 1, day=28 if leap_day else last.day)
    else:
        back = timedelta(days=days if kind == "previous" else -(-days // 7) * 7)
    return first - back, last - back


def changes(now, before):
    change = {key: None if now[key] is None or before[key] is None else now[key] - before[key] for key in now}
    percent = {key: None if change[key] is None or not before[key] else change[key] / before[key] * 100 for key in now}
    return change, percent


def check_changes(previous, kind, span, now, before):
    assert (previous["compare"], previous["from"], previous["to"]) == (kind, span[0].isoformat(), span[1].isoformat())
    change, percent = changes(now, before)
    for key, expected in (("totals", before), ("change", change), ("changePercent", percent)):
        assert previous[key] == {name: value if value is None else pytest.approx(value) for name, value in expected.items()}, key


def daily_figures(truth, day):
    figures = truth.session_figures(day)
    return {"events": len(truth.by_day.get(day, [])), "activeUsers": truth.kind(day, "user"), "newUsers": truth.new_users(day),
            "anonymousVisitors": truth.kind(day, "anonymous"), "sessions": figures["count"], "medianSeconds": figures["median"],
            "bounceRate": figures["bounce"], "bots": 0, "filtered": 0}


def active_figures(truth, first, last):
    daily, monthly = truth.users_active(last, 1), truth.users_active(last, 30)
    return {"daily": daily, "weekly": truth.users_active(last, 7), "monthly": monthly, "stickiness": daily / monthly if monthly else None,
            "newUsers": sum(truth.new_users(day) for day in days_of(first, last))}


def check_compared(server, truth, kind, first, last):
    """All reports of these days, next to those of the earlier ones."""
    before = earlier(kind, first, last)
    query = {"from": first.isoformat(), "to": last.isoformat(), "compare": kind}
    if first == last:
        previous = server.daily(first.isoformat(), compare=kind)["previous"]
        for part in ("totals", "change", "changePercent"):
            previous[part].pop("people")  # of closed days
        check_changes(previous, kind, before, daily_figures(truth, first), daily_figures(truth, before[0]))
        assert previous["hours"] == truth.hours(before[0])
    report = server.get_json("/reports/active", **query)
    if report["items"]:  # days to come have none
        check_changes(report["previous"], kind, before, active_figures(truth, first, last), active_figures(truth, *before))
        assert rows(report["previous"]["items"], "date", "daily") == [
            (day.isoformat(), truth.users_active(day, 1)) for day in days_of(*before)]
    report = server.get_json("/reports/sessions", **query)
    now, then = (truth.session_figures_of(days_of(*span)) for span in ((first, last), before))
    check_changes(report["previous"], kind, before, now, then)
    assert rows(report["previous"]["items"], "date", "count") == [
        (day.isoformat(), truth.session_figures(day)["count"]) for day in days_of(*before)]
    check_compared_events(server, truth, before, query)


def check_compared_events(server, truth, before, query):
    span = days_of(*(type(before[0]).fromisoformat(query[end]) for end in ("from", "to")))
    for by in ("name", "channel", "hour"):
        report = server.get_json("/reports/events", by=by, limit=1000, **query)
        counted = [truth.count(day, DIMENSIONS[by]) for day in days_of(*before)]
        total = sum(counted, Counter())
        assert [item["name"] for item in report["previous"]["items"]] == [item["name"] for item in report["items"]]
        for item in report["previous"]["items"]:
            assert (item["events"], item["byDay"]) == (total[item["name"]], [day[item["name"]] for day in counted])
        now = sum((truth.count(day, DIMENSIONS[by]) for day in span), Counter())
        check_changes(report["previous"], query["compare"], before, {"events": sum(now.values())}, {"events": sum(total.values())})
    report = server.get_json("/reports/events", by="day", **query)
    assert rows(report["previous"]["items"], "name", "events") == [
        (day.isoformat(), len(truth.by_day.get(day, []))) for day in days_of(*before)]
