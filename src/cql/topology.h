// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The cluster as the control connection saw it at one time: hosts, and who has which token. Immutable once published.
//
// Made on loop 0 by control; shared by all loops, each of which holds a reference.
#ifndef FOOTFALL_CQL_TOPOLOGY_H
#define FOOTFALL_CQL_TOPOLOGY_H

#include <stdatomic.h>
#include <uv.h>

#include "base/arena.h"
#include "base/error.h"
#include "cql/cql.h"
#include "cql/ring.h"

struct cql_topology_host {
    uint8_t id[16]; // host_id, or made of the address where there is none
    struct sockaddr_storage address;
    struct str data_centre;
    struct str rack;
    struct str tls_name; // what its certificate must be for, when not its address
};

struct cql_topology {
    atomic_uint references;
    struct arena arena;
    struct str release_version; // of the host that was asked, which is the first of the hosts
    struct cql_topology_host *hosts;
    unsigned host_count;
    unsigned host_capacity;
    struct cql_ring_builder *builder; // NULL once it is built
    struct cql_ring *ring;
};

// One reference. NULL: no memory.
struct cql_topology *cql_topology_make(void);
struct cql_topology *cql_topology_retain(struct cql_topology *topology);
void cql_topology_release(struct cql_topology *topology); // NULL is fine

// Rows of system.local (address: that of the connection it came by), of system.peers_v2, of system.peers (default_port). OK, also for
// rows that say too little to be used (a peer that is just joining), which are left out; NO_MEMORY, FULL, CORRUPT.
MUST_CHECK enum status cql_topology_add_local(struct cql_topology *topology,
                                              struct cql_result *result,
                                              const struct sockaddr_storage *address);
MUST_CHECK enum status cql_topology_add_peers(struct cql_topology *topology,
                                              struct cql_result *result, uint16_t default_port);
MUST_CHECK enum status cql_topology_add_keyspaces(struct cql_topology *topology,
                                                  struct cql_result *result);
MUST_CHECK enum status cql_topology_build(struct cql_topology *topology);

// The value of that column in a row; null when there is no such column.
struct cql_value cql_topology_column(const struct cql_result *result,
                                     const struct cql_value *values, struct str name);
bool cql_topology_same_address(const struct sockaddr_storage *a, const struct sockaddr_storage *b,
                               bool with_port);
// 4 or 16 bytes of a CQL inet. False for any other length.
bool cql_topology_address(struct str bytes, uint16_t port, struct sockaddr_storage *out);

#endif
