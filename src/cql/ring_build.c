// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Lays a ring out: sorts the tokens, and walks from each as the replication strategies do.
#include <stdlib.h>

#include "base/check.h"
#include "cql/ring_private.h"

#define CHUNK ((size_t)64 << 10)

// How far a walk has come in one data centre.
struct quota {
    uint32_t left;    // replicas still to be found
    uint32_t repeats; // of them, how many may be in a rack that has one
};

// What walks share, so that a walk allocates nothing. A stamp is the number of the walk that last saw the host or rack.
struct walk {
    struct arena arena;
    const struct cql_ring *ring;
    struct quota *quotas;      // by data centre
    struct quota *quotas_full; // what each walk begins with
    uint32_t data_centre_count;
    size_t *host_stamps;
    size_t *rack_stamps;
    size_t number;
};

static int by_token(const void *a, const void *b) {
    const struct ring_token *left = a;
    const struct ring_token *right = b;
    if (left->token != right->token) {
        return left->token < right->token ? -1 : 1;
    }
    return (int)left->host->number - (int)right->host->number;
}

static int by_name(const void *a, const void *b) {
    const struct ring_named *left = a;
    const struct ring_named *right = b;
    return str_compare(left->name, right->name);
}

static bool lay_tokens(struct cql_ring *ring, const struct cql_ring_builder *builder) {
    ring->tokens = arena_alloc_array(&ring->arena, builder->token_count, sizeof *ring->tokens);
    if (ring->tokens == NULL) {
        return false;
    }
    for (const struct ring_host *host = builder->hosts; host != NULL; host = host->next) {
        for (size_t i = 0; i < host->token_count; i++) {
            ring->tokens[ring->token_count++] = (struct ring_token){host->tokens[i], host};
        }
    }
    CHECK(ring->token_count == builder->token_count);
    qsort(ring->tokens, ring->token_count, sizeof *ring->tokens, by_token);
    return true;
}

static uint32_t least(uint32_t a, uint32_t b) {
    return a < b ? a : b;
}

// SimpleStrategy: the next hosts around the ring, wherever they are.
static uint16_t walk_simple(struct walk *walk, size_t range, size_t wanted, uint16_t *hosts) {
    const struct cql_ring *ring = walk->ring;
    size_t found = 0;
    walk->number++;
    for (size_t step = 0; step < ring->token_count && found < wanted; step++) {
        const struct ring_host *host = ring->tokens[(range + step) % ring->token_count].host;
        if (walk->host_stamps[host->number] != walk->number) {
            walk->host_stamps[host->number] = walk->number;
            hosts[found++] = host->number;
        }
    }
    return (uint16_t)found;
}

// Whether NetworkTopologyStrategy takes this host: its data centre wants one, and its rack is new or racks may repeat.
static bool take_in_network(struct walk *walk, const struct ring_host *host) {
    struct quota *quota = &walk->quotas[host->data_centre->number];
    if (quota->left == 0 || walk->host_stamps[host->number] == walk->number) {
        return false;
    }
    if (walk->rack_stamps[host->rack->number] == walk->number) {
        if (quota->repeats == 0) {
            return false;
        }
        quota->repeats--;
    }
    walk->rack_stamps[host->rack->number] = walk->number;
    walk->host_stamps[host->number] = walk->number;
    quota->left--;
    return true;
}

static uint16_t walk_network(struct walk *walk, size_t range, size_t wanted, uint16_t *hosts) {
    const struct cql_ring *ring = walk->ring;
    size_t found = 0;
    walk->number++;
    memcpy(walk->quotas, walk->quotas_full, walk->data_centre_count * sizeof *walk->quotas);
    for (size_t step = 0; step < ring->token_count && found < wanted; step++) {
        const struct ring_host *host = ring->tokens[(range + step) % ring->token_count].host;
        if (take_in_network(walk, host)) {
            hosts[found++] = host->number;
        }
    }
    return (uint16_t)found;
}

// Fills quotas_full and returns how many replicas a range has in all.
static size_t prepare_network(struct walk *walk, const struct cql_ring_builder *builder,
                              const struct ring_replication *replication) {
    size_t wanted = 0;
    memset(walk->quotas_full, 0, walk->data_centre_count * sizeof *walk->quotas_full);
    for (size_t i = 0; i < replication->factor_count; i++) {
        const struct ring_factor *factor = &replication->factors[i];
        for (const struct ring_place *place = builder->data_centres; place != NULL;
             place = place->next) {
            struct quota *quota = &walk->quotas_full[place->number];
            if (str_equal(place->name, factor->data_centre) && quota->left == 0) {
                quota->left = least(factor->factor, place->host_count);
                quota->repeats =
                    factor->factor > place->rack_count ? factor->factor - place->rack_count : 0;
                wanted += quota->left;
            }
        }
    }
    return wanted;
}

static size_t prepare_simple(const struct cql_ring_builder *builder,
                             const struct ring_replication *replication) {
    for (size_t i = 0; i < replication->factor_count; i++) {
        if (str_equal(replication->factors[i].data_centre, STR("replication_factor"))) {
            return least(replication->factors[i].factor, builder->owner_count);
        }
    }
    return 0;
}

static bool place_replicas(struct cql_ring *ring, struct walk *walk,
                           const struct cql_ring_builder *builder,
                           const struct ring_replication *replication, struct ring_placed *out) {
    bool simple = replication->strategy == RING_STRATEGY_SIMPLE;
    if (simple) {
        out->stride = prepare_simple(builder, replication);
    } else if (replication->strategy == RING_STRATEGY_NETWORK) {
        out->stride = prepare_network(walk, builder, replication);
    }
    out->counts = arena_alloc_array(&ring->arena, ring->token_count, sizeof *out->counts);
    if (out->counts == NULL ||
        (ring->token_count > 0 && out->stride > SIZE_MAX / ring->token_count)) {
        return false;
    }
    out->hosts =
        arena_alloc_array(&ring->arena, ring->token_count * out->stride, sizeof *out->hosts);
    if (out->hosts == NULL) {
        return false;
    }
    for (size_t range = 0; range < ring->token_count && out->stride > 0; range++) {
        uint16_t *hosts = out->hosts + range * out->stride;
        out->counts[range] = simple ? walk_simple(walk, range, out->stride, hosts)
                                    : walk_network(walk, range, out->stride, hosts);
    }
    return true;
}

static bool begin_walks(struct walk *walk, const struct cql_ring *ring,
                        const struct cql_ring_builder *builder) {
    arena_init(&walk->arena, CHUNK, 0);
    walk->ring = ring;
    walk->data_centre_count = builder->data_centre_count;
    walk->quotas =
        arena_alloc_array(&walk->arena, builder->data_centre_count, sizeof *walk->quotas);
    walk->quotas_full =
        arena_alloc_array(&walk->arena, builder->data_centre_count, sizeof *walk->quotas_full);
    walk->host_stamps =
        arena_alloc_array(&walk->arena, builder->host_count, sizeof *walk->host_stamps);
    walk->rack_stamps =
        arena_alloc_array(&walk->arena, builder->rack_count, sizeof *walk->rack_stamps);
    return walk->quotas != NULL && walk->quotas_full != NULL && walk->host_stamps != NULL &&
           walk->rack_stamps != NULL;
}

static bool lay_keyspaces(struct cql_ring *ring, const struct cql_ring_builder *builder) {
    struct walk walk = {0};
    struct ring_placed *placed =
        arena_alloc_array(&ring->arena, builder->replication_count, sizeof *placed);
    ring->keyspaces =
        arena_alloc_array(&ring->arena, builder->keyspace_count, sizeof *ring->keyspaces);
    bool done = begin_walks(&walk, ring, builder) && placed != NULL && ring->keyspaces != NULL;
    for (const struct ring_replication *replication = builder->replications;
         done && replication != NULL; replication = replication->next) {
        done = place_replicas(ring, &walk, builder, replication, &placed[replication->number]);
    }
    for (const struct ring_keyspace *keyspace = builder->keyspaces; done && keyspace != NULL;
         keyspace = keyspace->next) {
        struct str name = arena_copy(&ring->arena, keyspace->name);
        ring->keyspaces[ring->keyspace_count++] =
            (struct ring_named){name, &placed[keyspace->replication->number]};
        done = name.data != NULL;
    }
    if (done) {
        qsort(ring->keyspaces, ring->keyspace_count, sizeof *ring->keyspaces, by_name);
    }
    arena_free(&walk.arena);
    return done;
}

enum status cql_ring_build(struct cql_ring_builder *builder, struct cql_ring **out) {
    *out = NULL;
    struct cql_ring *ring = calloc(1, sizeof *ring);
    if (ring == NULL) {
        return STATUS_NO_MEMORY;
    }
    arena_init(&ring->arena, CHUNK, 0);
    if (!lay_tokens(ring, builder) || !lay_keyspaces(ring, builder)) {
        cql_ring_free(ring);
        return STATUS_NO_MEMORY;
    }
    for (size_t i = 0; i < ring->token_count; i++) {
        ring->tokens[i].host = NULL; // the builder's
    }
    *out = ring;
    return STATUS_OK;
}
