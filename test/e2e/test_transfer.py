# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""Whole projects out of one Footfall and into another: the same profiles, timelines and reports; broken off, repeated, damaged."""

import datetime
import json
import os
import signal
import subprocess
import time

import pytest

from footfall import binary, command, environment, eventually, new_id
from load import ACKNOWLEDGED, Ledger, Load, check_ledger

REPORTS = ("daily?date={last}", "events?by=name", "events?by=browser", "events?by=page", "events?by=country", "sessions", "active", "retention")


def export(footfall, *words, project="default", code=0):
    done = command("export", "--project", project, "--url", footfall.url, "--data", footfall.data, *words)
    assert done.returncode == code, (done.returncode, done.stderr)
    return done


def give(footfall, path, *words, code=0):
    done = command("import", "--url", footfall.url, "--data", footfall.data, "--input", path, *words, timeout=180)
    assert done.returncode == code, (done.returncode, done.stderr[-2000:])
    footfall.settle()
    return done


def reports(footfall, days):
    """What people look at, but for what says when it was made."""
    today = datetime.datetime.now(datetime.timezone.utc).date()
    first, last = (today - datetime.timedelta(days=days)).isoformat(), today.isoformat()
    found = {}
    for report in REPORTS:
        path = "/reports/" + report.format(last=last)
        reply = footfall.get_json(f"{path}{'&' if '?' in path else '?'}from={first}&to={last}" if "daily" not in path else path)
        for name in ("closed", "revision"):
            reply.pop(name, None)
        found[report] = reply
    return found


def profiles(footfall):
    found = footfall.get_json("/users", limit=1000)["items"]
    return [{name: value for name, value in one.items() if name != "version"} for one in found]


@pytest.fixture
def source(make_server):
    footfall = make_server().start()
    done = command("demo", "--url", footfall.url, "--data", footfall.data, "--events", 4000, "--days", 3)
    assert done.returncode == 0, done.stderr
    for number in range(30):
        body = {"name": f"N{number}", "email": f"n{number}@example.org", "traits": {"plan": number, "x": ["\u00fc"]}}
        assert footfall.request("PUT", f"/users/person-{number}", json=body).status_code == 201
    footfall.settle()
    yield footfall
    footfall.stop()


def test_the_same_profiles_and_reports_elsewhere(source, make_server, tmp_path):
    path = tmp_path / "project.ndjson"
    done = export(source, "--output", path)
    assert done.stderr.splitlines()[-1].endswith("whole") and oct(path.stat().st_mode)[-3:] == "600"
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert lines[0]["kind"] == "export" and lines[0]["format"] == 1 and lines[0]["recordsGone"] == 0
    assert lines[-1] == {"kind": "page", "next": None}
    other = make_server().start()
    give(other, path)
    assert profiles(other) == profiles(source) and len(profiles(source)) >= 30
    assert reports(other, 4) == reports(source, 4)
    assert sum(day["count"] for day in reports(source, 4)["sessions"]["items"]) > 100
    # A second time nothing is new.
    before = other.status()["processor"]["applied"]
    again = give(other, path)
    assert " 0 events (" in again.stderr and " 0 profiles (30 were there)" in again.stderr
    assert reports(other, 4) == reports(source, 4) and other.status()["processor"]["applied"] == before
    # What was exported there is what was exported here.
    export(other, "--output", tmp_path / "again.ndjson")
    def events(file):
        return sorted(line["event"]["id"] for line in map(json.loads, file.read_text(encoding="utf-8").splitlines()) if line["kind"] == "event")
    assert events(path) == events(tmp_path / "again.ndjson")
    other.stop()


def test_standard_input_and_output(source, make_server):
    other = make_server().start()
    out = subprocess.Popen([binary(), "export", "--project", "default", "--url", source.url, "--data", source.data], env=environment(),
                           stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    done = subprocess.run([binary(), "import", "--url", other.url, "--data", other.data], env=environment(), stdin=out.stdout,
                          capture_output=True, text=True, timeout=120, check=False)
    assert out.wait(30) == 0 and done.returncode == 0, done.stderr
    other.settle()
    assert reports(other, 4) == reports(source, 4)
    other.stop()


def test_exported_under_load(make_server, tmp_path):
    """All that was processed before is in it, what comes meanwhile may be, and it is one history elsewhere."""
    footfall = make_server().start()
    ledger = Ledger()
    path = tmp_path / "project.ndjson"
    with Load(footfall, ledger, seed=5, senders=3, users=20):
        eventually(lambda: ledger.count(ACKNOWLEDGED) > 500, within=60)
        before = eventually(lambda: {event for user in ledger.users() for event in footfall.ids(user)}, within=60)
        export(footfall, "--output", path)
        after = ledger.count(ACKNOWLEDGED)
        eventually(lambda: ledger.count(ACKNOWLEDGED) > after, within=60)
    footfall.settle()
    partial = make_server().start()
    give(partial, path)
    assert before <= {event for user in ledger.users() for event in partial.ids(user)}
    partial.stop()
    whole = tmp_path / "whole.ndjson"
    export(footfall, "--output", whole)
    other = make_server().start()
    give(other, path)
    give(other, whole)
    assert check_ledger(other, ledger) == check_ledger(footfall, ledger)
    other.stop()
    footfall.stop()


def test_an_import_that_is_broken_off_counts_nothing_twice(source, make_server, tmp_path):
    """Of the client and of the server; and long after the processor has forgotten the ids."""
    path = tmp_path / "project.ndjson"
    export(source, "--output", path)
    other = make_server("--dedupe.ids", "1000").start()
    words = [binary(), "import", "--url", other.url, "--data", other.data, "--input", path]
    client = subprocess.Popen(words, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    eventually(lambda: other.status()["processor"]["applied"] > 0)
    client.send_signal(signal.SIGKILL)
    client.wait(10)
    client.stderr.close()
    other.kill()
    other.start()
    give(other, path)
    assert reports(other, 4) == reports(source, 4)
    give(other, path)
    assert reports(other, 4) == reports(source, 4)
    other.stop()


def test_an_export_that_is_broken_off_goes_on(source, tmp_path):
    path, broken = tmp_path / "project.ndjson", tmp_path / "broken.ndjson"
    export(source, "--output", path)
    text = path.read_bytes()
    assert text.count(b'{"kind":"page"') > 5
    for size in (0, 10, len(text) // 3, len(text) // 2, len(text) - 5):
        broken.write_bytes(text[:size])
        export(source, "--output", broken, "--resume")
        kept = [line for line in broken.read_bytes().splitlines() if not line.startswith(b'{"kind":"export"')]
        assert kept == [line for line in text.splitlines() if not line.startswith(b'{"kind":"export"')]
    assert "--resume" in export(source, "--output", path, code=1).stderr
    assert path.read_bytes() == text
    done = command("export", "--project", "default", "--resume", "--url", source.url, "--data", source.data)
    assert done.returncode == 2 and "--output" in done.stderr


def event(**more):
    now = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())
    return {"id": new_id(), "project": "elsewhere", "type": "track", "name": "tapped", "userId": "u1", "timestamp": now, "receivedAt": now,
            "source": {"dialect": "plain"}, **more}


def test_broken_lines_are_named_and_the_rest_counts(make_server, tmp_path):
    footfall = make_server().start()
    now = event()["timestamp"]
    profile = {"kind": "profile", "createdAt": now, "updatedAt": now, "profile": {"id": "u1", "email": "u1@example.org", "traits": {}}}
    good = [json.dumps({"kind": "event", "event": event(properties={"n": number})}) for number in range(2500)]
    lines = list(good)
    bad = {3: "{", 5: '{"kind":"events"}', 1200: '{"kind":"event","event":{"id":"x"}}', 1300: '{"kind":"event"}', 1301: "[]", 1302: '"text"',
           1303: json.dumps({"kind": "event", "event": event(timestamp="yesterday")}), 2000: '{"kind":"profile","profile":{}}',
           2001: json.dumps({**profile, "profile": {"id": "u2", "email": "nobody"}}), 2002: json.dumps({**profile, "profile": {"email": "a@example.org"}}),
           2003: json.dumps({"kind": "event", "event": event(userId=None)}), 2004: json.dumps({"kind": "event", "event": event(receivedAt="2099-01-01T00:00:00Z")}),
           2500: "\x00\xff"}
    for number in sorted(bad):
        lines.insert(number - 1, bad[number])
    lines += ["", json.dumps(profile), json.dumps({**profile, "profile": {"id": "u9", "email": "u1@example.org"}})]
    bad[len(lines)] = "email"
    path = tmp_path / "broken.ndjson"
    path.write_text("\n".join(lines), encoding="latin-1")
    done = give(footfall, path, code=1)
    named = {int(line.split()[1].rstrip(":")) for line in done.stderr.splitlines() if line.startswith("line ")}
    assert named == set(bad), (named ^ set(bad), done.stderr)
    assert len(footfall.ids("u1")) == len(good)
    assert footfall.get_json("/users/u1")["email"] == "u1@example.org"
    footfall.stop()


def test_a_file_that_is_cut_off_is_told(source, make_server, tmp_path):
    path = tmp_path / "project.ndjson"
    export(source, "--output", path)
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(lines[:-1]), encoding="utf-8")
    other = make_server().start()
    done = give(other, path, code=1)
    assert "ends before the export does" in done.stderr
    assert reports(other, 4) == reports(source, 4)
    other.stop()


def test_newer_profiles_stay(make_server, tmp_path):
    footfall = make_server().start()
    path = tmp_path / "old.ndjson"
    old = {"kind": "profile", "createdAt": "2020-01-01T00:00:00.000Z", "updatedAt": "2020-01-02T00:00:00.000Z",
           "profile": {"id": "u1", "email": None, "name": "Old", "traits": {}}}
    path.write_text(json.dumps(old) + "\n")
    give(footfall, path)
    assert {name: footfall.get_json("/users/u1")[name] for name in ("name", "createdAt", "updatedAt")} == {
        "name": "Old", "createdAt": old["createdAt"], "updatedAt": old["updatedAt"]}
    assert footfall.request("PUT", "/users/u1", json={"name": "New"}).status_code == 200
    assert "(1 were there)" in give(footfall, path).stderr
    assert footfall.get_json("/users/u1")["name"] == "New"
    footfall.stop()


def test_who_was_erased_is_not_exported(make_server, tmp_path):
    footfall = make_server().start()
    footfall.send({"type": "track", "event": "tapped", "anonymousId": "device", "messageId": new_id()},
                  {"type": "identify", "userId": "gone", "anonymousId": "device", "messageId": new_id()},
                  {"type": "track", "event": "tapped", "userId": "gone", "messageId": new_id()},
                  {"type": "track", "event": "tapped", "userId": "stays", "messageId": new_id()})
    footfall.settle()
    assert command("erase", "--user", "gone", "--url", footfall.url, "--data", footfall.data).returncode == 0
    text = export(footfall).stdout
    assert "stays" in text and "gone" not in text and "device" not in text
    footfall.stop()


def test_days_and_other_projects(make_server):
    footfall = make_server().start()
    reply = footfall.request("POST", "/projects", json={"id": "shop", "timeZone": "UTC"})
    assert reply.status_code == 201, reply.text
    for day in ("2026-11-01", "2026-11-02", "2026-11-03"):
        footfall.send({"type": "track", "event": day, "userId": "u", "messageId": new_id(), "timestamp": f"{day}T12:00:00Z"})
    footfall.settle()

    def names(*words, project="default"):
        return [line["event"]["name"] for line in map(json.loads, export(footfall, *words, project=project).stdout.splitlines())
                if line["kind"] == "event"]
    assert sorted(names()) == ["2026-11-01", "2026-11-02", "2026-11-03"]
    assert names("--from", "2026-11-02", "--to", "2026-11-02") == ["2026-11-02"]
    assert sorted(names("--from", "2026-11-02")) == ["2026-11-02", "2026-11-03"]
    assert not names(project="shop")
    export(footfall, project="nobodys", code=1)
    assert footfall.get("/export", cursor="e:1:0:0:-1").status_code == 400
    assert footfall.get("/export", cursor="x").status_code == 400
    footfall.stop()


def test_into_a_project_of_another_name(source, make_server, tmp_path):
    path = tmp_path / "project.ndjson"
    export(source, "--output", path)
    other = make_server().start()
    assert other.request("POST", "/projects", json={"id": "shop", "timeZone": "UTC"}).status_code == 201
    give(other, path, "--project", "shop")
    assert other.get_json("/reports/events", project="shop", by="name")["events"] == source.get_json("/reports/events", by="name")["events"]
    assert other.get_json("/reports/events", by="name")["events"] == 0
    other.stop()


def test_what_nobody_can_export_or_import(tmp_path):
    for words in (("export",), ("import", "--wings"), ("export", "--project", "x", "--wings")):
        assert command(*words, "--api-key", "ff_x", cwd=tmp_path).returncode == 2
    done = command("import", "--api-key", "ff_x", "--input", tmp_path / "none", cwd=tmp_path)
    assert done.returncode == 1 and "none" in done.stderr
    assert not os.listdir(tmp_path)


def test_what_the_log_did_not_keep(make_server, tmp_path):
    footfall = make_server("--embedded.log_retention", "1s", "--embedded.partitions", "1").start()
    footfall.send({"type": "track", "event": "tapped", "userId": "u", "messageId": new_id()})
    footfall.settle()

    def is_gone():
        first = json.loads(footfall.get("/export").text.splitlines()[0])
        return first["recordsGone"] > 0
    eventually(is_gone, within=150)
    path = tmp_path / "project.ndjson"
    assert "--partial" in export(footfall, "--output", path, code=1).stderr and not path.exists()
    assert "partial" in export(footfall, "--output", path, "--partial").stderr
    assert json.loads(path.read_text().splitlines()[-1]) == {"kind": "page", "next": None}
    footfall.stop()
