# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""Roles as processes of their own, as far as it shows without servers: what they refuse, wait for, and how they end."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import threading

import pytest
import requests

from footfall import LISTENING, SANITIZER_REPORT, binary, command, environment, eventually

ROLES = ("gateway", "users", "activity", "processor", "reports")
WITHOUT_ROUTES = ("processor",)


def unused_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Process:
    """One role whose store is not there."""

    def __init__(self, role, directory, *flags, store=None):
        self.log = os.path.join(directory, f"{role}.log")
        self.port = unused_port()
        words = [binary(), role, "--listen", f"127.0.0.1:{self.port}", "--management.listen", "127.0.0.1:0",
                 "--data", os.path.join(directory, "data"), "--store", "cassandra", "--eventlog", "kafka",
                 "--cassandra.contact_points", f"127.0.0.1:{store or unused_port()}",
                 "--kafka.brokers", f"127.0.0.1:{unused_port()}", *flags]
        with open(self.log, "wb") as err:
            self.process = subprocess.Popen(words, env=environment(), cwd=directory, stdin=subprocess.DEVNULL,
                                            stdout=subprocess.DEVNULL, stderr=err)

    def text(self):
        with open(self.log, encoding="utf-8", errors="replace") as file:
            return file.read()

    def management(self):
        assert self.process.poll() is None, self.text()
        ports = dict(LISTENING.findall(self.text()))
        assert "management" in ports
        return f"http://127.0.0.1:{ports['management']}"

    def ask(self, path):
        return requests.get(eventually(self.management) + path, timeout=10)

    def waits(self):
        """Waits until it says what for."""
        def told():
            found = re.search(r'WARN +app waiting for="([^"]+)" reason="([^"]+)"', self.text())
            assert found, self.text()
            return found
        return eventually(told).groups()

    def end(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        code = self.process.wait(10)
        assert not SANITIZER_REPORT.search(self.text()), self.text()
        return code

    def discard(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(10)


@pytest.fixture
def start(tmp_path):
    made = []

    def make(role, *flags, **options):
        made.append(Process(role, str(tmp_path), *flags, **options))
        return made[-1]

    yield make
    for process in made:
        process.discard()


@pytest.mark.parametrize("role", ROLES)
def test_embedded_engines_are_refused_in_a_role_alone(tmp_path, role):
    done = command(role, "--data", tmp_path / "data", cwd=tmp_path)
    assert done.returncode == 2
    assert "store: embedded" in done.stderr and f"footfall {role}" in done.stderr and "cassandra" in done.stderr
    assert not os.listdir(tmp_path)


@pytest.mark.parametrize("role", ("activity", "processor"))
def test_the_embedded_event_log_is_refused_where_one_is_needed(tmp_path, role):
    done = command(role, "--store", "cassandra", cwd=tmp_path)
    assert done.returncode == 2
    assert "eventlog: embedded" in done.stderr and "kafka" in done.stderr
    assert not os.listdir(tmp_path)


@pytest.mark.parametrize("role", ROLES)
def test_a_role_waits_for_its_store_and_says_so(start, role):
    process = start(role)
    needed, reason = process.waits()
    assert needed.startswith("store, cassandra at 127.0.0.1:") and reason
    assert process.ask("/health/live").status_code == 200
    ready = process.ask("/health/ready")
    assert ready.status_code == 503
    assert ready.json()["status"] == "DOWN" and ready.json()["waitingFor"].startswith(needed)
    assert process.ask("/health").status_code == 503
    assert "footfall_" in process.ask("/metrics").text
    status = process.ask("/status").json()
    assert status["role"] == role and status["ready"] is False and status["waitingFor"].startswith(needed)
    # Not before it is ready: whoever connects is to go to another process.
    with pytest.raises(requests.ConnectionError):
        requests.get(f"http://127.0.0.1:{process.port}/", timeout=5)
    assert process.end() == 0
    assert process.text().count(" waiting for=") == 1  # not a line for every attempt


@pytest.mark.parametrize("number", (signal.SIGTERM, signal.SIGINT))
def test_a_signal_ends_a_process_that_waits(start, number):
    process = start("users")
    process.waits()
    assert process.end(number) == 0
    assert "stopping before it was ready" in process.text()


class Silent(threading.Thread):
    """Accepts connections and never says a word, as a server that hangs."""

    def __init__(self):
        super().__init__(daemon=True)
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.connections = []

    @property
    def port(self):
        return self.socket.getsockname()[1]

    def run(self):
        with contextlib.suppress(OSError):
            while True:
                self.connections.append(self.socket.accept()[0])

    def close(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        for connection in self.connections:
            connection.close()


def test_a_signal_ends_a_process_whose_store_hangs(start):
    silent = Silent()
    silent.start()
    process = start("users", store=silent.port)
    eventually(lambda: process.management() and silent.connections)
    assert process.end() == 0
    silent.close()


@pytest.mark.parametrize("role, flag, value, named", [
    ("run", "--http.trusted_proxies", "10.0.0.0/33", "10.0.0.0/33"),
    ("run", "--ingest.path_prefix", "x y", "path_prefix"),
    ("gateway", "--gateway.users", "", "gateway.users"),
])
def test_wrong_settings_are_final(tmp_path, role, flag, value, named):
    words = [role, "--data", tmp_path / "data", "--listen", "127.0.0.1:0", "--management.listen", "127.0.0.1:0", flag, value]
    if role != "run":
        words += ["--store", "cassandra", "--cassandra.contact_points", f"127.0.0.1:{unused_port()}"]
    done = command(*words, cwd=tmp_path)
    assert done.returncode == 2, done.stderr
    assert named in done.stderr


def test_roles_listen_side_by_side_without_settings():
    addresses = {}
    for role in ("run", *ROLES):
        text = command("check-config", role).stdout
        addresses[role] = dict(re.findall(r'^(listen|management\.listen): "([^"]+)"', text, re.MULTILINE))
    taken = [addresses[role][key] for role in ROLES for key in ("listen", "management.listen")
             if key == "management.listen" or role not in WITHOUT_ROUTES]
    assert len(set(taken)) == len(taken)
    assert addresses["gateway"] == addresses["run"]
    peers = command("check-config", "gateway").stdout
    for role in ROLES:
        assert f'"http://{addresses[role]["management.listen"]}"' in peers
        assert command(role, "--help").stdout.count(f"(default {addresses[role]['management.listen']})") == 1


def test_defaults_follow_the_store():
    plain, cassandra = command("check-config").stdout, command("check-config", "--store", "cassandra").stdout
    assert "processor.linger: 5ms # default" in plain and "workers.threads: 4 # default" in plain
    assert "processor.linger: 50ms # default" in cassandra and "workers.threads: 16 # default" in cassandra
    assert "workers.threads: 3 # flag" in command("check-config", "--store", "cassandra", "--workers.threads", "3").stdout


def test_secrets_are_not_shown():
    done = command("check-config", "activity", "--kafka.properties", "sasl.password=hunter2", "--cassandra.password", "hunter3")
    assert done.returncode == 0 and "hunter" not in done.stdout


def test_the_doctor_names_engines_that_do_not_answer(tmp_path):
    done = command("doctor", "users", "--store", "cassandra", "--cassandra.contact_points", f"127.0.0.1:{unused_port()}",
                   "--eventlog", "kafka", "--kafka.brokers", f"127.0.0.1:{unused_port()}",
                   "--management.listen", f"127.0.0.1:{unused_port()}", cwd=tmp_path)
    assert done.returncode == 1
    assert re.search(r"^problem +event_log.kafka +.*Kafka", done.stdout, re.MULTILINE), done.stdout
    assert re.search(r"^problem +store.cassandra +.*Cassandra", done.stdout, re.MULTILINE), done.stdout
    assert not os.listdir(tmp_path)
