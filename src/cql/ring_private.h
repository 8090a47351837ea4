// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Between ring.c, which gathers and looks up, and ring_build.c, which lays out.
#ifndef FOOTFALL_CQL_RING_PRIVATE_H
#define FOOTFALL_CQL_RING_PRIVATE_H

#include "cql/ring.h"

// A data centre, or a rack of one.
struct ring_place {
    struct ring_place *next;
    struct str name;
    const struct ring_place *data_centre; // NULL: it is one
    uint32_t number;                      // among data centres, or among the racks of all
    uint32_t host_count;                  // hosts with tokens
    uint32_t rack_count;                  // of a data centre: racks with such hosts
};

struct ring_host {
    struct ring_host *next; // in the order in which they were added
    struct ring_place *data_centre;
    struct ring_place *rack;
    const int64_t *tokens;
    size_t token_count;
    uint16_t number;
};

enum ring_strategy { RING_STRATEGY_NONE, RING_STRATEGY_SIMPLE, RING_STRATEGY_NETWORK };

struct ring_factor {
    struct str data_centre; // of SimpleStrategy: "replication_factor"
    uint32_t factor;
};

struct ring_replication {
    struct ring_replication *next;
    struct str source; // the map's bytes
    enum ring_strategy strategy;
    struct ring_factor *factors;
    size_t factor_count;
    size_t number;
};

struct ring_keyspace {
    struct ring_keyspace *next;
    struct str name;
    struct ring_replication *replication;
};

struct cql_ring_builder {
    struct arena arena;
    struct ring_host *hosts;
    struct ring_host **last_host;
    struct ring_place *data_centres;
    struct ring_place *racks;
    struct ring_replication *replications;
    struct ring_keyspace *keyspaces;
    uint32_t data_centre_count;
    uint32_t rack_count;
    uint32_t owner_count; // hosts with tokens
    size_t host_count;
    size_t token_count;
    size_t replication_count;
    size_t keyspace_count;
};

// --- Laid out -----------------------------------------------------------------------------------------------------
struct ring_token {
    int64_t token;
    const struct ring_host *host; // of the builder's: only while building
};

// Replicas of one replication: of range i the first counts[i] of hosts + i * stride.
struct ring_placed {
    uint16_t *hosts;
    uint16_t *counts;
    size_t stride;
};

struct ring_named {
    struct str name;
    const struct ring_placed *placed;
};

struct cql_ring {
    struct arena arena;
    struct ring_token *tokens; // ascending
    size_t token_count;
    struct ring_named *keyspaces; // by name
    size_t keyspace_count;
};

#endif
