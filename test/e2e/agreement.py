# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""Whether a report says what the recount says."""

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
