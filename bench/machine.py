# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""What the kernel knows about processes: CPU time by thread, memory, bytes on disk."""

import os
import threading
import time

TICKS = os.sysconf("SC_CLK_TCK")

# Footfall names its threads; a name's beginning tells what the thread is for.
THREAD_GROUPS = (
    ("public", "http"),
    ("log-committer", "committer"),
    ("processor", "processor"),
    ("rocksdb", "rocksdb"),
    ("worker", "workers"),
    ("rdk:", "rdkafka"),
    ("cql", "cql"),
)


def group_of(name):
    for start, group in THREAD_GROUPS:
        if name.startswith(start):
            return group
    return "other"


def cpu_of_stat(path):
    """(thread name, CPU seconds) of a /proc stat file."""
    with open(path, encoding="utf-8", errors="replace") as file:
        text = file.read()
    name = text[text.index("(") + 1 : text.rindex(")")]
    fields = text[text.rindex(")") + 2 :].split()
    return name, (int(fields[11]) + int(fields[12])) / TICKS


def process_cpu(pids):
    """CPU seconds that processes have used, ended threads included."""
    return sum(cpu_of_stat(f"/proc/{pid}/stat")[1] for pid in pids)


def thread_cpu(pid):
    """CPU seconds of a Footfall process by what its threads are for; `all` is the process."""
    groups = {"all": process_cpu([pid])}
    for tid in os.listdir(f"/proc/{pid}/task"):
        try:
            name, seconds = cpu_of_stat(f"/proc/{pid}/task/{tid}/stat")
        except (FileNotFoundError, ProcessLookupError):
            continue
        groups[group_of(name)] = groups.get(group_of(name), 0) + seconds
    return groups


def difference(after, before):
    return {group: seconds - before.get(group, 0) for group, seconds in after.items()}


def ingest_cpu(groups):
    """All threads but the processor's and RocksDB's background threads, which belong to log and store together."""
    return groups["all"] - groups.get("processor", 0) - groups.get("rocksdb", 0)


def cores():
    """Those that this process may use."""
    return os.sched_getaffinity(0)


def memory(pid):
    """Resident and proportional set in MiB."""
    values = {}
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
        for line in file:
            words = line.split()
            if words[0] in ("Rss:", "Pss:"):
                values[words[0][:-1].lower()] = int(words[1]) / 1024
    return values


class PeakMemory:
    """Watches a process's resident set until stopped."""

    def __init__(self, pid):
        self.pid = pid
        self.peak = 0.0
        self.ends = threading.Event()
        self.thread = threading.Thread(target=self.watch, daemon=True)
        self.thread.start()

    def watch(self):
        while not self.ends.wait(0.05):
            try:
                with open(f"/proc/{self.pid}/statm", encoding="ascii") as file:
                    pages = int(file.read().split()[1])
            except (FileNotFoundError, ProcessLookupError):
                return  # it has ended
            self.peak = max(self.peak, pages * os.sysconf("SC_PAGE_SIZE") / 2**20)

    def stop(self):
        self.ends.set()
        self.thread.join()
        return self.peak


def disk_bytes(directory):
    """What files take on the disk, as du counts: preallocated blocks too."""
    total = 0
    for folder, _, names in os.walk(directory):
        for name in names:
            try:
                total += os.stat(os.path.join(folder, name)).st_blocks * 512
            except FileNotFoundError:
                continue
    return total


def wait_until(condition, seconds, what, pause=0.02):
    """Returns condition()'s first true value."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise TimeoutError(f"gave up after {seconds} s: {what}")
        time.sleep(pause)


def describe():
    """One line about this machine."""
    model = "unknown processor"
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        for line in file:
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    kib = int(next(line for line in open("/proc/meminfo", encoding="ascii") if line.startswith("MemTotal")).split()[1])
    return f"{os.cpu_count()} cores of {model}, {kib / 2**20:.0f} GiB, Linux {os.uname().release}"
