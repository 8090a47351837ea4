// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The ring: what the system tables say, gathered, then laid out in arrays that a lookup searches.
#include "cql/ring.h"

#include <stdlib.h>

#include "cql/ring_private.h"

#define CHUNK ((size_t)16 << 10)
#define HOSTS_MAX ((size_t)UINT16_MAX)

struct cql_ring_builder *cql_ring_builder_make(void) {
    struct cql_ring_builder *builder = malloc(sizeof *builder);
    if (builder == NULL) {
        return NULL;
    }
    *builder = (struct cql_ring_builder){.last_host = &builder->hosts};
    arena_init(&builder->arena, CHUNK, 0);
    return builder;
}

void cql_ring_builder_free(struct cql_ring_builder *builder) {
    if (builder != NULL) {
        arena_free(&builder->arena);
        free(builder);
    }
}

// The number of that name in that data centre (NULL: of a data centre), given when it is first seen. False: no memory.
static bool place_of(struct cql_ring_builder *builder, struct str name,
                     const struct ring_place *data_centre, struct ring_place **out) {
    struct ring_place **list = data_centre == NULL ? &builder->data_centres : &builder->racks;
    for (struct ring_place *place = *list; place != NULL; place = place->next) {
        if (place->data_centre == data_centre && str_equal(place->name, name)) {
            *out = place;
            return true;
        }
    }
    struct ring_place *place = arena_alloc_zero(&builder->arena, sizeof *place);
    if (place == NULL) {
        return false;
    }
    place->name = arena_copy(&builder->arena, name);
    if (place->name.data == NULL) {
        return false;
    }
    place->data_centre = data_centre;
    place->number = data_centre == NULL ? builder->data_centre_count++ : builder->rack_count++;
    place->next = *list;
    *list = place;
    *out = place;
    return true;
}

// set<text> of decimal numbers.
static enum status read_tokens(struct cql_ring_builder *builder, struct ring_host *host,
                               struct cql_value tokens) {
    struct cql_elements elements;
    int32_t count = 0;
    if (cql_get_collection(tokens, &elements, &count) != STATUS_OK) {
        return STATUS_CORRUPT;
    }
    int64_t *read = arena_alloc_array(&builder->arena, (size_t)count, sizeof *read);
    if (read == NULL) {
        return STATUS_NO_MEMORY;
    }
    for (int32_t i = 0; i < count; i++) {
        struct cql_value token;
        if (cql_next_element(&elements, &token) != STATUS_OK ||
            !str_to_i64(token.bytes, &read[i])) {
            return STATUS_CORRUPT;
        }
    }
    host->tokens = read;
    host->token_count = (size_t)count;
    return STATUS_OK;
}

enum status cql_ring_builder_add_host(struct cql_ring_builder *builder, struct str data_centre,
                                      struct str rack, struct cql_value tokens) {
    if (builder->host_count == HOSTS_MAX) {
        return STATUS_FULL;
    }
    struct ring_host *host = arena_alloc_zero(&builder->arena, sizeof *host);
    if (host == NULL || !place_of(builder, data_centre, NULL, &host->data_centre) ||
        !place_of(builder, rack, host->data_centre, &host->rack)) {
        return STATUS_NO_MEMORY;
    }
    enum status status = read_tokens(builder, host, tokens);
    if (status == STATUS_NO_MEMORY) {
        return status;
    }
    if (host->token_count > 0) {
        host->data_centre->host_count++;
        host->rack->host_count++;
        host->data_centre->rack_count += host->rack->host_count == 1 ? 1 : 0;
        builder->owner_count++;
        builder->token_count += host->token_count;
    }
    host->number = (uint16_t)builder->host_count++;
    *builder->last_host = host;
    builder->last_host = &host->next;
    return status;
}

// --- Replication --------------------------------------------------------------------------------------------------
// "3", or "3/1" where one of the three is transient.
static bool read_factor(struct str text, uint32_t *out) {
    uint64_t factor = 0;
    if (!str_to_u64(str_cut(&text, '/'), &factor)) {
        return false;
    }
    *out = factor > HOSTS_MAX ? (uint32_t)HOSTS_MAX : (uint32_t)factor;
    return true;
}

static enum ring_strategy strategy_of(struct str class_name) {
    struct str name = class_name;
    while (memchr(name.data, '.', name.len) != NULL) {
        (void)str_cut(&name, '.');
    }
    if (name.len == 0) {
        return RING_STRATEGY_NONE;
    }
    if (str_equal(name, STR("SimpleStrategy"))) {
        return RING_STRATEGY_SIMPLE;
    }
    return str_equal(name, STR("NetworkTopologyStrategy")) ? RING_STRATEGY_NETWORK
                                                           : RING_STRATEGY_NONE;
}

// What the map says, key by key; class first known when it is all read, so factors are read for all strategies and may be none.
static enum status read_replication(struct cql_ring_builder *builder, struct cql_value map,
                                    struct ring_replication *out) {
    struct cql_elements elements;
    struct cql_value key;
    struct cql_value value;
    int32_t count = 0;
    if (cql_is_null(map) || cql_get_collection(map, &elements, &count) != STATUS_OK) {
        return STATUS_CORRUPT;
    }
    out->factors = arena_alloc_array(&builder->arena, (size_t)count, sizeof *out->factors);
    if (out->factors == NULL) {
        return STATUS_NO_MEMORY;
    }
    bool readable = true;
    for (int32_t i = 0; i < count; i++) {
        if (cql_next_element(&elements, &key) != STATUS_OK ||
            cql_next_element(&elements, &value) != STATUS_OK || cql_is_null(value)) {
            return STATUS_CORRUPT;
        }
        struct ring_factor *factor = &out->factors[out->factor_count];
        if (str_equal(key.bytes, STR("class"))) {
            out->strategy = strategy_of(value.bytes);
        } else if (read_factor(value.bytes, &factor->factor)) {
            factor->data_centre = arena_copy(&builder->arena, key.bytes);
            if (factor->data_centre.data == NULL) {
                return STATUS_NO_MEMORY;
            }
            out->factor_count++;
        } else {
            readable = false;
        }
    }
    return readable || out->strategy == RING_STRATEGY_NONE ? STATUS_OK : STATUS_CORRUPT;
}

// Keyspaces mostly replicate alike; equal maps come as equal bytes.
static enum status replication_of(struct cql_ring_builder *builder, struct cql_value map,
                                  struct ring_replication **out) {
    for (struct ring_replication *known = builder->replications; known != NULL;
         known = known->next) {
        if (str_equal(known->source, map.bytes)) {
            *out = known;
            return STATUS_OK;
        }
    }
    struct ring_replication *made = arena_alloc_zero(&builder->arena, sizeof *made);
    if (made == NULL) {
        return STATUS_NO_MEMORY;
    }
    enum status status = read_replication(builder, map, made);
    if (status != STATUS_OK) {
        return status;
    }
    made->source = arena_copy(&builder->arena, map.bytes);
    if (made->source.data == NULL) {
        return STATUS_NO_MEMORY;
    }
    made->number = builder->replication_count++;
    made->next = builder->replications;
    builder->replications = made;
    *out = made;
    return STATUS_OK;
}

enum status cql_ring_builder_add_keyspace(struct cql_ring_builder *builder, struct str name,
                                          struct cql_value replication) {
    struct ring_keyspace *keyspace = arena_alloc_zero(&builder->arena, sizeof *keyspace);
    if (keyspace == NULL) {
        return STATUS_NO_MEMORY;
    }
    enum status status = replication_of(builder, replication, &keyspace->replication);
    if (status != STATUS_OK) {
        return status;
    }
    keyspace->name = arena_copy(&builder->arena, name);
    if (keyspace->name.data == NULL) {
        return STATUS_NO_MEMORY;
    }
    keyspace->next = builder->keyspaces;
    builder->keyspaces = keyspace;
    builder->keyspace_count++;
    return STATUS_OK;
}

// --- Looking up ---------------------------------------------------------------------------------------------------
void cql_ring_free(struct cql_ring *ring) {
    if (ring != NULL) {
        arena_free(&ring->arena);
        free(ring);
    }
}

static const struct ring_placed *placed_of(const struct cql_ring *ring, struct str keyspace) {
    size_t low = 0;
    size_t high = ring->keyspace_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = str_compare(ring->keyspaces[middle].name, keyspace);
        if (order == 0) {
            return ring->keyspaces[middle].placed;
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

// The number of the first token >= t; behind the last comes the first again.
static size_t range_of(const struct cql_ring *ring, int64_t token) {
    size_t low = 0;
    size_t high = ring->token_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (ring->tokens[middle].token < token) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low == ring->token_count ? 0 : low;
}

const uint16_t *cql_ring_replicas(const struct cql_ring *ring, struct str keyspace, int64_t token,
                                  size_t *count) {
    *count = 0;
    const struct ring_placed *placed = placed_of(ring, keyspace);
    if (placed == NULL || ring->token_count == 0) {
        return NULL;
    }
    size_t range = range_of(ring, token);
    *count = placed->counts[range];
    return placed->hosts + range * placed->stride;
}
