# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""Settings from a config server: what is asked, what counts, what is refused, what is done when none answers."""

import os
import stat

import pytest

from config_source import ConfigSource
from footfall import command, eventually

OURS = "file:/configuration/footfall.yml"
SHARED = "file:/configuration/application.yml"


@pytest.fixture
def make_source():
    made = []

    def make(*sources, **options):
        made.append(ConfigSource(sources, **options))
        return made[-1]
    yield make
    for source in made:
        source.close()


def check(source, directory, *flags, role="run", env=None):
    """What `footfall check-config` says with that source as the only config server."""
    return command("check-config", role, "--config.import", source if isinstance(source, str) else source.url,
                   "--data", os.path.join(str(directory), "data"), *flags, env=env)


def value(done, key):
    assert done.returncode == 0, done.stderr
    lines = [line for line in done.stdout.splitlines() if line.startswith(key + ": ")]
    assert len(lines) == 1, done.stdout
    return lines[0][len(key) + 2:].split(" # ")[0]


def test_a_process_starts_with_settings_of_a_server(make_source, make_server):
    source = make_source((OURS, {"limits.key": "1/h burst 7777", "limits.exempt": "", "limits.events": "none"}))
    footfall = make_server("--config.import", source.url).start()
    assert footfall.get("/users").headers["RateLimit-Limit"] == "7777"
    assert source.asked == ["/footfall/run"]
    copy = os.path.join(footfall.data, "config-run.json")
    assert stat.S_IMODE(os.stat(copy).st_mode) == 0o600
    # Without the server: from the copy.
    source.close()
    footfall.restart()
    assert footfall.get("/users").headers["RateLimit-Limit"] == "7777"
    assert "the copy of its last reply is used" in footfall.stderr
    footfall.stop()


def test_changes_come_with_a_refresh(make_source, make_server):
    properties = {"limits.key": "1/h burst 7777", "limits.exempt": ""}
    source = make_source((OURS, properties))
    footfall = make_server("--config.import", source.url).start()
    refresh = footfall.management_url + "/actuator/refresh"
    assert footfall.http.post(refresh, timeout=30).json() == []
    properties.update({"limits.key": "1/h burst 8888", "logging.level": "error", "http.connections": "900"})
    assert footfall.http.post(refresh, timeout=30).json() == ["http.connections", "limits.key", "logging.level"]
    assert footfall.get("/users").headers["RateLimit-Limit"] == "8888"
    properties["http.connections"] = "901"
    lines = footfall.stderr.count("\n")
    assert footfall.http.post(refresh, timeout=30).json() == ["http.connections"]
    assert footfall.stderr.count("\n") == lines  # nothing below an error is logged any more
    properties["limits.key"] = "many"
    reply = footfall.http.post(refresh, timeout=30)
    assert reply.status_code == 422 and "limits.key" in reply.text, reply.text
    assert footfall.get("/users").headers["RateLimit-Limit"] == "8888"
    footfall.stop()
