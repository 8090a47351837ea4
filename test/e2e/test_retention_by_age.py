# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""What is older than its owner wants goes, is counted, and what is younger stays."""

import json
import re
import time

from test_dead_letters import event, letters, put

from footfall import command, eventually, new_id, rfc3339


def removed(footfall):
    found = re.search(r'footfall_retention_removed_total\{kind="dead_letters"\} (\d+)', footfall.metrics())
    return int(found.group(1)) if found else None


def broken(footfall, identity):
    put(footfall, "default\0stranger", event("default", "ann", identity))


def test_dead_letters_go_by_age(make_server):
    first = make_server().start()
    first.stop()
    broken(first, "e-1")
    first.start()
    eventually(lambda: len(letters(first)) == 1)
    first.stop()
    patient = make_server("--retention.dead_letters", "36500d", data=first.data).start()
    assert len(letters(patient)) == 1 and removed(patient) == 0
    patient.stop()
    strict = make_server("--retention.dead_letters", "1s", data=first.data).start()
    eventually(lambda: letters(strict) == [])
    eventually(lambda: removed(strict) == 1)
    strict.stop()
    broken(first, "e-2")
    first.start()  # without an age it stays, and what went does not come back
    eventually(lambda: len(letters(first)) == 1)
    assert "e-2" in letters(first)[0]["record"]
    first.stop()


def test_a_wrong_age_is_refused():
    for name in ("retention.dead_letters", "retention.sessions"):
        done = command("check-config", f"--{name}", "soon")
        assert done.returncode == 2 and name in done.stderr, done.stderr


DAY = 86400
OLD, YOUNG = 20 * DAY, 3 * DAY


def visits(footfall, user, *ages):
    """A visit each, so long ago."""
    footfall.send(*({"type": "page", "userId": user, "messageId": new_id("visit"), "timestamp": rfc3339(time.time() - age)} for age in ages))
    footfall.settle()


def sessions(footfall):
    day = lambda age: rfc3339(time.time() - age)[:10]
    report = footfall.get_json("/reports/sessions", **{"from": day(2 * OLD), "to": day(0)})
    return report["total"]["count"]


def counted(footfall, name):
    return int(re.search(rf"^{name} (\d+)$", footfall.metrics(), re.MULTILINE).group(1))


def test_what_was_too_old_when_it_came_is_in_no_session(make_server):
    footfall = make_server("--retention.sessions", "10d").start()
    visits(footfall, "ann", YOUNG, OLD, YOUNG - 60, 0)
    visits(footfall, "bob", OLD)
    assert sessions(footfall) == 2
    assert len(footfall.ids("ann")) == 4 and len(footfall.ids("bob")) == 1
    day = footfall.daily(rfc3339(time.time() - OLD)[:10])
    assert day["events"] == 2 and day["sessions"]["count"] == 0
    footfall.stop()


def test_sessions_go_some_days_after_their_age(make_server):
    first = make_server().start()
    visits(first, "ann", OLD, 19 * DAY, 17 * DAY, YOUNG, 0)
    visits(first, "bob", OLD)  # the newest session is part of what is known of bob
    assert sessions(first) == 6
    first.stop()
    strict = make_server("--retention.sessions", "10d", data=first.data).start()
    eventually(lambda: counted(strict, 'footfall_retention_removed_total{kind="sessions"}') == 2)
    rows = [json.loads(line) for line in strict.get("/users/ann/export").text.splitlines()]
    assert len([row for row in rows if row["kind"] == "session"]) == 3
    assert sessions(strict) == 6, "what was counted stays"
    visits(strict, "ann", YOUNG + 60)  # joins the one that is there
    assert sessions(strict) == 6 and counted(strict, "footfall_processor_without_session_total") == 0
    visits(strict, "ann", OLD + 60)
    assert sessions(strict) == 6 and counted(strict, "footfall_processor_without_session_total") == 1
    strict.stop()
