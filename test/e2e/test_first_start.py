# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""What a newcomer meets: the first start, its credentials, settings that are wrong, and the end of the process."""

import json
import os
import re
import signal
import socket
import stat
import subprocess

import pytest

from footfall import command, eventually, new_id
from load import ACKNOWLEDGED, Ledger, Load, check_ledger


def credentials_path(footfall):
    return os.path.join(footfall.data, "credentials.json")


def test_credentials_are_written_for_their_owner_only(make_server):
    footfall = make_server().start()
    path = credentials_path(footfall)
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    assert stat.S_IMODE(os.stat(footfall.data).st_mode) & 0o077 == 0
    with open(path, encoding="utf-8") as file:
        credentials = json.load(file)
    assert list(credentials) == ["project", "writeKey", "apiKey", "email", "password"]
    assert credentials["project"] == "default"
    assert credentials["email"] == "admin@localhost"
    assert re.fullmatch(r"ff_[\w-]{40,}", credentials["apiKey"])
    assert len(credentials["writeKey"]) >= 20
    assert len(credentials["password"]) >= 16
    footfall.stop()


def test_credentials_are_printed_once_and_keep_working(make_server):
    footfall = make_server().start()
    first = dict(footfall.credentials)
    shown = eventually(lambda: footfall.stdout if "curl" in footfall.stdout else None)
    for value in (footfall.url, first["writeKey"], first["apiKey"], first["email"], first["password"]):
        assert value in shown
    assert first["apiKey"] not in footfall.stderr
    assert first["password"] not in footfall.stderr
    footfall.send({"type": "track", "event": "login", "userId": "u1", "messageId": "before"})
    footfall.restart()
    assert footfall.credentials == first
    footfall.send({"type": "track", "event": "login", "userId": "u1", "messageId": "after"})
    footfall.wait_for_ids("u1", ["before", "after"])
    footfall.stop()
    assert first["apiKey"] not in footfall.stdout
    assert first["writeKey"] not in footfall.stdout


def test_the_printed_curl_lines_work(make_server):
    footfall = make_server().start()
    shown = eventually(lambda: footfall.stdout if footfall.stdout.count("curl") >= 2 else None)
    lines = [line.strip() for line in shown.splitlines() if line.strip().startswith("curl ")]
    environment = {"PATH": os.environ["PATH"]}
    sent = subprocess.run(["sh", "-c", lines[0]], env=environment, stdout=subprocess.PIPE, timeout=30, check=True)
    assert json.loads(sent.stdout) == {"accepted": 1, "rejected": []}

    def visible():
        seen = subprocess.run(["sh", "-c", lines[1]], env=environment, stdout=subprocess.PIPE, timeout=30, check=True)
        items = json.loads(seen.stdout).get("items", [])
        assert [item["name"] for item in items] == ["login"]
        return True
    eventually(visible)


def test_keys_can_be_fixed_beforehand(make_server):
    fixed = {"FOOTFALL_WRITE_KEY": "wk_fixed_beforehand", "FOOTFALL_API_KEY": "ff_fixed_beforehand_too",
             "FOOTFALL_ADMIN_PASSWORD": "correct horse battery"}
    footfall = make_server(env=fixed).start()
    assert footfall.credentials["writeKey"] == fixed["FOOTFALL_WRITE_KEY"]
    assert footfall.credentials["apiKey"] == fixed["FOOTFALL_API_KEY"]
    assert footfall.credentials["password"] == fixed["FOOTFALL_ADMIN_PASSWORD"]
    footfall.send({"type": "track", "event": "login", "userId": "u1", "messageId": "m1"})
    footfall.wait_for_ids("u1", ["m1"])
    # Another key, fixed at a later start, works beside those that are there.
    footfall.env = {"FOOTFALL_API_KEY": "ff_fixed_at_a_later_start"}
    footfall.restart()
    for key in (fixed["FOOTFALL_API_KEY"], "ff_fixed_at_a_later_start"):
        assert footfall.get("/status", key).status_code == 200
    footfall.stop()


@pytest.mark.parametrize("name", ["FOOTFALL_WRITE_KEY", "FOOTFALL_API_KEY", "FOOTFALL_ADMIN_PASSWORD"])
def test_a_fixed_key_that_is_too_short_is_refused(make_server, name):
    footfall = make_server(env={name: "short"}).launch()
    assert footfall.wait(30) == 2
    assert name in footfall.stderr


def test_a_taken_port_is_told_clearly(make_server):
    first = make_server().start()
    for flag in ("--listen", "--management.listen"):
        words = ["run", "--data", os.path.join(first.directory, "other"), "--listen", "127.0.0.1:0",
                 "--management.listen", "127.0.0.1:0"]
        words[words.index(flag) + 1] = f"127.0.0.1:{first.port}"
        done = command(*words)
        assert done.returncode == 1
        assert f"port {first.port}: another program uses it" in done.stderr, done.stderr
    first.stop()


def test_a_data_directory_in_use_is_told_clearly(make_server):
    first = make_server().start()
    done = command("run", "--data", first.data, "--listen", "127.0.0.1:0", "--management.listen", "127.0.0.1:0")
    assert done.returncode == 1
    assert "data" in done.stderr
    first.send({"type": "track", "event": "login", "userId": "u1", "messageId": "m1"})
    first.wait_for_ids("u1", ["m1"])
    first.stop()


def test_a_data_directory_that_cannot_be_made_is_told_clearly(tmp_path):
    (tmp_path / "file").write_text("in the way")
    done = command("run", "--data", tmp_path / "file" / "data", "--listen", "127.0.0.1:0",
                   "--management.listen", "127.0.0.1:0")
    assert done.returncode == 1
    assert str(tmp_path / "file") in done.stderr


WRONG_YAML = {
    "an unknown key": ("http:\n  threads: 1\n  thread: 2\n", 3, "http.thread"),
    "a wrong type": ("listen: 127.0.0.1:0\nembedded:\n  partitions: many\n", 3, "embedded.partitions"),
    "a value out of range": ("embedded:\n  partitions: 0\n", 2, "embedded.partitions"),
    "a key given twice": ("http:\n  threads: 1\nlogging:\n  level: info\nhttp:\n  threads: 2\n", 5, "http"),
    "a word that is no choice": ("logging:\n  level: loud\n", 2, "logging.level"),
}


@pytest.mark.parametrize("case", WRONG_YAML)
def test_wrong_settings_in_a_file_name_file_line_and_key(tmp_path, case):
    text, line, key = WRONG_YAML[case]
    path = tmp_path / "footfall.yaml"
    path.write_text(text)
    for subcommand in ("run", "check-config"):
        done = command(subcommand, "--config", path, "--data", tmp_path / "data")
        assert done.returncode == 2, done.stderr
        assert f"{path}:{line}" in done.stderr and key in done.stderr, done.stderr
    assert not (tmp_path / "data").exists(), "nothing may start before the settings are right"


def test_an_unknown_setting_in_the_environment_is_refused(tmp_path):
    done = command("run", "--data", tmp_path / "data", env={"FOOTFALL_HTTP_THREAD": "2"})
    assert done.returncode == 2
    assert "FOOTFALL_HTTP_THREAD" in done.stderr


def test_settings_come_from_flags_before_environment_before_file(tmp_path):
    path = tmp_path / "footfall.yaml"
    path.write_text("http:\n  threads: 3\nworkers:\n  threads: 5\nlogging:\n  level: warn\n")
    done = command("check-config", "--config", path, "--http.threads", 7,
                   env={"FOOTFALL_HTTP_THREADS": "6", "FOOTFALL_WORKERS_THREADS": "9"})
    assert done.returncode == 0, done.stderr
    def value(key):
        return next(line for line in done.stdout.splitlines() if key in line)
    assert "7" in value("http.threads")
    assert "9" in value("workers.threads")
    assert "warn" in value("logging.level")


def test_a_drain_under_load_keeps_what_was_acknowledged(make_server):
    footfall = make_server().start()
    ledger = Ledger()
    with Load(footfall, ledger, seed=3, senders=6):
        eventually(lambda: ledger.count(ACKNOWLEDGED) > 1500, within=60)
        footfall.stop()
    footfall.start()
    footfall.settle()
    assert check_ledger(footfall, ledger) >= 1500
    footfall.stop()


def test_a_drain_does_not_wait_for_idle_connections(make_server):
    footfall = make_server().start()
    silent = [socket.create_connection(("127.0.0.1", footfall.port)) for _ in range(20)]
    half = socket.create_connection(("127.0.0.1", footfall.port))
    half.sendall(b"POST /activities HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
    assert footfall.get("/status").status_code == 200
    footfall.stop()
    for connection in [*silent, half]:
        connection.close()


def test_interrupt_drains_too(make_server):
    footfall = make_server().start()
    footfall.send({"type": "track", "event": "login", "userId": "u1", "messageId": new_id()})
    footfall.signal(signal.SIGINT)
    assert footfall.wait(10) == 0
