#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""Runs clang-tidy on every C file of src/, in parallel, remembering which files were clean.

usage: tools/lint/tidy.py BUILD_FOLDER      a folder configured with clang, for its compile_commands.json

A file's result depends on itself, the headers of src/ it includes, .clang-tidy and the tool; a hash of all that names
an empty file in BUILD_FOLDER/tidy-cache when the result was clean.
"""

import concurrent.futures
import hashlib
import json
import os
import re
import subprocess
import sys

import sources

QUOTED_INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.MULTILINE)


def with_headers(path, seen):
    """Adds the path and all headers of src/ it includes, directly or not."""
    if path in seen or not os.path.exists(os.path.join(sources.ROOT, path)):
        return seen
    seen.add(path)
    for included in QUOTED_INCLUDE.findall(sources.read(path)):
        with_headers("src/" + included, seen)
    return seen


def fingerprint(path, command, rules):
    digest = hashlib.sha256((rules + "\0" + command).encode())
    for part in sorted(with_headers(path, set())):
        digest.update(f"\0{part}\0{sources.read(part)}".encode())
    return digest.hexdigest()


def check(path, build, command, rules):
    """What clang-tidy has to say about a file; nothing when it is clean."""
    mark = os.path.join(build, "tidy-cache", fingerprint(path, command, rules))
    if os.path.exists(mark):
        return ""
    run = subprocess.run(["nice", "clang-tidy", "--quiet", "-p", build, path], cwd=sources.ROOT,
                         stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                         check=False)
    if run.returncode == 0 and not run.stdout.strip():
        with open(mark, "w", encoding="utf-8"):
            pass
        return ""
    return run.stdout.strip() or run.stderr.strip()


def main():
    build = os.path.abspath(sys.argv[1])
    os.makedirs(os.path.join(build, "tidy-cache"), exist_ok=True)
    with open(os.path.join(build, "compile_commands.json"), encoding="utf-8") as file:
        entries = json.load(file)
    commands = {}
    for entry in entries:
        path = os.path.relpath(os.path.join(entry["directory"], entry["file"]), sources.ROOT)
        if path.startswith("src/"):
            commands[path] = entry["command"]
    version = subprocess.run(["clang-tidy", "--version"], stdout=subprocess.PIPE, text=True, check=True).stdout
    rules = version + sources.read(".clang-tidy")

    complaints = []
    jobs = int(os.environ.get("JOBS") or os.cpu_count() or 1)
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        results = {path: pool.submit(check, path, build, command, rules) for path, command in sorted(commands.items())}
        for path, result in results.items():
            if result.result():
                complaints.append((path, result.result()))
    sources.leave(commands, complaints)


if __name__ == "__main__":
    main()
