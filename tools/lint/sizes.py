#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""Fails for a function of more than 60 lines or a C file of more than 500, unless size-exceptions.txt says why.

A line of size-exceptions.txt is `path reason` for a file, or `path:function reason` for a function. An exception that
is no longer needed fails too, so that the list stays true.
"""

import os
import re

import sources

FUNCTION_LIMIT = 60
FILE_LIMIT = 500
EXCEPTIONS = "tools/lint/size-exceptions.txt"

NAME_BEFORE_PARENTHESIS = re.compile(r"([A-Za-z_]\w*)\s*\(")
ATTRIBUTE = re.compile(r"__attribute__\s*\(\(.*?\)\)")
NOT_A_FUNCTION = re.compile(r"^(typedef|struct|enum|union|extern\s*\"|namespace|#)")


def functions(code):
    """(name, first line, number of lines) of each function body. Layout is clang-format's: bodies end in column 0."""
    lines = code.split("\n")
    head = []
    start = None
    for number, line in enumerate(lines, 1):
        if start is not None:
            if line.startswith("}"):
                yield name_of(" ".join(head)), start, number - start + 1
                start, head = None, []
            continue
        in_column_0 = line[:1] not in ("", " ", "\t", "#", "}")
        if not (in_column_0 or (head and line.strip() and line[0] != "#")) or line.rstrip().endswith((";", "\\")):
            head = []
            continue
        head.append(ATTRIBUTE.sub("", line.strip()))
        if line.rstrip().endswith("{"):
            text = " ".join(head)
            if "(" in text and "=" not in text and not is_type(text):
                start = number - len(head) + 1
            else:
                head = []


def is_type(text):
    """Whether this opens a struct or a block and not a function that returns one."""
    return bool(NOT_A_FUNCTION.match(text)) and not NAME_BEFORE_PARENTHESIS.search(text)


def name_of(head):
    names = NAME_BEFORE_PARENTHESIS.findall(head)
    return names[0] if names else "?"


def read_exceptions():
    """What is excused, by path or path:function."""
    excused = {}
    path = os.path.join(sources.ROOT, EXCEPTIONS)
    if os.path.exists(path):
        for line in sources.read(EXCEPTIONS).splitlines():
            if line.strip() and not line.startswith("#"):
                what, _, reason = line.strip().partition(" ")
                excused[what] = reason.strip()
    return excused


def main():
    excused = read_exceptions()
    used = set()
    complaints = []

    def judge(path, what, text):
        used.add(what)
        if not excused.get(what):
            complaints.append((path, text))

    files = sources.c_files()
    for path in files:
        text = sources.read(path)
        length = text.count("\n")
        if length > FILE_LIMIT:
            judge(path, path, f"{length} lines; at most {FILE_LIMIT}: what second subject is in it?")
        for name, line, size in functions(sources.code_only(text)):
            if size > FUNCTION_LIMIT:
                judge(path, f"{path}:{name}", f"line {line}: {name} has {size} lines; at most {FUNCTION_LIMIT}")
    for what, reason in excused.items():
        if what not in used:
            complaints.append((EXCEPTIONS, f"{what} is within the limits: take it off the list"))
        elif not reason:
            complaints.append((EXCEPTIONS, f"{what} has no reason"))
    sources.leave(files + [EXCEPTIONS], complaints)


if __name__ == "__main__":
    main()
