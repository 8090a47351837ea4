# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""Prometheus' own judgement of /metrics and of the alerts in deploy/, and whether alerts, dashboard and runbook name what there is."""

import json
import os
import re
import shutil
import subprocess

import pytest
import requests

from footfall import HERE, eventually
from test_processes import Process

ROOT = os.path.join(HERE, "..", "..")
PROMETHEUS = os.path.join(ROOT, "deploy", "prometheus")
RULES = os.path.join(PROMETHEUS, "footfall.rules.yaml")
DASHBOARD = os.path.join(ROOT, "deploy", "grafana", "footfall.json")
# Of the client libraries, not of Footfall.
OTHERS = {"up"}


def promtool(*words, given=""):
    if not shutil.which("promtool"):
        pytest.skip("there is no promtool here")
    return subprocess.run(["promtool", *words], cwd=PROMETHEUS, input=given, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          encoding="utf-8", check=False)


def read(*path):
    with open(os.path.join(*path), encoding="utf-8") as file:
        return file.read()


def known_metrics():
    """Names in the code: a process shows only those of the parts it has."""
    names = set()
    for folder, _, files in os.walk(os.path.join(ROOT, "src")):
        for name in files:
            if name.endswith(".c"):
                names.update(re.findall(r'"((?:footfall|process)_[a-z0-9_]+)"', read(folder, name)))
    return names


def named_metrics(text):
    return {re.sub("_(bucket|sum|count)$", "", name) for name in re.findall(r"\b(?:footfall|process)_[a-z0-9_]+(?=[{\[)\s,]|$)", text)}


def check_metrics(text):
    assert "footfall_" in text
    done = promtool("check", "metrics", given=text)
    assert done.returncode == 0 and not done.stdout.strip(), done.stdout


def test_metrics_are_as_prometheus_wants_them(server):
    answer = requests.get(f"{server.management_url}/metrics", timeout=10)
    assert answer.status_code == 200
    check_metrics(answer.text)


def test_metrics_of_what_is_not_always_there(make_server, tmp_path):
    """A full breakdown and a collector that is away have metrics once there is something to count."""
    settings = tmp_path / "footfall.yaml"
    settings.write_text("""
breakdowns: {limit: 1}
logging: {access: all}
tracing: {sample: 1, otlp: {endpoint: "http://127.0.0.1:1", interval: 20ms, metrics: 20ms}}
""")
    made = make_server("--config", str(settings)).start()
    made.send(*({"type": "page", "name": f"p{n}", "userId": "ann", "properties": {"path": f"/p{n}", "url": f"https://a.example/p{n}"}} for n in range(40)))
    made.settle()
    eventually(lambda: re.search(r"^footfall_otlp_failures_total [1-9]", made.metrics(), re.MULTILINE))
    check_metrics(made.metrics())
    assert "_folded_" in made.metrics()
    made.stop()


@pytest.mark.parametrize("role", ["gateway", "users", "activity", "processor", "reports"])
def test_metrics_of_a_role_of_its_own(role, tmp_path):
    """Its store is not there; it is scraped all the same, and says so by /health/ready."""
    process = Process(role, str(tmp_path))
    try:
        process.waits()
        check_metrics(process.ask("/metrics").text)
        assert process.ask("/actuator/prometheus").status_code == 200 and process.ask("/health/ready").status_code == 503
        process.end()
    finally:
        process.discard()


def test_alerts_fire_and_clear():
    for words in (["check", "rules", "footfall.rules.yaml"], ["check", "config", "prometheus.yml"], ["test", "rules", "footfall.test.yaml"]):
        done = promtool(*words)
        assert done.returncode == 0, done.stdout


def test_alerts_are_of_metrics_that_exist():
    expressions = "\n".join(re.findall(r"expr: (?:>-\n)?(.*(?:\n {10}.*)*)", read(RULES)))
    named = named_metrics(expressions)
    assert len(named) > 10
    assert named <= known_metrics(), named - known_metrics()


def test_every_alert_is_tested_and_in_the_runbook():
    alerts = re.findall(r"- alert: (\w+)", read(RULES))
    tests = read(PROMETHEUS, "footfall.test.yaml")
    headings = re.findall(r"^## (\w+)", read(ROOT, "docs", "runbook.md"), re.MULTILINE)
    assert alerts == headings
    for alert in alerts:
        assert tests.count(f"alertname: {alert}\n") == 2, alert
        assert f"docs/runbook.md#{alert.lower()}\n" in read(RULES), alert


def test_the_dashboard_asks_for_metrics_that_exist():
    dashboard = json.loads(read(DASHBOARD))
    expressions = [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", [])]
    assert len(expressions) > 10
    for expression in expressions:
        named = named_metrics(expression)
        assert named and named <= known_metrics() | OTHERS, expression
