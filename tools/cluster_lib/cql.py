# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""A look into Cassandra without cqlsh: statements in, tables out. Needs Debian's python3-cassandra."""

from .cassandra import CQL_PORT, SUPERUSER
from .node import ClusterError


def connect(service, **options):
    """A driver's (cluster, session) on the nodes; the caller shuts the cluster down."""
    from cassandra.auth import PlainTextAuthProvider
    from cassandra.cluster import Cluster as Driver
    hosts = [address.rpartition(":")[0] for address in service.addresses()]
    if not hosts:
        raise ClusterError(f"there is no Cassandra in {service.folder}")
    if service.settings().auth:
        options["auth_provider"] = PlainTextAuthProvider(*SUPERUSER)
    driver = Driver(hosts, port=CQL_PORT, protocol_version=4, **options)
    return driver, driver.connect()


def table(columns, rows):
    """Lines of a table, the columns as wide as what is in them."""
    cells = [list(columns)] + [[text(value) for value in row] for row in rows]
    widths = [max(len(row[place]) for row in cells) for place in range(len(columns))]
    lines = [" | ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in cells]
    return [lines[0], "-+-".join("-" * width for width in widths), *lines[1:]]


def text(value):
    if value is None:
        return "null"
    return "0x" + value.hex() if isinstance(value, bytes) else str(value)


def run(service, statements):
    from cassandra import DriverException
    driver, session = connect(service)
    try:
        for statement in statements:
            result = session.execute(statement, timeout=60)
            if result.column_names:
                print("\n".join(table(result.column_names, result)))
    except DriverException as error:
        raise ClusterError(f"{type(error).__name__}: {error}") from error
    finally:
        driver.shutdown()
    return 0
