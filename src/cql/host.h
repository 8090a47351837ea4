// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// A host as one loop knows it: its connections, whether it answers, and what is prepared there.
//
// A host without a connection is tried again with growing pauses, sooner when an event says that it is up. Up means: at least one
// connection is ready; nobody waits for the cluster to say that a host is down. All on the loop's thread.
#ifndef FOOTFALL_CQL_HOST_H
#define FOOTFALL_CQL_HOST_H

#include "cql/connection.h"
#include "cql/topology.h"

struct cql_prepared_at;

struct cql_host {
    struct cql_loop *loop;
    uint8_t id[16];
    uint32_t serial; // of the loop's hosts, never used twice
    struct sockaddr_storage address;
    char name[CQL_ADDRESS_TEXT];
    char tls_name[256]; // what its certificate must be for
    char data_centre[128];
    bool local;
    bool removed;
    bool tried;     // an attempt to connect has ended, either way
    bool replica;   // scratch of choosing
    unsigned ready; // connections
    unsigned open;  // connections, ready or not
    unsigned attempts;
    struct cql_timer reconnect;
    struct error last;                 // why the last connection ended
    struct cql_prepared_at **prepared; // by the statement's index
    unsigned prepared_count;
    struct cql_connection *connections[]; // config.connections_per_host; NULL: none
};

// The loop's hosts become those of the topology: new ones are connected to, gone ones drained.
void cql_host_adopt(struct cql_loop *loop, struct cql_topology *topology);
// Takes it off the loop's list. at_once: its connections are closed; else they finish what is in flight.
void cql_host_remove(struct cql_host *host, bool at_once);
void cql_host_connect(struct cql_host *host); // those connections that are missing
// The connection with the least in flight, of those that can take a request; NULL: none.
struct cql_connection *cql_host_connection(const struct cql_host *host);
static inline bool cql_host_is_up(const struct cql_host *host) {
    return host->ready > 0 && !host->removed;
}
unsigned cql_host_load(const struct cql_host *host);
// An event of the cluster's about the host with that address. False: there is none.
bool cql_host_hint(struct cql_loop *loop, const struct sockaddr_storage *address, bool up);

#endif
