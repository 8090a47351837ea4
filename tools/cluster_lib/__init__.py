# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""Real Kafka and Cassandra servers for tests and for trying things out; tools/cluster is its command line."""

from .cluster import Cluster
from .node import ClusterError

__all__ = ["Cluster", "ClusterError"]
