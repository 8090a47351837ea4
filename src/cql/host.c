// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// A loop's hosts: taken from the topology, connected, connected again.
#include "cql/host.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/log.h"
#include "cql/call.h"
#include "cql/policy.h"
#include "cql/prepared.h"
#include "cql/session.h"

static void on_ready(struct cql_connection *connection);
static void on_closed(struct cql_connection *connection, const struct error *why);
static void on_room_freed(struct cql_connection *connection);

static const struct cql_connection_events EVENTS = {
    .ready = on_ready, .closed = on_closed, .event = NULL, .freed = on_room_freed};

static void count_hosts(struct cql_loop *loop) {
    unsigned up = 0;
    for (unsigned i = 0; i < loop->host_count; i++) {
        up += cql_host_is_up(loop->hosts[i]) ? 1 : 0;
    }
    atomic_store_explicit(&loop->counters.hosts_up, up, memory_order_relaxed);
    atomic_store_explicit(&loop->counters.hosts_down, loop->host_count - up, memory_order_relaxed);
}

// The session opens when each loop has a connection, or knows that it will not have one soon.
static void settle(struct cql_loop *loop) {
    bool up = false;
    bool all_tried = true;
    const struct error *why = NULL;
    if (loop->settled) {
        return;
    }
    for (unsigned i = 0; i < loop->host_count; i++) {
        up = up || cql_host_is_up(loop->hosts[i]);
        all_tried = all_tried && loop->hosts[i]->tried;
        why = &loop->hosts[i]->last;
    }
    if (up || all_tried) {
        loop->settled = true;
        cql_session_settle(loop->session, up ? NULL : why);
    }
}

static void free_host(struct cql_host *host) {
    cql_loop_timer_stop(host->loop, &host->reconnect);
    cql_prepared_forget_host(host);
    free(host);
}

// --- Connections ---------------------------------------------------------------------------------------------------
static void on_reconnect(struct cql_timer *timer) {
    cql_host_connect(CONTAINER_OF(timer, struct cql_host, reconnect));
}

static void connect_later(struct cql_host *host) {
    const struct cql_config *config = &host->loop->session->config;
    if (host->removed || cql_timer_runs(&host->reconnect)) {
        return;
    }
    double chance = (double)(cql_loop_chance(host->loop) >> 11) * 0x1.0p-53;
    int64_t wait = cql_policy_backoff_ms(host->attempts, config->reconnect_base_ms,
                                         config->reconnect_max_ms, chance);
    host->attempts++;
    cql_loop_timer(host->loop, &host->reconnect, wait, on_reconnect);
}

void cql_host_connect(struct cql_host *host) {
    const struct cql_config *config = &host->loop->session->config;
    if (host->removed || host->loop->shut) {
        return;
    }
    for (unsigned i = 0; i < config->connections_per_host; i++) {
        if (host->connections[i]) {
            continue;
        }
        host->connections[i] = cql_connection_open(host->loop, &host->address,
                                                   str_from_c(host->tls_name), &EVENTS, host);
        if (!host->connections[i]) {
            connect_later(host);
            return;
        }
        host->open++;
    }
}

static void on_ready(struct cql_connection *connection) {
    struct cql_host *host = connection->owner;
    host->tried = true;
    host->attempts = 0;
    if (host->ready++ == 0) {
        LOG_INFO("cql", "connected", LOG_CSTR("host", host->name),
                 LOG_CSTR("data_centre", host->data_centre));
        count_hosts(host->loop);
        settle(host->loop);
    }
    cql_call_resume_waiting(host->loop);
}

static void forget_connection(struct cql_host *host, const struct cql_connection *connection) {
    for (unsigned i = 0; i < host->loop->session->config.connections_per_host; i++) {
        if (host->connections[i] == connection) {
            host->connections[i] = NULL;
            host->open--;
        }
    }
    // Its state is CLOSED already: what remains is counted.
    unsigned ready = 0;
    for (unsigned i = 0; i < host->loop->session->config.connections_per_host; i++) {
        ready += host->connections[i] && host->connections[i]->state == CQL_CONNECTION_READY;
    }
    host->ready = ready;
}

static void on_closed(struct cql_connection *connection, const struct error *why) {
    struct cql_host *host = connection->owner;
    bool was_up = host->ready > 0;
    forget_connection(host, connection);
    host->last = *why;
    host->tried = true;
    if (host->removed) {
        if (host->open == 0) {
            free_host(host);
        }
        return;
    }
    if (was_up && host->ready == 0) {
        LOG_WARN("cql", "connection lost", LOG_CSTR("host", host->name),
                 LOG_CSTR("reason", why->text));
    } else if (host->attempts == 0) {
        LOG_WARN("cql", "cannot connect", LOG_CSTR("host", host->name),
                 LOG_CSTR("reason", why->text));
    }
    count_hosts(host->loop);
    settle(host->loop);
    connect_later(host);
}

static void on_room_freed(struct cql_connection *connection) {
    if (connection->loop->waiting.first) {
        cql_call_resume_waiting(connection->loop);
    }
}

struct cql_connection *cql_host_connection(const struct cql_host *host) {
    struct cql_connection *best = NULL;
    for (unsigned i = 0; i < host->loop->session->config.connections_per_host; i++) {
        struct cql_connection *connection = host->connections[i];
        if (connection && cql_connection_usable(connection) &&
            (!best || connection->in_flight < best->in_flight)) {
            best = connection;
        }
    }
    return best;
}

unsigned cql_host_load(const struct cql_host *host) {
    unsigned load = 0;
    for (unsigned i = 0; i < host->loop->session->config.connections_per_host; i++) {
        load += host->connections[i] ? host->connections[i]->in_flight : 0;
    }
    return load;
}

bool cql_host_hint(struct cql_loop *loop, const struct sockaddr_storage *address, bool up) {
    bool found = false;
    for (unsigned i = 0; i < loop->host_count; i++) {
        struct cql_host *host = loop->hosts[i];
        if (!cql_topology_same_address(&host->address, address, false)) {
            continue;
        }
        found = true;
        if (up && host->ready == 0) {
            host->attempts = 0;
            cql_loop_timer_stop(loop, &host->reconnect);
            cql_host_connect(host);
        } else if (!up) {
            // What the others say of it need not be so for us: ask it.
            for (unsigned c = 0; c < loop->session->config.connections_per_host; c++) {
                if (host->connections[c]) {
                    cql_connection_probe(host->connections[c]);
                }
            }
        }
    }
    return found;
}

// --- Coming and going ----------------------------------------------------------------------------------------------
void cql_host_remove(struct cql_host *host, bool at_once) {
    struct cql_loop *loop = host->loop;
    for (unsigned i = 0; i < loop->host_count; i++) {
        if (loop->hosts[i] == host) {
            loop->hosts[i] = loop->hosts[--loop->host_count];
        }
    }
    host->removed = true;
    host->open++; // or the last connection's end would free it below our feet
    for (unsigned i = 0; i < loop->session->config.connections_per_host; i++) {
        struct cql_connection *connection = host->connections[i];
        if (connection && at_once) {
            cql_connection_close(connection, STATUS_CLOSED, "the session is closing");
        } else if (connection) {
            cql_connection_drain(connection);
        }
    }
    count_hosts(loop);
    if (--host->open == 0) {
        free_host(host);
    }
}

static struct cql_host *find_host(struct cql_loop *loop, const uint8_t id[16]) {
    for (unsigned i = 0; i < loop->host_count; i++) {
        if (memcmp(loop->hosts[i]->id, id, sizeof loop->hosts[i]->id) == 0) {
            return loop->hosts[i];
        }
    }
    return NULL;
}

static bool reserve_host(struct cql_loop *loop) {
    if (loop->host_count < loop->host_capacity) {
        return true;
    }
    unsigned capacity = loop->host_capacity ? loop->host_capacity * 2 : 8;
    struct cql_host **hosts = realloc(loop->hosts, capacity * sizeof *hosts);
    if (!hosts) {
        return false;
    }
    loop->hosts = hosts;
    struct cql_choice *choices = realloc(loop->choices, capacity * sizeof *choices);
    if (!choices) {
        return false;
    }
    loop->choices = choices;
    loop->host_capacity = capacity;
    return true;
}

static struct cql_host *add_host(struct cql_loop *loop, const uint8_t id[16]) {
    size_t connections = loop->session->config.connections_per_host;
    struct cql_host *host =
        reserve_host(loop) ? calloc(1, sizeof *host + connections * sizeof host->connections[0])
                           : NULL;
    if (host) {
        host->loop = loop;
        host->serial = ++loop->next_serial;
        memcpy(host->id, id, sizeof host->id);
        loop->hosts[loop->host_count++] = host;
    }
    return host;
}

static void update_host(struct cql_host *host, const struct cql_topology_host *from) {
    host->address = from->address;
    cql_address_text(&host->address, host->name);
    snprintf(host->data_centre, sizeof host->data_centre, "%.*s", STR_ARG(from->data_centre));
    host->local = str_equal(from->data_centre, host->loop->session->local_dc);
    snprintf(host->tls_name, sizeof host->tls_name, "%.*s", STR_ARG(from->tls_name));
}

static bool in_topology(const struct cql_topology *topology, const struct cql_host *host) {
    for (unsigned i = 0; i < topology->host_count; i++) {
        if (memcmp(topology->hosts[i].id, host->id, sizeof host->id) == 0) {
            return true;
        }
    }
    return false;
}

static void complain(struct cql_loop *loop) {
    struct error err;
    (void)error_set(&err, STATUS_NO_MEMORY, "no memory for the hosts");
    LOG_WARN("cql", "no memory for a changed topology");
    cql_session_fail(loop->session, &err); // unless it is open: then it goes on with what it has
}

// By number as the topology counts them; NULL: no memory, its requests go to others.
static void take_hosts(struct cql_loop *loop, const struct cql_topology *topology,
                       struct cql_host **by_number) {
    for (unsigned i = 0; i < topology->host_count; i++) {
        struct cql_host *host = find_host(loop, topology->hosts[i].id);
        if (!host) {
            host = add_host(loop, topology->hosts[i].id);
        }
        by_number[i] = host;
        if (host) {
            update_host(host, &topology->hosts[i]);
        } else {
            complain(loop);
        }
    }
}

void cql_host_adopt(struct cql_loop *loop, struct cql_topology *topology) {
    struct cql_host **by_number = calloc(topology->host_count + 1, sizeof(struct cql_host *));
    if (!by_number) {
        complain(loop);
        return;
    }
    for (unsigned i = loop->host_count; i-- > 0;) {
        if (!in_topology(topology, loop->hosts[i])) {
            LOG_INFO("cql", "host has left", LOG_CSTR("host", loop->hosts[i]->name));
            cql_host_remove(loop->hosts[i], false);
        }
    }
    take_hosts(loop, topology, by_number);
    free(loop->by_number);
    loop->by_number = by_number;
    cql_topology_release(loop->topology);
    loop->topology = cql_topology_retain(topology);
    for (unsigned i = 0; i < loop->host_count; i++) {
        if (!cql_timer_runs(&loop->hosts[i]->reconnect)) {
            cql_host_connect(loop->hosts[i]);
        }
    }
    count_hosts(loop);
}
