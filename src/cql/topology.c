// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Reading the system tables into hosts and a ring.
#include "cql/topology.h"

#include <arpa/inet.h>
#include <stdlib.h>

#include "base/log.h"

#define ARENA_CHUNK 4096
#define COLUMNS_MAX 64

struct cql_topology *cql_topology_make(void) {
    struct cql_topology *topology = calloc(1, sizeof *topology);
    if (!topology) {
        return NULL;
    }
    atomic_init(&topology->references, 1);
    arena_init(&topology->arena, ARENA_CHUNK, 0);
    topology->builder = cql_ring_builder_make();
    if (!topology->builder) {
        cql_topology_release(topology);
        return NULL;
    }
    return topology;
}

struct cql_topology *cql_topology_retain(struct cql_topology *topology) {
    atomic_fetch_add(&topology->references, 1);
    return topology;
}

void cql_topology_release(struct cql_topology *topology) {
    if (topology && atomic_fetch_sub(&topology->references, 1) == 1) {
        cql_ring_builder_free(topology->builder);
        cql_ring_free(topology->ring);
        arena_free(&topology->arena);
        free(topology->hosts);
        free(topology);
    }
}

struct cql_value cql_topology_column(const struct cql_result *result,
                                     const struct cql_value *values, struct str name) {
    unsigned count = cql_result_column_count(result);
    for (unsigned i = 0; i < count; i++) {
        if (str_equal(cql_result_column_name(result, i), name)) {
            return values[i];
        }
    }
    return (struct cql_value){STR_EMPTY};
}

bool cql_topology_address(struct str bytes, uint16_t port, struct sockaddr_storage *out) {
    memset(out, 0, sizeof *out);
    if (bytes.len == 4) {
        struct sockaddr_in *v4 = (struct sockaddr_in *)(void *)out;
        v4->sin_family = AF_INET;
        v4->sin_port = htons(port);
        memcpy(&v4->sin_addr, bytes.data, 4);
    } else if (bytes.len == 16) {
        struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)(void *)out;
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons(port);
        memcpy(&v6->sin6_addr, bytes.data, 16);
    }
    return bytes.len == 4 || bytes.len == 16;
}

bool cql_topology_same_address(const struct sockaddr_storage *a, const struct sockaddr_storage *b,
                               bool with_port) {
    if (a->ss_family != b->ss_family) {
        return false;
    }
    if (a->ss_family == AF_INET6) {
        const struct sockaddr_in6 *x = (const struct sockaddr_in6 *)(const void *)a;
        const struct sockaddr_in6 *y = (const struct sockaddr_in6 *)(const void *)b;
        return memcmp(&x->sin6_addr, &y->sin6_addr, sizeof x->sin6_addr) == 0 &&
               (!with_port || x->sin6_port == y->sin6_port);
    }
    const struct sockaddr_in *x = (const struct sockaddr_in *)(const void *)a;
    const struct sockaddr_in *y = (const struct sockaddr_in *)(const void *)b;
    return x->sin_addr.s_addr == y->sin_addr.s_addr && (!with_port || x->sin_port == y->sin_port);
}

// Without a host id a host is known by its address.
static void set_id(struct cql_topology_host *host, struct cql_value id) {
    if (cql_get_uuid(id, host->id) == STATUS_OK && !cql_is_null(id)) {
        return;
    }
    memset(host->id, 0, sizeof host->id);
    if (host->address.ss_family == AF_INET6) {
        const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)(const void *)&host->address;
        memcpy(host->id, &v6->sin6_addr, sizeof host->id);
    } else {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)(const void *)&host->address;
        memcpy(host->id, &v4->sin_addr, sizeof v4->sin_addr);
        memcpy(host->id + 4, &v4->sin_port, sizeof v4->sin_port);
    }
}

static enum status append_host(struct cql_topology *topology,
                               const struct cql_topology_host *host) {
    if (topology->host_count == topology->host_capacity) {
        unsigned capacity = topology->host_capacity ? topology->host_capacity * 2 : 8;
        struct cql_topology_host *grown =
            realloc(topology->hosts, capacity * sizeof *topology->hosts);
        if (!grown) {
            return STATUS_NO_MEMORY;
        }
        topology->hosts = grown;
        topology->host_capacity = capacity;
    }
    topology->hosts[topology->host_count++] = *host;
    return STATUS_OK;
}

static enum status add_host(struct cql_topology *topology, const struct cql_result *result,
                            const struct cql_value *values,
                            const struct sockaddr_storage *address) {
    struct cql_topology_host host = {.address = *address};
    host.data_centre =
        arena_copy(&topology->arena, cql_topology_column(result, values, STR("data_center")).bytes);
    host.rack =
        arena_copy(&topology->arena, cql_topology_column(result, values, STR("rack")).bytes);
    if (!host.data_centre.data || !host.rack.data) {
        return STATUS_NO_MEMORY;
    }
    set_id(&host, cql_topology_column(result, values, STR("host_id")));
    enum status status =
        cql_ring_builder_add_host(topology->builder, host.data_centre, host.rack,
                                  cql_topology_column(result, values, STR("tokens")));
    if (status == STATUS_CORRUPT) {
        LOG_WARN("cql", "a host's tokens are not of Murmur3Partitioner: requests go to any host");
        status = STATUS_OK;
    }
    return status == STATUS_OK ? append_host(topology, &host) : status;
}

// Calls add for each row.
static enum status each_row(struct cql_result *result,
                            enum status (*add)(void *context, const struct cql_value *values),
                            void *context) {
    struct cql_value values[COLUMNS_MAX];
    unsigned count = cql_result_column_count(result);
    if (count > COLUMNS_MAX) {
        return STATUS_CORRUPT;
    }
    enum status status;
    while ((status = cql_result_next(result, values, count)) == STATUS_OK) {
        status = add(context, values);
        if (status != STATUS_OK) {
            return status;
        }
    }
    return status == STATUS_END ? STATUS_OK : status;
}

struct adding {
    struct cql_topology *topology;
    const struct cql_result *result;
    const struct sockaddr_storage *address;
    uint16_t default_port;
};

static enum status add_local_row(void *context, const struct cql_value *values) {
    const struct adding *adding = context;
    struct cql_topology *topology = adding->topology;
    topology->release_version =
        arena_copy(&topology->arena,
                   cql_topology_column(adding->result, values, STR("release_version")).bytes);
    return topology->release_version.data
               ? add_host(topology, adding->result, values, adding->address)
               : STATUS_NO_MEMORY;
}

enum status cql_topology_add_local(struct cql_topology *topology, struct cql_result *result,
                                   const struct sockaddr_storage *address) {
    struct adding adding = {topology, result, address, 0};
    return each_row(result, add_local_row, &adding);
}

static bool is_unspecified(struct str bytes) {
    for (size_t i = 0; i < bytes.len; i++) {
        if (bytes.data[i] != 0) {
            return false;
        }
    }
    return true; // also when there is none
}

// Where clients reach a peer: native_address (peers_v2) or rpc_address, and where that is 0.0.0.0 the address peers use.
static bool peer_address(const struct adding *adding, const struct cql_value *values,
                         struct sockaddr_storage *out) {
    const struct cql_result *result = adding->result;
    struct str bytes = cql_topology_column(result, values, STR("native_address")).bytes;
    int32_t port = 0;
    if (cql_get_int(cql_topology_column(result, values, STR("native_port")), &port) != STATUS_OK ||
        port <= 0 || port > UINT16_MAX) {
        port = adding->default_port;
    }
    if (bytes.len == 0) {
        bytes = cql_topology_column(result, values, STR("rpc_address")).bytes;
    }
    if (is_unspecified(bytes)) {
        bytes = cql_topology_column(result, values, STR("peer")).bytes;
    }
    return cql_topology_address(bytes, (uint16_t)port, out);
}

static bool is_known(const struct cql_topology *topology, const struct sockaddr_storage *address) {
    for (unsigned i = 0; i < topology->host_count; i++) {
        if (cql_topology_same_address(&topology->hosts[i].address, address, true)) {
            return true;
        }
    }
    return false;
}

static enum status add_peer_row(void *context, const struct cql_value *values) {
    const struct adding *adding = context;
    struct sockaddr_storage address;
    bool complete = peer_address(adding, values, &address) &&
                    !cql_is_null(cql_topology_column(adding->result, values, STR("data_center"))) &&
                    !cql_is_null(cql_topology_column(adding->result, values, STR("tokens")));
    if (!complete || is_known(adding->topology, &address)) {
        LOG_DEBUG("cql", "a peer is left out: its row is incomplete or names a host twice");
        return STATUS_OK;
    }
    return add_host(adding->topology, adding->result, values, &address);
}

enum status cql_topology_add_peers(struct cql_topology *topology, struct cql_result *result,
                                   uint16_t default_port) {
    struct adding adding = {topology, result, NULL, default_port};
    return each_row(result, add_peer_row, &adding);
}

static enum status add_keyspace_row(void *context, const struct cql_value *values) {
    const struct adding *adding = context;
    struct str name = cql_topology_column(adding->result, values, STR("keyspace_name")).bytes;
    enum status status = cql_ring_builder_add_keyspace(
        adding->topology->builder, name,
        cql_topology_column(adding->result, values, STR("replication")));
    if (status == STATUS_CORRUPT) {
        LOG_WARN("cql", "a keyspace's replication cannot be read: its requests go to any host",
                 LOG_STR("keyspace", name));
        status = STATUS_OK;
    }
    return status;
}

enum status cql_topology_add_keyspaces(struct cql_topology *topology, struct cql_result *result) {
    struct adding adding = {topology, result, NULL, 0};
    return each_row(result, add_keyspace_row, &adding);
}

enum status cql_topology_build(struct cql_topology *topology) {
    enum status status = cql_ring_build(topology->builder, &topology->ring);
    cql_ring_builder_free(topology->builder);
    topology->builder = NULL;
    return status;
}
