# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""What the lint checks share: which files there are, C text without comments and strings, and how a check reports."""

import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
C_FOLDERS = ("src", "test", "fuzz", "bench")
C_ENDINGS = (".c", ".h", ".cc", ".cpp", ".hpp")
SKIPPED_FOLDERS = {"node_modules", "__pycache__", ".git", "corpus", "findings"}

COMMENT_OR_LITERAL = re.compile(
    r"""//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'""", re.DOTALL)


def walk(*folders):
    """Paths of all files below these folders of the project, relative to its root, in a stable order."""
    for folder in folders:
        for place, names, files in os.walk(os.path.join(ROOT, folder)):
            names[:] = sorted(name for name in names if name not in SKIPPED_FOLDERS)
            for name in sorted(files):
                yield os.path.relpath(os.path.join(place, name), ROOT)


def c_files(*folders):
    return [path for path in walk(*(folders or C_FOLDERS)) if path.endswith(C_ENDINGS)]


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8", errors="replace") as file:
        return file.read()


def code_only(text):
    """The text with comments and the insides of literals blanked, line for line where it was."""
    def blank(match):
        found = match.group(0)
        if found[0] in "\"'":
            return found[0] + " " * (len(found) - 2) + found[-1]
        return re.sub(r"[^\n]", " ", found)
    return COMMENT_OR_LITERAL.sub(blank, text)


def report(checked, complaints):
    """Prints complaints (path, text), then how many of the checked files had none; the exit status to leave with."""
    for path, text in complaints:
        print(f"{path}: {text}")
    failed = len({path for path, _ in complaints})
    print(f"{max(len(set(checked)) - failed, 0)} passed, {failed} failed")
    return 1 if failed else 0


def leave(checked, complaints):
    sys.exit(report(checked, complaints))
