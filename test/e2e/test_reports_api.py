# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""Reports as JSON, CSV and pages; and what names from outside do in each of them."""

import base64
import csv
import hashlib
import io
import re
from html.parser import HTMLParser

import pytest

from footfall import new_id

DAY = "2026-04-01"
NASTY = ['=cmd|"/c calc"!A1', "+1+1", "-2+3", "@SUM(A1)", "\tTabbed", '"quoted"', "a,b", "line\nbreak",
         "<script>alert(1)</script>", "</td><img src=x onerror=alert(1)>", "\" onmouseover=\"alert(1)", "&lt;b&gt;",
         "{{7*7}}", "'; DROP TABLE users; --", "\u202eevil"]
REPORTS = ("/reports/daily", "/reports/active", "/reports/events", "/reports/sessions")


@pytest.fixture(scope="module", autouse=True)
def nasty_events(server):
    """Names, paths, referrers and user ids that mean something to spreadsheets and browsers."""
    for number, text in enumerate(NASTY):
        server.send({"type": "track", "event": text, "userId": text.strip() or "u", "messageId": f"nasty-{number}",
                     "timestamp": f"{DAY}T10:00:00Z"},
                    {"type": "page", "name": text, "userId": "reader", "messageId": f"page-{number}",
                     "properties": {"path": "/" + text, "referrer": f"https://{text}/"},
                     "timestamp": f"{DAY}T10:00:{number:02d}Z"})
    server.settle()


def ask(server, path, **more):
    query = {"date": DAY} if path.endswith("daily") else {"from": DAY, "to": DAY}
    return server.get(path, **query, **more)


def test_the_shape_of_the_daily_report(server):
    report = server.daily(DAY)
    assert list(report) == ["project", "date", "timeZone", "closed", "revision", "events", "byName", "byType", "activeUsers",
                            "newUsers", "anonymousVisitors", "sessions", "excluded", "pages", "referrers", "countries", "devices",
                            "hours", "topUsers"]
    assert (report["project"], report["date"], report["timeZone"]) == ("default", DAY, "UTC")
    assert report["events"] == 2 * len(NASTY)
    assert len(report["hours"]) == 24 and report["hours"][10] == report["events"]
    assert {row["name"] for row in report["byName"]} == set(NASTY)
    assert all(row["events"] == 2 for row in report["byName"])


def test_a_day_without_events_is_a_report_of_zeros(server):
    report = server.daily("2020-02-29")
    assert (report["events"], report["activeUsers"], report["byName"], report["hours"]) == (0, 0, [], [0] * 24)
    assert report["sessions"] == {"count": 0, "medianSeconds": None, "bounceRate": None}


@pytest.mark.parametrize("path", REPORTS)
def test_csv_cells_are_harmless(server, path):
    reply = ask(server, path, format="csv")
    assert reply.status_code == 200
    assert reply.headers["Content-Type"].startswith("text/csv")
    assert reply.headers["Content-Disposition"].startswith("attachment")
    rows = list(csv.reader(io.StringIO(reply.content.decode("utf-8"), newline="")))
    assert len({len(row) for row in rows}) == 1, "every row has as many cells as the header"
    for row in rows[1:]:
        for cell in row:
            assert not re.match(r"[=+@\t\r]|-(?!\d)", cell), cell


def test_csv_keeps_the_names(server):
    reply = ask(server, "/reports/events", format="csv", by="name")
    names = {row["name"] for row in csv.DictReader(io.StringIO(reply.content.decode("utf-8"), newline=""))}
    assert {name.removeprefix("'") if name[1:2] in ("=", "+", "-", "@", "\t") else name for name in names} == set(NASTY)


class Page(HTMLParser):
    """What a browser would make of a page."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes, self.texts = set(), set(), []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attrs)

    def handle_data(self, data):
        self.texts.append(data)


@pytest.mark.parametrize("path", REPORTS)
def test_pages_are_closed_to_scripts(server, path):
    reply = ask(server, path, format="html")
    assert reply.status_code == 200
    assert reply.headers["Content-Type"] == "text/html; charset=utf-8"
    assert reply.headers["X-Content-Type-Options"] == "nosniff"
    policy = dict(part.strip().partition(" ")[::2] for part in reply.headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["frame-ancestors"] == policy["base-uri"] == policy["form-action"] == "'none'"
    assert "unsafe" not in reply.headers["Content-Security-Policy"] and "script-src" not in policy
    sheet = re.search(r"<style>(.*?)</style>", reply.text, re.DOTALL).group(1)
    digest = base64.b64encode(hashlib.sha256(sheet.encode()).digest()).decode()
    assert policy["style-src"] == f"'sha256-{digest}'"
    page = Page(reply.text)
    assert not page.tags & {"script", "img", "iframe", "object", "form", "link"}
    assert not {name for name in page.attributes if name.startswith("on") or name in ("style", "src", "href")}


@pytest.mark.parametrize("by", ["name", "page", "referrer"])
def test_names_are_text_in_pages(server, by):
    reply = ask(server, "/reports/events", format="html", by=by)
    page = Page(reply.text)
    assert not page.tags & {"script", "img", "b"} - {"b"}
    assert "<script>alert" not in reply.text and "<img" not in reply.text
    if by == "name":
        for name in NASTY:
            assert name in page.texts or name.strip() in {text.strip() for text in page.texts}, name


def test_a_user_page_escapes_too(server):
    reply = server.get("/users/" + "%3Cscript%3Ealert(1)%3C%2Fscript%3E/reports/daily", format="html",
                       **{"from": DAY, "to": DAY})
    assert reply.status_code == 200
    assert "<script>" not in reply.text and "&lt;script&gt;" in reply.text
    assert "default-src 'none'" in reply.headers["Content-Security-Policy"]


def test_problems_do_not_reflect_markup(server):
    reply = server.get("/reports/daily", format="<script>alert(1)</script>")
    assert reply.status_code == 400
    assert reply.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("by", ["name", "type", "page", "referrer", "country", "device", "browser", "os", "hour", "day"])
def test_counts_by_each_dimension(server, by):
    report = ask(server, "/reports/events", by=by).json()
    assert report["by"] == by and (report["from"], report["to"]) == (DAY, DAY)
    if by in ("name", "type", "hour", "day"):
        assert report["events"] == 2 * len(NASTY)


def test_lists_are_cut_at_the_limit(server):
    assert len(server.daily(DAY, limit=3)["byName"]) == 3
    assert len(ask(server, "/reports/events", by="name", limit=4).json()["items"]) == 4


def test_late_events_change_a_day_at_once(server):
    before = server.daily("2026-04-05")
    assert before["events"] == 0
    server.send({"type": "track", "event": "late", "userId": "u1", "messageId": new_id(), "timestamp": "2026-04-05T23:59:59.999Z"})
    server.settle()
    after = server.daily("2026-04-05")
    assert (after["events"], after["hours"][23], after["activeUsers"]) == (1, 1, 1)
    assert server.daily("2026-04-06")["events"] == 0


def test_sessions_end_after_half_an_hour(server):
    minutes = [0, 10, 39, 70, 100]
    for minute in minutes:
        server.send({"type": "page", "name": "p", "userId": "visitor", "messageId": f"s-{minute}",
                     "timestamp": f"2026-04-07T{10 + minute // 60}:{minute % 60:02d}:00Z"})
    server.settle()
    # 0, 10 and 39 belong together; 70 is 31 minutes later; 100 is exactly 30 minutes after that, which is a new one.
    sessions = server.daily("2026-04-07")["sessions"]
    assert sessions["count"] == 3
    assert sessions["medianSeconds"] == 0
    assert sessions["bounceRate"] == pytest.approx(2 / 3)


def test_new_and_active_users(server):
    for day in ("2026-05-01", "2026-05-02", "2026-05-08"):
        server.send({"type": "track", "event": "x", "userId": "regular", "messageId": new_id(), "timestamp": f"{day}T08:00:00Z"})
    server.send({"type": "track", "event": "x", "userId": "guest", "messageId": new_id(), "timestamp": "2026-05-02T08:00:00Z"})
    server.settle()
    items = server.get_json("/reports/active", **{"from": "2026-05-01", "to": "2026-05-09"})["items"]
    assert [item["daily"] for item in items] == [1, 2, 0, 0, 0, 0, 0, 1, 0]
    assert [item["weekly"] for item in items] == [1, 2, 2, 2, 2, 2, 2, 2, 1]
    assert [item["newUsers"] for item in items] == [1, 1, 0, 0, 0, 0, 0, 0, 0]
    # An earlier event moves the day on which the guest was new.
    server.send({"type": "track", "event": "x", "userId": "guest", "messageId": new_id(), "timestamp": "2026-05-01T08:00:00Z"})
    server.settle()
    items = server.get_json("/reports/active", **{"from": "2026-05-01", "to": "2026-05-02"})["items"]
    assert [item["newUsers"] for item in items] == [2, 0]


def test_bots_are_dropped_and_counted(server):
    before = server.status()["processor"]["bots"]
    server.send({"type": "page", "name": "p", "userId": "robot", "messageId": new_id(), "timestamp": "2026-05-20T08:00:00Z",
                 "context": {"userAgent": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"}})
    server.settle()
    assert server.ids("robot") == []
    report = server.daily("2026-05-20")
    assert (report["events"], report["excluded"]) == (0, {"bots": 1, "filtered": 0})
    assert server.status()["processor"]["bots"] == before + 1


def test_projects_do_not_see_one_another(server):
    assert server.request("POST", "/projects", json={"id": "elsewhere", "timeZone": "Asia/Tokyo"}).status_code == 201
    key = server.request("POST", "/keys", json={"role": "write", "project": "elsewhere"}).json()["key"]
    event = {"type": "track", "event": "x", "userId": "tokyo", "messageId": new_id(), "timestamp": "2026-06-01T20:00:00Z"}
    assert server.http.post(f"{server.url}/v1/track", json=event, auth=(key, "")).status_code == 200
    server.settle()
    report = server.daily("2026-06-02", project="elsewhere")  # 05:00 of the next day there
    assert (report["events"], report["hours"][5], report["timeZone"]) == (1, 1, "Asia/Tokyo")
    assert server.daily("2026-06-01")["events"] == server.daily("2026-06-02")["events"] == 0
    assert server.get("/users/tokyo").status_code == 404
    assert server.get("/users/tokyo", project="elsewhere").status_code == 200
    assert server.get("/reports/daily", project="nowhere").status_code == 404
