# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""Secrets of a running process: not in the list of processes, its environment, its logs or core dumps, nor in files of others."""

import os
import re

import pytest

from footfall import command, eventually

KEYS = {"FOOTFALL_API_KEY": "ff_given_beforehand_0123456789", "FOOTFALL_WRITE_KEY": "wk_given_beforehand",
        "FOOTFALL_ADMIN_PASSWORD": "a-password-given-beforehand"}
FLAG = "hunter2-of-cassandra"


def proc(footfall, name):
    with open(f"/proc/{footfall.process.pid}/{name}", "rb") as file:
        return file.read().decode(errors="replace")


@pytest.fixture(scope="module")
def footfall(tmp_path_factory):
    from footfall import Footfall
    server = Footfall(tmp_path_factory.mktemp("secrets"), "--embedded.disk_reserve", "0", "--cassandra.password", FLAG,
                      f"--kafka.properties=sasl.password={FLAG}", "--logging.level", "debug", "--logging.access", "all", env=KEYS)
    yield server.start()
    server.stop()
    server.discard()


def test_the_list_of_processes_shows_none(footfall):
    shown = proc(footfall, "cmdline")
    assert "--cassandra.password" in shown and FLAG not in shown


def test_the_environment_shows_none(footfall):
    def wiped():
        shown = proc(footfall, "environ")
        assert "FOOTFALL_API_KEY=***" in shown
        assert not [secret for secret in KEYS.values() if secret in shown]
        return True
    eventually(wiped)
    # They work all the same.
    assert footfall.get("/users", KEYS["FOOTFALL_API_KEY"]).status_code == 200


def test_logs_show_none(footfall):
    footfall.get("/users", KEYS["FOOTFALL_API_KEY"] + "x")
    footfall.get("/status")
    made = footfall.request("POST", "/keys", json={"role": "viewer"}).json()["key"]
    footfall.get("/users", made)
    audit = footfall.get("/audit").text
    for secret in (*KEYS.values(), FLAG, made):
        assert secret not in footfall.stderr and secret not in audit
    assert '"***"' in audit.replace("\\", "")


def test_there_are_no_core_dumps(footfall, make_server):
    assert re.search(r"Max core file size\s+0\s+0\s", proc(footfall, "limits"))
    before = re.search(r"Max core file size.*", open("/proc/self/limits", encoding="utf-8").read()).group()
    other = make_server("--process.core_dumps").start()
    assert before in proc(other, "limits")
    other.stop()


def test_files_are_for_their_owner_alone(footfall, make_server):
    for folder, _, files in os.walk(footfall.data):
        if folder == footfall.data:
            assert os.stat(folder).st_mode & 0o077 == 0
    credentials = os.path.join(footfall.data, "credentials.json")
    assert os.stat(credentials).st_mode & 0o777 == 0o600
    other = make_server().start()
    os.chmod(os.path.join(other.data, "credentials.json"), 0o644)
    other.restart()
    eventually(lambda: "others than its owner can read" in other.stderr)
    assert "credentials.json" in other.stderr
    other.stop()


def test_secrets_may_stand_in_files(tmp_path):
    path = tmp_path / "password"
    path.write_text(FLAG + "\n", encoding="utf-8")
    path.chmod(0o600)
    done = command("check-config", "--cassandra.password", f"@{path}")
    assert done.returncode == 0 and 'cassandra.password: "***" # flag' in done.stdout
    assert FLAG not in done.stdout + done.stderr and "others than" not in done.stderr
    path.chmod(0o640)
    done = command("check-config", env={"FOOTFALL_CASSANDRA_PASSWORD": f"@{path}"})
    assert done.returncode == 0 and "others than its owner can read" in done.stderr and FLAG not in done.stderr
    done = command("check-config", "--cassandra.password", f"@{path}.gone")
    assert done.returncode == 2 and "No such file" in done.stderr
