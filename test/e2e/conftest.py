# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""Fixtures: a Footfall that all tests of a file share, and a maker of others."""

import json
import os
import subprocess
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True

import contract as api_contract  # noqa: E402
import footfall as under_test  # noqa: E402
from footfall import HERE, binary  # noqa: E402

if os.environ.get("FOOTFALL_E2E_DEPLOYMENT") == "cluster":
    # Every role a process of its own, on the servers that tools/run-tests has started; the tests cannot tell.
    sys.path[:0] = [os.path.join(HERE, "..", "cluster"), os.path.join(HERE, "..", "..", "tools")]
    from deployment import Deployment
    under_test.Footfall = Deployment
Footfall = under_test.Footfall

# What is about the disk under the embedded engines and their lock on it, or moves away from them.
EMBEDDED_ONLY = ("test_quota.py", "test_proxy.py", "test_migrate.py", "test_a_data_directory_in_use", "test_what_the_log_did_not_keep",
                 "test_secrets.py", "test_upgrade.py", "test_docs.py", "test_backup.py", "test_dead_letters.py", "test_partitions.py",
                 "test_a_log_without_its_beginning", "test_a_full_breakdown_says_so", "test_places_and_a_new_file", "test_a_dead_letter_says_why",
                 "test_otlp.py", "test_doctor.py", "test_alerts_fire.py", "test_config_client.py",
                 "test_dead_letters_go_by_age", "test_sessions_go_some_days_after_their_age",
                 # Of exports and imports two are enough there.
                 "test_standard_input_and_output", "test_exported_under_load",
                 "test_an_export_that_is_broken_off_goes_on", "test_broken_lines_are_named",
                 "test_a_file_that_is_cut_off_is_told", "test_newer_profiles_stay", "test_who_was_erased_is_not_exported",
                 "test_days_and_other_projects", "test_into_a_project_of_another_name",
                 # These read what one process says, which has all roles.
                 "test_a_wrong_set_changes_nothing", "test_metrics_of_what_is_not_always_there", "test_status_shows_configured_upstreams")


def pytest_collection_modifyitems(config, items):
    if os.environ.get("FOOTFALL_E2E_DEPLOYMENT") == "cluster":
        out = [item for item in items if any(name in item.nodeid for name in EMBEDDED_ONLY)]
        config.hook.pytest_deselected(items=out)
        items[:] = [item for item in items if item not in out]


def pytest_sessionstart(session):
    binary()
    api_contract.install()


def pytest_terminal_summary(terminalreporter):
    if api_contract.seen:
        terminalreporter.write_line(api_contract.summary())


@pytest.fixture(autouse=True)
def contract():
    """Fails a test that got a reply which docs/openapi.yaml does not describe."""
    yield
    faults = api_contract.taken()
    assert not faults, "not as docs/openapi.yaml says:\n" + "\n".join(faults[:10])


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """Started as a newcomer does, with nothing configured; stopped in order, which must succeed, when the file is done."""
    footfall = Footfall(tmp_path_factory.mktemp("footfall"), "--embedded.disk_reserve", "0").start()
    yield footfall
    try:
        footfall.stop()
    finally:
        footfall.discard()


@pytest.fixture
def make_server(tmp_path):
    """Makes Footfalls that are not started yet; what a test leaves running is killed."""
    made = []

    def make(*flags, env=None, data=None, **more):
        # Tests must run on a machine whose disk is nearly full.
        reserve = () if "--embedded.disk_reserve" in flags else ("--embedded.disk_reserve", "0")
        made.append(Footfall(tmp_path / f"footfall-{len(made)}", *reserve, *flags, env=env, data=data, **more))
        return made[-1]

    yield make
    for footfall in made:
        footfall.discard()


@pytest.fixture(scope="session")
def sdk():
    """Runs a script of sdk/ against a Footfall; gives the lines it printed, which are JSON."""
    folder = os.path.join(HERE, "sdk")
    if not os.path.isdir(os.path.join(folder, "node_modules")):
        raise RuntimeError("the SDKs are not installed: run tools/install-node-packages")

    def run(script, footfall, *arguments):
        done = subprocess.run(["node", script, footfall.url, footfall.write_key, *map(str, arguments)], cwd=folder,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              encoding="utf-8", timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    return run
