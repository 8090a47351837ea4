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

from footfall import HERE

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


def test_metrics_are_as_prometheus_wants_them(server):
    answer = requests.get(f"{server.management_url}/metrics", timeout=10)
    assert answer.status_code == 200
    done = promtool("check", "metrics", given=answer.text)
    assert done.returncode == 0 and not done.stdout.strip(), done.stdout


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
