# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""How long every report takes over a long history, funnels included."""

import datetime
import os

from scenes import History

# Nearly every event of the load generator is a step of one of them.
FUNNELS = """funnels:
- name: order
  within: 1d
  steps: [Product Viewed, Product Added, Order Placed]
- name: visit
  within: 1h
  steps: [{type: page}, Search Done, {type: page}]
"""
TARGET_MS = 100


def paths(filled):
    """What is asked for each report: over the whole history where it takes a span, and its last day."""
    last = filled.last_day()
    first = (datetime.date.fromisoformat(last) - datetime.timedelta(days=filled.days - 1)).isoformat()
    span = f"from={first}&to={last}"
    day = f"from={last}&to={last}"
    return {
        "daily": f"/reports/daily?date={last}",
        "daily, compared": f"/reports/daily?date={last}&compare=previous",
        "daily, page to print": f"/reports/daily?date={last}&format=html",
        "active": f"/reports/active?{span}",
        "active, compared": f"/reports/active?{day}&compare=previous",
        "events by name": f"/reports/events?{span}",
        "events by name, compared": f"/reports/events?{day}&compare=previous",
        "events by page": f"/reports/events?{span}&by=page",
        "events by referrer": f"/reports/events?{span}&by=referrer",
        "events by day": f"/reports/events?{span}&by=day",
        "sessions": f"/reports/sessions?{span}",
        "sessions, compared": f"/reports/sessions?{day}&compare=previous",
        "retention by day": f"/reports/retention?{span}&unit=day",
        "retention by week": f"/reports/retention?{span}&unit=week",
        "funnels, the list": "/reports/funnels",
        "funnel": f"/reports/funnels/order?{span}",
    }


def configuration_of(bench):
    """Flags of a Footfall with these funnels."""
    path = os.path.join(bench.directory, "funnels.yml")
    with open(path, "w", encoding="ascii") as file:
        file.write(FUNNELS)
    return ["--config", path]


def reports(bench):
    """Asks for one after another, as fast as answers come; latency is of a request that waits for no other."""
    filled = History(bench, "reports", configuration_of(bench))
    footfall = filled.footfall
    footfall.start()
    filled.fill(bench.events)
    footfall.wait_processed(900)
    raw = bench.raw["reports"] = {"events": filled.events, "users": filled.users, "days": filled.days}
    slowest = 0
    for name, path in paths(filled).items():
        first = footfall.get(path)[1] if "html" not in path else None
        again = bench.read(footfall.port, path, connections=1, seconds=max(1, bench.seconds / 2))
        raw[name] = {"path": path, "firstMs": first, "again": again}
        p99 = again["latencyUs"]["p99"] / 1000
        bench.row(f"report, {name}: p50", again["latencyUs"]["p50"] / 1000, "ms", scale=filled.name())
        bench.row("  ... p99", p99, "ms", TARGET_MS, scale=filled.name())
        slowest = max(slowest, first or 0, p99)
    bench.row("slowest report, first or p99 again", slowest, "ms", TARGET_MS, scale=filled.name())
    footfall.stop()


ALL = {"reports": reports}
