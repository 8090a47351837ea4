# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""What follows from an event: places by address, channels, campaigns, versions, dimensions of one's own; and bounded breakdowns."""

import csv
import io
import signal
from collections import Counter

import pytest

import mmdb
from agreement import DIMENSIONS, rows
from footfall import command, eventually, new_id
from recount import Recount, parse_day, ranked

DAY = "2026-04-01"
CHROME = ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
          "Chrome/126.0.0.0 Safari/537.36")
SAFARI = ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
          "Version/17.5 Mobile/15E148 Safari/604.1")
CONFIG = """
dimensions:
  - name: plan
    path: properties.plan
  - name: bought-with
    path: properties.plan
    events: [Bought]
  - name: brand
    path: enriched.brand
enrichment:
  paths: ["/orders/*", "/docs/**"]
  internal_hosts: [shop.test]
"""


def page(url="https://shop.test/", referrer="", user="u", **more):
    context = {"userAgent": CHROME, "page": {"url": url, "path": None, "referrer": referrer}, **more.pop("context", {})}
    return {"type": "page", "messageId": new_id(), "userId": user, "timestamp": f"{DAY}T10:00:00Z",
            "properties": {"url": url, "referrer": referrer}, "context": context, **more}


def track(name="Viewed", user="u", **more):
    context = {"userAgent": CHROME, **more.pop("context", {})}
    return {"type": "track", "event": name, "messageId": new_id(), "userId": user, "timestamp": f"{DAY}T10:00:00Z",
            "context": context, **more}


def by(server, dimension, **more):
    return server.get_json("/reports/events", **{"by": dimension, "from": DAY, "to": DAY, **more})


def counted(server, dimension):
    return {item["name"]: item["events"] for item in by(server, dimension)["items"]}


@pytest.fixture
def configured(make_server, tmp_path):
    path = tmp_path / "footfall.yaml"
    path.write_text(CONFIG)
    return make_server("--config", str(path)).start()


# --- Channels, campaigns, paths, versions, dimensions -----------------------------------------------------------------

VISITS = [page(), page(referrer="https://shop.test/a"), page(referrer="https://www.google.com/search"),
          page(referrer="https://www.facebook.com/"), page(referrer="https://mail.google.com/"),
          page(referrer="https://news.example.org/x"), page("https://shop.test/?utm_source=news&utm_medium=email&utm_campaign=May+%232"),
          page("https://shop.test/?utm_source=news&utm_medium=banner", "https://www.google.com/"),
          page(context={"campaign": {"name": "June", "source": "partner", "medium": "cpc"}}),
          track(properties={"plan": "pro"}, context={"userAgent": CHROME, "location": {"country": "DE", "region": "BE"}}),
          track("Bought", properties={"plan": "free"}, context={"userAgent": SAFARI}),
          track("Bought", properties={"plan": "pro"}, context={"userAgent": SAFARI})]


def test_breakdowns_agree_with_a_recount(configured):
    configured.send(*VISITS)
    configured.settle()
    truth = Recount(VISITS, "UTC")
    for dimension in ("channel", "source", "medium", "campaign", "region", "browserVersion", "osVersion", "country"):
        expected = ranked(truth.count(parse_day(DAY), DIMENSIONS[dimension]))
        assert expected, dimension
        assert rows(by(configured, dimension)["items"], "name", "events") == expected, dimension
    plans = Counter(event.plan for event in truth.events if event.plan)
    assert rows(by(configured, "dimension:plan")["items"], "name", "events") == ranked(plans)
    assert counted(configured, "dimension:bought-with") == {"free": 1, "pro": 1}
    assert counted(configured, "dimension:brand") == {"Apple": 2}


def test_click_ids_and_hints(configured):
    configured.send(page("https://shop.test/?gclid=x"), page("https://shop.test/?fbclid=x"),
                    page("https://shop.test/?msclkid=x&fbclid=y", "https://www.bing.com/"),
                    track(context={"userAgent": CHROME, "userAgentData": {
                        "brands": [{"brand": "Not;A=Brand", "version": "8"}, {"brand": "Brave", "version": "126"}],
                        "platform": "Windows", "platformVersion": "15.0.0"}}))
    configured.settle()
    assert counted(configured, "channel") == {"campaign": 2, "social": 1}
    assert counted(configured, "source") == {"Google": 1, "Facebook": 1, "Bing": 1}
    assert counted(configured, "medium") == {"cpc": 2}
    assert counted(configured, "browserVersion") == {"Brave 126": 1, "Chrome 126": 3}
    assert counted(configured, "osVersion") == {"Windows 11": 1, "Windows 10": 3}
    assert counted(configured, "browser") == {"Chrome": 4}, "families are those of the User-Agent, as before"


def test_paths_have_one_spelling(configured):
    paths = ["/a", "/a/", "//a", "/%61", "/a;jsessionid=1F", "/orders/1", "/orders/2/", "/docs/x/y", "/B", "/b"]
    configured.send(*(page(f"https://shop.test{path}?q#f") for path in paths))
    configured.settle()
    assert counted(configured, "page") == {"/a": 5, "/orders/*": 2, "/docs/**": 1, "/B": 1, "/b": 1}


def test_what_means_harm_is_counted_or_left_out(configured):
    nasty = ["%", "%00", "%ff%fe", "/%c3%28", "https://", "https://[", "//\\\\", "?" * 500, "/" * 3000, "a" * 5000, "\u202e",
             "javascript:alert(1)", "https://shop.test/?utm_source=" + "x" * 3000, "https://shop.test/?utm_source=%00%ff",
             "https://shop.test/?" + "&utm_medium=" * 200]
    agents = ["Mozilla/5.0 " + "(" * 900, "Chrome/" + "9" * 900, "Mozilla " * 120, "\u0000x", "Version/ Safari/", "iPhone OS " * 90]
    events = [page(url, url, context={"userAgent": agent, "userAgentData": hints, "ip": url[:60]})
              for url in nasty for agent in agents for hints in ([], {"brands": [{}]}, {"Sec-CH-UA": '";v=' * 40})]
    configured.send(*events)
    configured.settle()
    report = by(configured, "channel")
    assert report["events"] == len(events) - sum(not agent for agent in agents)
    for dimension in ("page", "source", "medium", "browserVersion", "osVersion", "referrer"):
        assert configured.get("/reports/events", **{"by": dimension, "from": DAY, "to": DAY, "format": "html"}).status_code == 200
    assert configured.status()["processor"]["deadLetters"] == 0


# --- Places by address ------------------------------------------------------------------------------------------------

def test_places_and_a_new_file(make_server, tmp_path):
    path = tmp_path / "places.mmdb"
    mmdb.write(path, {"81.0.0.0/8": mmdb.place("DE", "BE"), "81.2.0.0/16": mmdb.place("FR")})
    server = make_server("--enrichment.locations", str(path)).start()
    own = {"location": {"country": "JP"}}
    server.send(*(track(context={"ip": ip}) for ip in ("81.1.1.1", "81.2.1.1", "90.1.1.1", "10.0.0.1", "::1", "nonsense")),
                track(context={"ip": "81.1.1.1", **own}), track())
    server.settle()
    assert counted(server, "country") == {"DE": 1, "FR": 1, "JP": 1}
    assert counted(server, "region") == {"DE-BE": 1}
    assert server.status()["processor"]["locations"] == "Test-Country 2026-11-23"

    (tmp_path / "broken").write_bytes(b"broken")
    (tmp_path / "broken").rename(path)
    server.signal(signal.SIGHUP)
    eventually(lambda: "the file of locations stays as it was" in server.stderr)
    mmdb.write(path, {"81.0.0.0/8": mmdb.place("CH")}, epoch=1795478400)
    server.signal(signal.SIGHUP)
    eventually(lambda: server.status()["processor"]["locations"] == "Test-Country 2026-11-24")
    server.send(track(context={"ip": "81.1.1.1"}))
    server.settle()
    assert counted(server, "country") == {"DE": 1, "FR": 1, "JP": 1, "CH": 1}


# --- Settings ---------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("yaml, complaint", [
    ("dimensions: [{name: 'a b', path: name}]", "footfall.yaml:1: \"a b\""),
    ("dimensions: [{name: a, path: nowhere}]", "must begin with properties."),
    ("dimensions: [{name: a, path: name}, {name: a, path: type}]", "declared twice"),
    ("enrichment.paths: ['orders/*']", "begins with /"),
    ("enrichment.user_agents: /nowhere/regexes.yaml", "/nowhere/regexes.yaml"),
    ("enrichment.locations: /nowhere/x.mmdb", "/nowhere/x.mmdb"),
    ("breakdowns.limits: ['pages=5']", "pages=5"),
    ("breakdowns.limits: ['page=0']", "page=0"),
    ("breakdowns.limits: ['dimension:plan=5']", "dimension:plan=5"),
])
def test_wrong_settings(tmp_path, yaml, complaint):
    path = tmp_path / "footfall.yaml"
    path.write_text(yaml + "\n")
    done = command("check-config", "--config", path)
    assert done.returncode == 2
    assert complaint in done.stderr


def test_unknown_dimensions_name_the_declared_ones(configured):
    for wrong in ("dimension:none", "dimension:", "plan", "Channel"):
        reply = configured.get("/reports/events", by=wrong)
        assert reply.status_code == 400
        assert "plan, bought-with, brand" in reply.json()["detail"]
    assert "uap-core" in configured.status()["processor"]["userAgents"]


def test_other_forms(configured):
    configured.send(track(properties={"plan": "=1+1"}), track(properties={"plan": "<i>"}))
    configured.settle()
    text = configured.get("/reports/events", **{"by": "dimension:plan", "from": DAY, "to": DAY, "format": "csv"})
    assert [row["name"] for row in csv.DictReader(io.StringIO(text.text))] == ["<i>", "'=1+1"]
    html = configured.get("/reports/events", **{"by": "dimension:plan", "from": DAY, "to": DAY, "format": "html"}).text
    assert "&lt;i&gt;" in html and "<i>" not in html


# --- Bounds -----------------------------------------------------------------------------------------------------------

def test_a_full_breakdown_says_so_and_still_finds_what_is_frequent(make_server):
    server = make_server("--breakdowns.limits", "page=40").start()  # one user: one partition
    urls = [f"https://shop.test/p{number}" for number in range(300)]
    late = ["https://shop.test/late"] * 50
    server.send(*(page(url) for url in urls + late))
    server.settle()
    report = by(server, "page", limit=1000)
    pages = {item["name"]: item["events"] for item in report["items"]}
    assert report["events"] == 350 and sum(pages.values()) == 350
    assert pages["/late"] == 50, "a row that comes late is exact"
    assert pages["(other)"] == report["other"] == 260 and report["truncated"] is True
    assert 250 <= report["otherValues"] <= 270
    assert len(pages) == 42
    folded = server.status()["processor"]["folded"]
    assert [(row["project"], row["by"]) for row in folded] == [("default", "page")]
    assert folded[0]["events"] >= 260
    assert 'footfall_processor_folded_values_total{project="default",by="page"}' in server.metrics()
    assert "a breakdown is full" in server.stderr

    server.restart()
    server.send(*(page(url) for url in urls + late))  # what was folded stays folded for the day
    server.settle()
    pages = {item["name"]: item["events"] for item in by(server, "page", limit=1000)["items"]}
    assert pages["/late"] == 100 and pages["/p0"] == 2 and pages["(other)"] == 520
    assert by(server, "channel")["truncated"] is False
