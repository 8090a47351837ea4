# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""A Java that the servers run on, and their jars: fetched once with Maven and kept for all clusters of this user."""

import fcntl
import functools
import glob
import hashlib
import os
import re
import shutil
import subprocess
import time
from pathlib import Path

from .node import ClusterError

FILES = Path(__file__).resolve().parent / "files"
PRODUCTS = ("kafka", "cassandra")
# Cassandra 5.0 knows no newer one.
JAVA_VERSION = 17
ATTEMPTS = 4
FETCH_SECONDS = 900


def cache_folder():
    named = os.environ.get("FOOTFALL_CLUSTER_CACHE")
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(named) if named else Path(base) / "footfall" / "cluster"


# --- Java -------------------------------------------------------------------------------------------------------------


def _java_version(java):
    try:
        said = subprocess.run([java, "-version"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, encoding="utf-8", errors="replace", check=False).stdout
    except OSError:
        return None
    version = re.search(r'version "(\d+)', said)
    return int(version.group(1)) if version else None


@functools.cache
def java_home():
    """The folder of the first Java 17 among JAVA_HOME, the PATH and where Debian puts them."""
    homes = [os.environ.get("JAVA_HOME"), _home_of(shutil.which("java")), *sorted(glob.glob("/usr/lib/jvm/*"))]
    seen = []
    for home in filter(None, homes):
        version = _java_version(f"{home}/bin/java")
        if version == JAVA_VERSION:
            return Path(home)
        if version and str(version) not in seen:
            seen.append(str(version))
    found = f"only Java {', '.join(seen)} was found" if seen else "no Java was found"
    raise ClusterError(f"the servers need Java {JAVA_VERSION}, and {found}: "
                       f"install openjdk-{JAVA_VERSION}-jre-headless or set JAVA_HOME")


def _home_of(java):
    return Path(os.path.realpath(java)).parent.parent if java else None


def java():
    return str(java_home() / "bin" / "java")


def keytool():
    return str(java_home() / "bin" / "keytool")


# --- Jars -------------------------------------------------------------------------------------------------------------


def pom(product):
    return FILES / f"{product}.pom.xml"


def folder(product):
    """Where the jars of a product are, once fetched. Another list of jars is another folder, so nothing that runs
    loses what it runs on."""
    return cache_folder() / f"{product}-{hashlib.sha256(pom(product).read_bytes()).hexdigest()[:12]}"


def fetch(product):
    """Makes sure the jars are there and gives their folder. Of two that want them at once the second waits."""
    target = folder(product)
    if target.is_dir():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    with open(target.parent / f"{product}.lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.is_dir():
            _download(product, target)
    return target


def _download(product, target):
    if not shutil.which("mvn"):
        raise ClusterError("Maven fetches the servers, and there is no mvn: install maven")
    part = target.with_name(target.name + ".part")
    for attempt in range(1, ATTEMPTS + 1):
        shutil.rmtree(part, ignore_errors=True)
        if _run_maven(product, part):
            part.rename(target)  # complete or not there
            return
        if attempt < ATTEMPTS:
            time.sleep(2 ** attempt)  # be gentle to who may be overloaded
    raise ClusterError(f"Maven could not fetch {product} in {ATTEMPTS} attempts; {target.parent / product}.log says why")


def _run_maven(product, part):
    words = ["mvn", "--batch-mode", "--no-transfer-progress", "--quiet", f"--file={pom(product)}",
             "dependency:copy-dependencies", "-DincludeScope=runtime", f"-DoutputDirectory={part}"]
    with open(part.parent / f"{product}.log", "wb") as log:
        try:
            done = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, timeout=FETCH_SECONDS,
                                  check=False)
        except subprocess.TimeoutExpired:
            return False
    return done.returncode == 0
