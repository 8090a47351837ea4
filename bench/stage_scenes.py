# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""What each stage of the processor costs: samples of its threads while it builds a store from a whole log, by the functions they are in."""

import collections
import os
import shutil
import signal
import subprocess

import machine
import report_scenes
import scenes

# A sample belongs to the first stage that has one of its functions; so what is inside something else comes first.
STAGES = (
    ("decoding the event", ("event_decode",)),
    ("duplicates", ("dedupe_see", "dedupe_hash", "dedupe_write")),
    ("rules and privacy", ("shaping_begin", "shaping_apply", "shaping_hide", "shaping_commit")),
    ("enrichment: agent, referrer, campaign, path, dimensions", ("dimensions_of",)),
    ("active users and retention", ("apply_active", "retention_count")),
    ("breakdowns and counts", ("count_event", "count_name", "day_totals_write")),
    ("sessions", ("apply_session", "sessions_assign", "sessions_count", "sessions_write")),
    ("funnels", ("funnels_begin", "funnels_apply", "funnels_text", "funnels_end")),
    ("identity and observed traits", ("apply_link", "apply_traits")),
    ("timeline rows", ("apply_timeline",)),
    ("actors: found, read again, forgotten", ("actor_cache_take", "load_states", "load_days", "shrink_caches", "actor_cache_clean")),
    ("actors: rows of state and day, leaders", ("write_actor", "settle")),
    ("live feed", ("feed_put", "feed_publish", "feed_fill")),
    ("store: write-ahead log", ("rocksdb::DBImpl::WriteToWAL",)),
    ("store: memtables", ("rocksdb::WriteBatchInternal::InsertInto",)),
    ("store: sorting the batch, the rest of a write", ("rocks_write", "kv_batch_commit")),
    ("store: making it durable", ("partitions_flush",)),
    ("log: reading and unpacking", ("eventlog_poll", "embedded_poll")),
)
THREADS = (("processor", None), ("rocksdb:high", "RocksDB's threads: flushing memtables"), ("rocksdb:low", "RocksDB's threads: merging files"))
SAMPLES_A_SECOND = 499


def functions_of(line):
    """The function's name of a line of perf script, without "(inlined)" and what a compiler added to it."""
    words = line.split(None, 1)
    name = words[1] if len(words) > 1 else "?"
    return name.replace(" (inlined)", "").split("(")[0].split(".")[0].strip()


def stage_of(functions):
    for stage, names in STAGES:
        if any(name in functions for name in names):
            return stage
    return "the rest"


def samples_of(recording):
    """How many samples each stage has; those of all threads are in `all`."""
    command = ["perf", "script", "-i", recording, "-F", "comm,ip,sym"]
    found = collections.Counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, errors="replace") as perf:
        thread, functions = None, set()
        for line in perf.stdout:
            if not line.strip():
                if thread:
                    count_sample(found, thread, functions)
                thread, functions = None, set()
            elif thread is None:
                thread = line.strip()
            else:
                functions.add(functions_of(line))
        if thread:
            count_sample(found, thread, functions)
    return found


def count_sample(found, thread, functions):
    for start, stage in THREADS:
        if thread.startswith(start):
            found["all"] += 1
            found[stage or stage_of(functions)] += 1


def stages(bench):
    if not shutil.which("perf"):
        raise RuntimeError("perf is not installed")
    filled = scenes.History(bench, "stages", report_scenes.configuration_of(bench))
    footfall = filled.footfall
    footfall.start()
    filled.fill(bench.events)
    footfall.wait_processed(900)
    footfall.stop()
    shutil.rmtree(os.path.join(footfall.data, "store"))
    recording = os.path.join(bench.directory, "stages.perf")
    footfall.start()
    command = ["perf", "record", "-o", recording, "--call-graph", "dwarf,16384", "-F", str(SAMPLES_A_SECOND), "-p", str(footfall.process.pid)]
    perf = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    machine.wait_until(footfall.applied, 60, "the processor has its partitions")
    footfall.wait_processed(900)
    spent = footfall.cpu()
    perf.send_signal(signal.SIGINT)
    perf.wait()
    footfall.stop()
    found = samples_of(recording)
    whole = (spent["processor"] + spent["rocksdb"]) * 1e9 / filled.events
    bench.raw["stages"] = {"samples": dict(found), "nsAnEvent": whole}
    bench.row("processor and RocksDB's threads, funnels on, perf beside", whole, "ns CPU an event", scale=filled.name())
    names = [stage for stage, _ in STAGES] + ["the rest"] + [stage for _, stage in THREADS if stage]
    for stage in names:
        bench.row("  ... " + stage, found[stage] * whole / max(1, found["all"]), "ns CPU an event", scale=filled.name())


ALL = {"stages": stages}
