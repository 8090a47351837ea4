# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""Reports next to those of an earlier period: recounted from the events, where the clocks change in between."""

import csv
import io
import json
from collections import Counter
from datetime import date, timedelta

import pytest

from agreement import check_compared, earlier
from footfall import Footfall, command
from recount import Recount

ZONE = "America/New_York"  # 2 November 2025 has 25 hours
KINDS = ("previous", "previous-week")


@pytest.fixture(scope="module")
def truth():
    done = command("demo", "--print", "--events", 6000, "--days", 16, "--people", 80, "--end", "2025-11-10T00:00:00Z", "--seed", 4)
    return Recount([json.loads(line) for line in done.stdout.splitlines()], ZONE)


@pytest.fixture(scope="module")
def server(tmp_path_factory, truth):
    footfall = Footfall(tmp_path_factory.mktemp("compare"), "--embedded.disk_reserve", "0", "--project.time_zone", ZONE).start()
    for place in range(0, len(truth.messages), 500):
        footfall.send(*truth.messages[place:place + 500])
    footfall.settle()
    yield footfall
    try:
        footfall.stop()
    finally:
        footfall.discard()


@pytest.mark.parametrize("kind", KINDS)
def test_recounted(server, truth, kind):
    for day in truth.days():  # the first ones are compared with days on which nothing happened
        check_compared(server, truth, kind, day, day)
    check_compared(server, truth, kind, date(2025, 11, 2), date(2025, 11, 8))
    check_compared(server, truth, kind, date(2025, 11, 1), date(2025, 11, 3))


def test_a_year_before(server, truth):
    check_compared(server, truth, "previous-year", date(2026, 11, 2), date(2026, 11, 8))
    last = date(2024, 2, 29)
    assert earlier("previous-year", last - timedelta(days=1), last) == (date(2023, 2, 27), date(2023, 2, 28))
    check_compared(server, truth, "previous-year", last, last)


def table(server, path, **query):
    return list(csv.DictReader(io.StringIO(server.get(path, format="csv", **query).text)))


def test_columns(server, truth):
    now, before = date(2025, 11, 3), date(2025, 11, 2)
    span = {"from": now.isoformat(), "to": now.isoformat(), "compare": "previous"}
    events, earlier_events = len(truth.by_day[now]), len(truth.by_day[before])
    (row,) = table(server, "/reports/events", by="day", **span)
    assert (row["date"], row["events"], row["previous_date"], row["previous_events"], row["change"]) == (
        "2025-11-03", str(events), "2025-11-02", str(earlier_events), str(events - earlier_events))
    assert float(row["change_percent"]) == pytest.approx((events - earlier_events) / earlier_events * 100)
    (row,) = table(server, "/reports/active", **span)
    assert (row["previous_date"], row["previous_daily"]) == ("2025-11-02", str(truth.users_active(before, 1)))
    (row,) = table(server, "/reports/sessions", **span)
    assert (row["previous_date"], row["previous_sessions"]) == ("2025-11-02", str(truth.session_figures(before)["count"]))
    rows = table(server, "/reports/daily", date=now.isoformat(), compare="previous")
    assert [int(row["previous_value"]) for row in rows if row["section"] == "hour"] == truth.hours(before)
    (row,) = (row for row in rows if row["section"] == "total" and row["name"] == "events")
    assert (row["previous_date"], row["previous_value"]) == ("2025-11-02", str(earlier_events))
    names = Counter(row["section"] for row in rows)
    assert names["event"] == len(truth.by_name(now)) and all(row["previous_date"] == "" for row in rows if row["section"] == "event")


@pytest.mark.parametrize("path", ["/reports/daily", "/reports/active", "/reports/events", "/reports/sessions"])
def test_pages_say_it_in_words(server, path):
    span = {"date": "2025-11-03"} if path.endswith("daily") else {"from": "2025-11-03", "to": "2025-11-05"}
    page = server.get(path, format="html", compare="previous", **span).text
    assert "Compared with 2025-1" in page and 'class="line muted"' in page and "earlier period" in page
    assert ("▲" in page and " more</td>" in page) or ("▼" in page and " less</td>" in page) or "= the same" in page
    assert "muted\"" not in server.get(path, format="html", **span).text


def test_what_is_not_a_comparison(server):
    for path in ("/reports/daily", "/reports/active", "/reports/events", "/reports/sessions"):
        refused = server.get(path, compare="yesterday")
        assert refused.status_code == 400
        assert refused.json()["errors"] == [{"pointer": "?compare", "detail": "must be previous, previous-week or previous-year"}]
        assert "previous" not in server.get(path).json()
    assert server.get("/reports/retention", compare="previous").status_code == 400
