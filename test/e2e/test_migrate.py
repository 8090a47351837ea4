# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""footfall migrate without servers to move to: what it counts, and when it refuses. test/cluster moves for real."""

import os
import re

import pytest

from footfall import Footfall, command

EVENTS = 300


@pytest.fixture
def filled(tmp_path):
    footfall = Footfall(tmp_path, "--embedded.disk_reserve", "0")
    try:
        footfall.start()
        sent = command("demo", "--url", footfall.url, "--data", footfall.data, "--events", EVENTS)
        assert sent.returncode == 0, sent.stderr
        footfall.settle()
        yield footfall
    finally:
        footfall.discard()


def counted(text):
    return {name: int(number) for name, number in re.findall(r"^  (\S.*?) +(\d+)$", text, re.MULTILINE)}


def test_a_dry_run_counts_and_leaves_nothing(filled):
    filled.stop()
    before = set(os.listdir(filled.data))
    done = command("migrate", "--dry-run", "--data", filled.data)
    assert done.returncode == 0, done.stderr
    rows = counted(done.stdout)
    assert rows["log records"] == EVENTS
    assert rows["timeline entries of default"] == EVENTS
    assert rows["projects"] == 1 and rows["keys"] == 2 and rows["accounts"] == 1
    assert set(os.listdir(filled.data)) == before


def test_it_does_not_run_beside_a_running_footfall(filled):
    done = command("migrate", "--data", filled.data)
    assert done.returncode == 1
    assert "stop that one first" in done.stderr
    assert not os.path.exists(os.path.join(filled.data, "migration.json"))


@pytest.mark.parametrize("flags, code, words", [((), 1, "no installation"), (("--dry-run",), 1, "no installation"),
                                                (("--wings", "2"), 2, "unknown flag")])
def test_what_it_cannot_do_is_said(tmp_path, flags, code, words):
    done = command("migrate", "--data", tmp_path / "none", *flags)
    assert done.returncode == code, done.stderr
    assert words in done.stderr
    assert not os.listdir(tmp_path)
