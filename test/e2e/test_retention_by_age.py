# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""What is older than its owner wants goes, is counted, and what is younger stays."""

import re

from test_dead_letters import event, letters, put

from footfall import eventually


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


def test_an_age_that_is_not_kept_is_refused(make_server):
    footfall = make_server("--retention.dead_letters", "soon")
    footfall.launch()
    assert footfall.process.wait(60) == 2
    assert "retention.dead_letters" in footfall.stderr
