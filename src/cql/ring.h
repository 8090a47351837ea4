// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Which hosts have a token: the tokens of all hosts in order, and for each keyspace the replicas of each range between them.
//
//        ─────t0─────t1─────t2─────→ wraps          t belongs to the first token >= t
//             │      └ range (t0, t1]: first replica is t1's host, the others follow around the ring as the strategy says
//
// Built whole from what system.local, system.peers and system_schema.keyspaces say, then immutable: any thread may look up; who
// replaces it (topology, schema changes) must know that nobody still does. Replicas are worked out once for each distinct
// replication, at building; a lookup is two binary searches.
// Hosts are numbers of the caller's (0, 1, ...), in the order in which they were added.
#ifndef FOOTFALL_CQL_RING_H
#define FOOTFALL_CQL_RING_H

#include <stdint.h>

#include "base/arena.h"
#include "base/status.h"
#include "base/str.h"
#include "cql/values.h"

struct cql_ring;
struct cql_ring_builder;

// NULL: no memory.
struct cql_ring_builder *cql_ring_builder_make(void);
void cql_ring_builder_free(struct cql_ring_builder *builder); // NULL is fine
// tokens: the column "tokens", set<text>; null or empty: a host that owns nothing. Everything is copied.
// CORRUPT: not a set of numbers (another partitioner's tokens as well): such a host is added without tokens. NO_MEMORY, FULL (65535 hosts).
MUST_CHECK enum status cql_ring_builder_add_host(struct cql_ring_builder *builder,
                                                 struct str data_centre, struct str rack,
                                                 struct cql_value tokens);
// replication: the column of that name, map<text, text>. SimpleStrategy and NetworkTopologyStrategy (by full or short class name;
// "3/1" counts as 3); a keyspace of any other strategy has no replicas. CORRUPT: not such a map; nothing is added. NO_MEMORY.
MUST_CHECK enum status cql_ring_builder_add_keyspace(struct cql_ring_builder *builder,
                                                     struct str name, struct cql_value replication);
// The builder may be freed afterwards, not used again. NO_MEMORY.
MUST_CHECK enum status cql_ring_build(struct cql_ring_builder *builder, struct cql_ring **out);
void cql_ring_free(struct cql_ring *ring); // NULL is fine

// Numbers of the hosts that have the token, the primary one first, valid as long as the ring; *count 0: keyspace not known, or nobody.
const uint16_t *cql_ring_replicas(const struct cql_ring *ring, struct str keyspace, int64_t token,
                                  size_t *count);

#endif
