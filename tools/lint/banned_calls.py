#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""Fails for calls that cannot be used safely here, and for C files without their licence lines."""

import re

import sources

UNBOUNDED = "does not know how large its target is: use base/buffer.h, base/str.h or snprintf"
UNCHECKED = "cannot report an error: use strtol and its like, with errno"
SHARED = "returns memory that all threads share: use its _r twin"

EVERYWHERE = {
    "strcpy": UNBOUNDED,
    "stpcpy": UNBOUNDED,
    "strcat": UNBOUNDED,
    "sprintf": UNBOUNDED,
    "vsprintf": UNBOUNDED,
    "gets": UNBOUNDED,
    "alloca": "grows the stack by what an input says: use an arena",
    "strtok": "keeps its place in a global: use strtok_r",
    "atoi": UNCHECKED,
    "atol": UNCHECKED,
    "atoll": UNCHECKED,
    "atof": UNCHECKED,
    "rand": "is neither random nor repeatable: use base/random.h",
    "srand": "is neither random nor repeatable: use base/random.h",
    "localtime": SHARED,
    "gmtime": SHARED,
    "ctime": SHARED,
    "asctime": SHARED,
    "tmpnam": "races with whoever makes the file first: use mkstemp",
    "mktemp": "races with whoever makes the file first: use mkstemp",
}
IN_TESTS = {
    "sleep": "makes a test slow and still flaky: wait for the condition",
    "usleep": "makes a test slow and still flaky: wait for the condition",
}
LICENCE_LINES = ("SPDX-FileCopyrightText:", "SPDX-License-Identifier:")


def pattern(calls):
    return re.compile(r"(?<![\w.>])(" + "|".join(calls) + r")\s*\(")


def complaints_about(path):
    text = sources.read(path)
    code = sources.code_only(text)
    calls = dict(EVERYWHERE, **IN_TESTS) if path.startswith("test/") else EVERYWHERE
    for match in pattern(calls).finditer(code):
        line = code.count("\n", 0, match.start()) + 1
        yield path, f"line {line}: {match.group(1)} {calls[match.group(1)]}"
    first_lines = "\n".join(text.split("\n")[:4])
    for wanted in LICENCE_LINES:
        if wanted not in first_lines:
            yield path, f"has no {wanted} line at its top"


def main():
    files = sources.c_files()
    sources.leave(files, [complaint for path in files for complaint in complaints_about(path)])


if __name__ == "__main__":
    main()
