#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""Fails when an #include in src/ points from a folder to one that is above or beside it, or is not spelled folder/file.h."""

import os
import re

import sources

ROLES = ["gateway", "activity", "processor", "users", "reports", "demo", "migrate", "backup", "config"]

# Which folders a folder may include, besides itself.
MAY_INCLUDE = {"base": [], "limit": ["base"], "http": ["base"], "cql": ["base"]}
MAY_INCLUDE["otlp"] = ["base", "http"]
MAY_INCLUDE["auth"] = ["base", "limit", "http", "cql"]
MAY_INCLUDE["event"] = ["base", "http", "cql"]
MAY_INCLUDE["shape"] = MAY_INCLUDE["event"] + ["event"]
MAY_INCLUDE["funnel"] = MAY_INCLUDE["shape"] + ["shape"]
MAY_INCLUDE["enrich"] = MAY_INCLUDE["event"] + ["event"]
MAY_INCLUDE["eventlog"] = MAY_INCLUDE["auth"] + ["auth", "event", "shape"]
MAY_INCLUDE["store"] = MAY_INCLUDE["eventlog"] + ["eventlog"]
MAY_INCLUDE["view"] = MAY_INCLUDE["store"] + ["store"]
MAY_INCLUDE["client"] = ["base"]
MAY_INCLUDE["config_client"] = ["base", "client"]
MAY_INCLUDE["live"] = MAY_INCLUDE["view"] + ["view"]
MAY_INCLUDE["delivery"] = MAY_INCLUDE["view"] + ["view"]
MAY_INCLUDE["ageing"] = MAY_INCLUDE["store"] + ["store"]
MAY_INCLUDE["openapi"] = MAY_INCLUDE["auth"] + ["auth"]
for role in ROLES:
    MAY_INCLUDE[role] = MAY_INCLUDE["store"] + ["store", "view", "live", "client", "enrich", "funnel", "otlp"]
MAY_INCLUDE["doctor"] = MAY_INCLUDE["store"] + ["store", "client", "backup"]
MAY_INCLUDE["app"] = MAY_INCLUDE["store"] + ["store", "view", "live", "delivery", "ageing", "openapi", "client", "config_client", "enrich", "funnel", "otlp"] + ROLES + ["doctor"]
MAIN = "main.c"
MAY_INCLUDE[MAIN] = MAY_INCLUDE["app"] + ["app"]

QUOTED_INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.MULTILINE)


def owner(path):
    """The folder of src/ a path inside src/ belongs to; main.c stands for itself."""
    return path.split("/", 1)[0]


def complaints_about(path):
    folder = owner(path[len("src/"):])
    if folder not in MAY_INCLUDE:
        yield path, f"src/{folder} is not a known folder: add it to tools/lint/include_direction.py and meson.build"
        return
    text = sources.read(path)
    for match in QUOTED_INCLUDE.finditer(text):
        target = match.group(1)
        line = text.count("\n", 0, match.start()) + 1
        target_folder = owner(target)
        if "/" not in target or target_folder not in MAY_INCLUDE:
            yield path, f'line {line}: write "{target}" as "folder/file.h", from src/'
        elif not os.path.exists(os.path.join(sources.ROOT, "src", target)):
            yield path, f'line {line}: there is no src/{target}'
        elif target_folder != folder and target_folder not in MAY_INCLUDE[folder]:
            yield path, f'line {line}: {folder} must not include "{target}": arrows go down only'


def main():
    files = sources.c_files("src")
    sources.leave(files, [complaint for path in files for complaint in complaints_about(path)])


if __name__ == "__main__":
    main()
