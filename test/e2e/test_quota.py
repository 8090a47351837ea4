# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""Running out of room: events are refused before the disk is full, what was accepted stays, and reading goes on."""

import os
import subprocess

import pytest

from footfall import eventually, new_id

# Random bytes in hex compress to half: the log grows by what is sent, and not by next to nothing.
BATCH = 60


def bulk(user, number):
    return [{"type": "track", "event": "filled", "userId": user, "messageId": f"{user}-{number}-{place}",
             "properties": {"noise": os.urandom(4000).hex()}} for place in range(BATCH)]


def fill(footfall, user, batches=400):
    """Sends until the server refuses. The ids that it acknowledged, and the refusal."""
    kept = []
    for number in range(batches):
        events = bulk(user, number)
        reply = footfall.post("/v1/batch", {"batch": events})
        if reply.status_code != 200:
            return kept, reply
        kept += [event["messageId"] for event in events]
    raise AssertionError(f"{len(kept)} events were taken and none was refused")


def check_refusal(reply):
    assert reply.status_code == 503, reply.text
    assert int(reply.headers["Retry-After"]) > 0
    assert reply.headers["Content-Type"] == "application/problem+json"


def check_reading_goes_on(footfall, user, kept):
    footfall.settle()
    assert sorted(footfall.ids(user, name="filled")) == sorted(kept)
    assert footfall.get("/reports/daily").status_code == 200
    status = footfall.status()
    assert status["eventLog"]["writable"] is False
    assert status["eventLog"]["refused"] > 0
    # Whoever routes requests here must go on doing so; whoever watches is told.
    assert footfall.http.get(footfall.management_url + "/health/ready").status_code == 200
    health = footfall.http.get(footfall.management_url + "/health")
    assert health.status_code == 503
    assert health.json()["components"]["eventLog"]["status"] == "OUT_OF_SERVICE"
    assert footfall.http.get(footfall.management_url + "/health/live").status_code == 200


def test_a_quota_is_kept_and_can_be_raised(make_server):
    footfall = make_server("--embedded.disk_quota", "3MiB").start()
    kept, refusal = fill(footfall, "quota")
    check_refusal(refusal)
    assert len(kept) > 100
    check_reading_goes_on(footfall, "quota", kept)
    assert footfall.status()["eventLog"]["quotaBytes"] == 3 << 20
    # SDKs of every dialect are told to come back.
    for path, body in (("/activities", {"type": "click", "userId": "u"}), ("/v1/t", {"event": "x", "userId": "u"}),
                       ("/batch/", {"batch": [{"event": "x", "distinct_id": "u"}]})):
        check_refusal(footfall.post(path, body))
    footfall.stop()
    footfall.flags[-1] = "1GiB"
    footfall.start()
    event = new_id()
    footfall.send({"type": "track", "event": "room again", "userId": "quota", "messageId": event})
    footfall.settle()
    assert sorted(footfall.ids("quota")) == sorted([*kept, event])
    footfall.stop()


def test_a_start_above_the_quota_reads_and_refuses(make_server):
    footfall = make_server("--embedded.disk_quota", "1GiB").start()
    events = [event for number in range(20) for event in bulk("above", number)]
    for place in range(0, len(events), BATCH):
        footfall.send(*events[place:place + BATCH])
    footfall.stop()
    footfall.flags[-1] = "1MiB"
    footfall.launch()
    eventually(footfall._found_ports)

    def refused():
        reply = footfall.post("/v1/batch", {"batch": bulk("above", 99)})
        check_refusal(reply)
        return True
    eventually(refused)
    footfall.settle()
    assert len(footfall.ids("above")) == len(events)
    footfall.stop()


@pytest.fixture
def small_disk(request, tmp_path):
    """A file system of its own that is soon full; the parameter is its size."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={request.param}", "tmpfs", place], stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", check=False)
    if mounted.returncode != 0:
        pytest.skip(f"a tmpfs cannot be mounted here: {mounted.stdout.strip()}")
    yield place
    subprocess.run(["umount", "-l", place], check=True)


@pytest.mark.parametrize("small_disk", ["128m"], indirect=True)
def test_a_disk_that_fills_up_loses_nothing(make_server, small_disk):
    """Something else takes the space; no reserve warns. Then the space comes back, and so does the server by itself."""
    footfall = make_server(data=small_disk / "data").start()
    before = bulk("disk", "before")
    footfall.send(*before)
    footfall.settle()
    with open(small_disk / "ballast", "wb") as ballast:
        try:
            while True:
                ballast.write(bytes(1 << 20))
                ballast.flush()
        except OSError:
            pass
    kept, refusal = fill(footfall, "disk")
    check_refusal(refusal)
    os.unlink(small_disk / "ballast")

    def taken_again():
        reply = footfall.post("/v1/batch", {"batch": [
            {"type": "track", "event": "filled", "userId": "disk", "messageId": "after"}]})
        return reply.status_code == 200
    eventually(taken_again, within=30)
    footfall.settle()
    found = footfall.ids("disk")
    assert len(found) == len(set(found))
    acknowledged = {*kept, *(event["messageId"] for event in before), "after"}
    assert not acknowledged - set(found)
    footfall.restart()
    footfall.settle()
    assert sorted(footfall.ids("disk")) == sorted(found)
    footfall.stop()


@pytest.mark.parametrize("small_disk", ["320m"], indirect=True)
def test_a_reserve_keeps_the_disk_from_filling_up(make_server, small_disk):
    """The reserve is what the store needs to process what was accepted before, and to compact."""
    footfall = make_server("--embedded.disk_reserve", "256MiB", data=small_disk / "data").start()
    kept, refusal = fill(footfall, "reserve")
    check_refusal(refusal)
    check_reading_goes_on(footfall, "reserve", kept)
    disk = os.statvfs(small_disk)
    assert disk.f_bavail * disk.f_frsize > 64 << 20
    footfall.stop()
