# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""Keys, passwords and tokens are where they must be, and nowhere else: logs, process lists, pages, files of others."""

import base64
import os
import re
import stat

import pytest

from footfall import SANITIZER_REPORT, command, eventually, new_id

GIVEN = {"FOOTFALL_API_KEY": "ff_given_beforehand_0123456789abcdefghijkl", "FOOTFALL_ADMIN_PASSWORD": "given-beforehand-password-7391"}
# Wrong by a letter, of another service, of a former one: still somebody's.
MISTYPED = ("ff_mistyped_0123456789abcdefghijklmnopqrstu", "mistyped-password-1287", "eyJhbGciOiJFZERTQSJ9.bWlzdHlwZWQ.c2lnbmF0dXJl")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """Talks as much as it can."""
    from footfall import Footfall  # pylint: disable=import-outside-toplevel
    footfall = Footfall(tmp_path_factory.mktemp("footfall"), "--embedded.disk_reserve", "0", "--logging.level", "debug",
                        "--logging.access", "all", "--logging.access_file", "access.log", env=GIVEN).start()
    yield footfall
    try:
        footfall.stop()
    finally:
        footfall.discard()


@pytest.fixture(scope="module")
def used(server):
    """Secrets of all kinds after all kinds of use, right and wrong."""
    made = [server.request("POST", "/keys", json={"role": role, "label": "made"}).json()["key"] for role in ("viewer", "admin")]
    secrets = [*GIVEN.values(), *MISTYPED, *made]
    for secret in secrets:
        for options in ({"headers": {"Authorization": f"Bearer {secret}"}}, {"auth": (secret, "")}, {"auth": ("somebody", secret)},
                        {"params": {"api_key": secret}}, {"params": {"token": secret}}, {"params": {"access_token": secret}},
                        {"params": {"password": secret}}, {"params": {"writeKey": secret}}, {"headers": {"X-Api-Key": secret}},
                        {"headers": {"Cookie": f"session={secret}"}}, {"headers": {"Authorization": secret}},
                        {"headers": {"Proxy-Authorization": f"Basic {secret}"}}):
            for method, path in (("GET", "/users"), ("POST", "/users"), ("GET", "/nowhere"), ("PUT", "/reports/daily")):
                server.http.request(method, server.url + path, timeout=30, **options)
        for path in ("/v1/batch", "/e/", "/activities"):
            server.http.post(server.url + path, params={"api_key": secret}, json={"api_key": secret, "writeKey": secret}, timeout=30)
            server.http.post(server.url + path, data='{"api_key":"' + secret, timeout=30)
        for body in ({"username": "admin@localhost", "password": secret, "grant_type": "password"},
                     {"refresh_token": secret, "grant_type": "refresh_token"}):
            server.http.post(f"{server.url}/auth/token", json=body, timeout=30)
            server.http.post(f"{server.url}/auth/token", data=body, timeout=30)
    server.send({"type": "track", "event": "used", "userId": "u", "messageId": new_id()})
    server.settle()
    return secrets


def spellings(secret):
    """As it is, and as Basic carries it."""
    yield secret
    for pair in (f"{secret}:", f"somebody:{secret}"):
        # The ends depend on what stands beside it.
        yield base64.b64encode(pair.encode()).decode()[:-4]


def found_in(text, secrets):
    return [secret for secret in secrets if any(spelling in text for spelling in spellings(secret))]


def test_no_log_line_holds_one(server, used):
    with open(os.path.join(server.directory, "access.log"), encoding="utf-8") as file:
        access = file.read()
    assert "/users" in access and "DEBUG" in server.stderr or "INFO" in server.stderr
    assert not found_in(server.stderr, used)
    assert not found_in(access, used)
    assert not SANITIZER_REPORT.search(server.stderr)


def test_the_first_start_prints_once(make_server):
    """Where the person who starts it sees them, and in no log; later starts print nothing."""
    server = make_server("--logging.level", "debug").start()
    secrets = [server.credentials["apiKey"], server.credentials["password"]]
    assert found_in(server.stdout, secrets) == secrets
    assert not found_in(server.stderr, secrets)
    server.restart()
    assert not found_in(server.stdout + server.stderr, secrets)
    server.stop()


def test_no_page_holds_one(server, used):
    pages = {path: server.get(path).text for path in ("/status", "/keys", "/projects", "/dead-letters", "/users", "/reports/daily")}
    pages.update({path: server.http.get(server.management_url + path, timeout=30).text
                  for path in ("/status", "/metrics", "/health", "/actuator/prometheus")})
    assert not {path: found for path, text in pages.items() if (found := found_in(text, used))}


def test_refusals_do_not_repeat_what_was_sent(server, used):
    for secret in used:
        for reply in (server.get("/users", secret, token=secret), server.get("/users", secret, limit=secret),
                      server.http.post(server.url + "/v1/batch", json={"writeKey": secret, "batch": []}, timeout=30)):
            assert not found_in(reply.text, [secret]), reply.text


def test_the_process_list_holds_none(server, used):
    with open(f"/proc/{server.process.pid}/cmdline", "rb") as file:
        assert not found_in(file.read().decode("utf-8", "replace"), used)
    for task in os.listdir(f"/proc/{server.process.pid}/task"):
        with open(f"/proc/{server.process.pid}/task/{task}/comm", encoding="utf-8") as file:
            assert not found_in(file.read(), used)


def test_no_core_would_be_written(server):
    """The kernel writes no memory of a process that is told not to; it also keeps /proc/PID from others of the same user then."""
    with open(f"/proc/{server.process.pid}/limits", encoding="ascii") as file:
        assert re.search(r"^Max core file size +0 +0 ", file.read(), re.MULTILINE)


def test_files_are_for_their_owner_alone(server, used):
    for folder, folders, names in os.walk(server.data):
        for name in [".", *folders]:
            assert stat.S_IMODE(os.stat(os.path.join(folder, name)).st_mode) & 0o077 == 0, os.path.join(folder, name)
        for name in names:
            mode = stat.S_IMODE(os.stat(os.path.join(folder, name)).st_mode)
            # Below a folder that lets nobody in RocksDB's own files may be as its authors have it.
            if folder == server.data:
                assert mode & 0o077 == 0, (name, oct(mode))
    assert stat.S_IMODE(os.stat(os.path.join(server.directory, "access.log")).st_mode) & 0o077 == 0


def test_api_keys_are_not_stored(server, used):
    """Only a hash of them is: whoever gets hold of a backup has none. credentials.json holds those of the first start."""
    made = used[len(GIVEN) + len(MISTYPED):]
    for folder, _, names in os.walk(server.data):
        for name in names:
            with open(os.path.join(folder, name), "rb") as file:
                content = file.read()
            held = [secret for secret in [*made, GIVEN["FOOTFALL_ADMIN_PASSWORD"]] if secret.encode() in content]
            assert not held or name == "credentials.json", (name, held)


def test_check_config_masks_them(tmp_path):
    config = tmp_path / "footfall.yaml"
    config.write_text("store: cassandra\neventlog: kafka\ncassandra:\n  password: file-secret-1\n", encoding="utf-8")
    done = command("check-config", "users", "--config", str(config), env={"FOOTFALL_KAFKA_PROPERTIES": "sasl.password=env-secret-2"})
    assert done.returncode == 0, done.stderr
    assert "file-secret-1" not in done.stdout + done.stderr and "env-secret-2" not in done.stdout + done.stderr


def test_a_wrong_configuration_does_not_quote_them(tmp_path):
    config = tmp_path / "footfall.yaml"
    config.write_text("cassandra:\n  password: [file-secret-1]\n  passwort: file-secret-3\n", encoding="utf-8")
    done = command("check-config", "users", "--config", str(config), env={"FOOTFALL_KAFKA_PROPERTIES": "env-secret-2"})
    assert "secret" not in done.stdout + done.stderr, done.stderr


def test_an_end_by_a_signal_leaves_no_secret_behind(make_server):
    """The log of a process that drains."""
    server = make_server("--logging.level", "debug").start()
    secrets = [server.credentials["apiKey"], server.credentials["password"]]
    eventually(lambda: server.get("/users").status_code == 200)
    server.stop()
    assert not found_in(server.stderr, secrets)
