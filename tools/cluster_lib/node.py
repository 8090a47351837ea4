# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""One server process: its folder, its pid file, its log, and the signals it is sent."""

import contextlib
import os
import select
import signal
import subprocess
import time
from pathlib import Path

POLL_SECONDS = 0.05
TAIL_LINES = 25


class ClusterError(Exception):
    """Something a person has to know or do; the text says what."""


def wait_until(true, seconds, complaint):
    """Asks `true` until it is; when that takes too long the error says `complaint`."""
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            raise ClusterError(f"{complaint} within {seconds} s")
        time.sleep(POLL_SECONDS)


class Node:
    """A server that outlives the program that starts it. Its command line carries the name of its folder, so that a pid
    that has meanwhile been given to another process is never taken for it."""

    def __init__(self, product, number, folder):
        self.product, self.number = product, number
        self.folder = Path(folder)
        self.pid_file = self.folder / "pid"
        self.log_file = self.folder / "log"
        self.marker = f"-Dfootfall.cluster.node={self.folder}"
        self._child = None

    def __str__(self):
        return f"{self.product} {self.number}"

    def spawn(self, words, environment=None):
        """Starts the process; the log before this one is kept as log.1."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if self.log_file.exists():
            self.log_file.replace(self.folder / "log.1")
        with open(self.log_file, "wb") as log:
            self._child = subprocess.Popen([words[0], self.marker, *words[1:]], cwd=self.folder, env=environment,
                                           stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        self.pid_file.write_text(f"{self._child.pid}\n")
        # For a moment of its start a process has no command line, and would pass for somebody else's.
        wait_until(lambda: self._is_ours(self._child.pid) or self._child.poll() is not None, 10, f"{self} did not start")

    # --- The process --------------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _process(self):
        """A descriptor of the process while it runs and is the one that was started here, else None. A descriptor means
        the same process for as long as it is open, which a number does not."""
        descriptor = None
        try:
            pid = int(self.pid_file.read_text())
            descriptor = os.pidfd_open(pid)
            yield descriptor if self._is_ours(pid) else None
        except (FileNotFoundError, ValueError, ProcessLookupError):
            if descriptor is not None:
                raise
            yield None
        finally:
            if descriptor is not None:
                os.close(descriptor)

    def _is_ours(self, pid):
        try:
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            return False
        return os.fsencode(self.marker) in words

    def pid(self):
        """The process id, or None when it does not run."""
        with self._process() as process:
            return int(self.pid_file.read_text()) if process is not None else None

    def is_running(self):
        return self.pid() is not None

    def is_paused(self):
        pid = self.pid()
        return pid is not None and _proc_field(pid, "State").startswith("T")

    def resident_mib(self):
        pid = self.pid()
        return int(_proc_field(pid, "VmRSS").split()[0]) // 1024 if pid else 0

    def signal(self, number):
        with self._process() as process:
            try:
                if process is not None:
                    signal.pidfd_send_signal(process, number)
                    return
            except ProcessLookupError:
                pass  # it ended just now
        raise ClusterError(f"{self} does not run")

    def wait_for_end(self, seconds):
        """Whether the process has ended within that time."""
        with self._process() as process:
            if process is not None:
                ended = select.poll()
                ended.register(process, select.POLLIN)
                if not ended.poll(seconds * 1000):
                    return False
        if self._child is not None:
            self._child.wait()  # else it would stay in the table of processes
            self._child = None
        self.pid_file.unlink(missing_ok=True)
        return True

    def kill(self):
        """Ends it as a power cut would."""
        self.signal(signal.SIGKILL)
        if not self.wait_for_end(10):
            raise ClusterError(f"{self} survived SIGKILL")

    def terminate(self):
        """Asks it to end; does nothing when it does not run."""
        with contextlib.suppress(ClusterError):
            self.signal(signal.SIGCONT)
            self.signal(signal.SIGTERM)

    # --- The log ------------------------------------------------------------------------------------------------------

    def log(self):
        try:
            return self.log_file.read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return ""

    def wait_for_line(self, text, seconds):
        """Waits until the log of this start holds the text; an end of the process is an error that shows the log."""
        def found():
            running = self.is_running()  # asked first: what it wrote before its end counts
            if text in self.log():
                return True
            if not running:
                tail = "\n".join(self.log().splitlines()[-TAIL_LINES:])
                raise ClusterError(f"{self} ended at its start; the end of {self.log_file}:\n{tail}")
            return False
        wait_until(found, seconds, f"{self} was not ready (see {self.log_file})")


def _proc_field(pid, name):
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith(name + ":"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass  # it has ended in between
    return "0"
