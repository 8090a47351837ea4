# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""Backups: taken under load, restored elsewhere; broken ones are refused; what was cut off is none."""

import json
import os
import shutil

import pytest

from footfall import command, eventually, new_id
from load import ACKNOWLEDGED, Ledger, Load, check_ledger


def backups_of(directory):
    return sorted(name for name in os.listdir(directory) if name.startswith("footfall-"))


def take(footfall):
    done = command("backup", "--url", footfall.url, "--data", footfall.data)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()[1]


@pytest.fixture
def directory(tmp_path):
    return str(tmp_path / "backups")


@pytest.fixture
def taken(make_server, directory):
    footfall = make_server("--backup.directory", directory).start()
    footfall.send({"type": "track", "event": "tapped", "userId": "u1", "messageId": new_id()})
    name = take(footfall)
    footfall.stop()
    return os.path.join(directory, name)


def test_taken_under_load_and_restored_elsewhere(make_server, tmp_path, directory):
    footfall = make_server("--backup.directory", directory).start()
    ledger = Ledger()
    with Load(footfall, ledger, seed=3, senders=3, users=20):
        eventually(lambda: ledger.count(ACKNOWLEDGED) > 500, within=60)
        before = ledger.with_fate(ACKNOWLEDGED)
        name = take(footfall)
        after = ledger.count(ACKNOWLEDGED)
        eventually(lambda: ledger.count(ACKNOWLEDGED) > after, within=60)
    footfall.stop()
    data = str(tmp_path / "elsewhere")
    done = command("restore", "--from", os.path.join(directory, name), "--data", data)
    assert done.returncode == 0, done.stderr
    # What was sent while the backup was taken may be in it or not.
    restored = make_server(data=data).start()
    restored.settle()
    assert restored.credentials == footfall.credentials
    found = {event for user in ledger.users() for event in restored.ids(user)}
    assert before <= found
    assert ledger.with_fate(ACKNOWLEDGED) - found, "the backup was taken in the middle"
    restored.stop()


def test_reports_of_a_restored_one_are_a_recount(make_server, tmp_path, directory):
    footfall = make_server("--backup.directory", directory).start()
    ledger = Ledger()
    with Load(footfall, ledger, seed=4, senders=2, users=20):
        eventually(lambda: ledger.count(ACKNOWLEDGED) > 300, within=60)
    name = take(footfall)  # events may still wait for the processor
    footfall.settle()
    counted = check_ledger(footfall, ledger)
    footfall.stop()
    data = str(tmp_path / "elsewhere")
    assert command("restore", "--from", os.path.join(directory, name), "--data", data).returncode == 0
    restored = make_server(data=data).start()
    restored.settle()
    assert check_ledger(restored, ledger) == counted
    restored.stop()


def largest(backup):
    return max((os.path.join(backup, "log", name) for name in os.listdir(os.path.join(backup, "log"))), key=os.path.getsize)


def truncate(backup):
    os.truncate(largest(backup), os.path.getsize(largest(backup)) - 1)


def flip(backup):
    with open(largest(backup), "r+b") as file:
        first = file.read(1)
        file.seek(0)
        file.write(bytes([first[0] ^ 1]))


def remove_store(backup):
    shutil.rmtree(os.path.join(backup, "store"))


def change_manifest(change):
    def damage(backup):
        path = os.path.join(backup, "manifest.json")
        with open(path, encoding="utf-8") as file:
            manifest = json.load(file)
        change(manifest)
        with open(path, "w", encoding="utf-8") as file:
            json.dump(manifest, file)
    return damage


def cut_manifest(backup):
    os.truncate(os.path.join(backup, "manifest.json"), 40)


DAMAGES = {
    "truncated": (truncate, "bytes where"), "bit": (flip, "SHA-256"), "file": (lambda b: os.remove(largest(b)), "is missing"),
    "folder": (remove_store, "store"), "manifest cut": (cut_manifest, "is damaged"),
    "no manifest": (lambda b: os.remove(os.path.join(b, "manifest.json")), "no backup, or one that was not finished"),
    "newer": (change_manifest(lambda m: m.update(format=2)), "newer Footfall"),
    "outside": (change_manifest(lambda m: m["files"][0].update(path="log/../../x")), "is damaged"),
    "entry": (change_manifest(lambda m: m["files"].pop()), "is not in the manifest"),
    "stranger": (lambda b: open(os.path.join(b, "stranger"), "w", encoding="utf-8").close(), "does not belong"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_broken_backups_are_refused(taken, tmp_path, damage):
    assert command("backup", "verify", taken).returncode == 0
    broken = str(tmp_path / "broken")
    shutil.copytree(taken, broken)
    DAMAGES[damage][0](broken)
    data = str(tmp_path / "data")
    for words in (("backup", "verify", broken), ("restore", "--from", broken, "--data", data)):
        done = command(*words)
        assert done.returncode == 1 and DAMAGES[damage][1] in done.stderr, done.stderr
    assert not os.path.exists(data) and not os.path.exists(data + ".restoring")


def test_only_into_an_empty_directory(taken, tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    (data / "mine").write_text("mine")
    done = command("restore", "--from", taken, "--data", data)
    assert done.returncode == 1 and "not empty" in done.stderr
    (data / "mine").unlink()
    assert command("restore", "--from", taken, "--data", data).returncode == 0


def test_what_was_cut_off_is_removed_and_old_ones_go(make_server, directory):
    footfall = make_server("--backup.directory", directory, "--backup.keep", "2").start()
    os.makedirs(os.path.join(directory, ".incomplete", "log"))  # as kill -9 leaves it
    names = [take(footfall) for _ in range(3)]
    assert backups_of(directory) == names[1:]
    assert sorted(os.listdir(directory)) == [".lock", *names[1:]]
    footfall.stop()


def test_killed_in_the_middle(make_server, tmp_path, directory):
    footfall = make_server("--backup.directory", directory).start()
    footfall.send({"type": "track", "event": "tapped", "userId": "u1", "messageId": new_id()})
    for _ in range(5):
        assert footfall.request("POST", "/backups").status_code == 202
        footfall.kill()
        footfall.start()
    for number, name in enumerate(backups_of(directory) if os.path.isdir(directory) else []):
        assert command("restore", "--from", os.path.join(directory, name), "--data", tmp_path / f"d{number}").returncode == 0
    footfall.stop()


def test_every_interval(make_server, directory):
    footfall = make_server("--backup.directory", directory, "--backup.interval", "1s").start()
    eventually(lambda: os.path.isdir(directory) and len(backups_of(directory)) >= 2)
    footfall.stop()


def test_of_a_stopped_one_and_never_of_one_that_runs(make_server, tmp_path):
    footfall = make_server().start()
    done = command("backup", "--to", tmp_path / "b", "--data", footfall.data)
    assert done.returncode == 1 and "in use by another process" in done.stderr
    done = command("backup", "--url", footfall.url, "--data", footfall.data)
    assert done.returncode == 1 and "backup.directory" in done.stderr
    footfall.stop()
    done = command("backup", "--to", tmp_path / "b", "--data", footfall.data)
    assert done.returncode == 0, done.stderr
    assert command("backup", "verify", tmp_path / "b" / done.stdout.split()[1].rstrip(":")).returncode == 0
