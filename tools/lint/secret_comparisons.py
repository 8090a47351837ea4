#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""Fails where a secret is compared by a call whose time tells how much of it was right: sodium_memcmp and CRYPTO_memcmp do not."""

import re

import sources

CALLS = re.compile(r"(?<![\w.>])(memcmp|strcmp|strncmp|strcasecmp|strncasecmp|bcmp|str_equal|str_equal_ignore_case|str_starts_with)\s*\(")
# Names of what is secret, or proves that somebody knows a secret. Values, not names of members: those stand in string literals.
SECRET = re.compile(r"\b\w*(secret|password|passphrase|api_key|signature|\bmac\b|digest|verifier)\w*(?!\w*\()", re.IGNORECASE)
# Comparing with a constant "is it given at all" or a kind, not with the secret itself.
HARMLESS = re.compile(r"\b\w*(_len|_id|_size|_kind|_type|_name|_algorithm)\b")


def arguments_behind(code, start):
    """What stands between the parenthesis at start and its partner."""
    depth = 0
    for at in range(start, len(code)):
        depth += {"(": 1, ")": -1}.get(code[at], 0)
        if depth == 0:
            return code[start + 1:at]
    return code[start + 1:]


def complaints_about(path):
    code = sources.code_only(sources.read(path))
    for match in CALLS.finditer(code):
        arguments = HARMLESS.sub("", arguments_behind(code, match.end() - 1))
        secret = SECRET.search(arguments)
        if secret:
            line = code.count("\n", 0, match.start()) + 1
            yield path, f"line {line}: {match.group(1)} compares {secret.group(0)}: use sodium_memcmp, whose time tells nothing"


def main():
    files = [path for path in sources.c_files() if path.startswith("src/")]
    sources.leave(files, [complaint for path in files for complaint in complaints_about(path)])


if __name__ == "__main__":
    main()
