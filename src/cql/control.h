// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The control connection: finds the cluster through the contact points, reads its hosts and keyspaces, hears of changes.
//
//   names ─→ addresses ─→ connection ─→ REGISTER ─→ local ─→ peers ─→ keyspaces ─→ topology, to every loop
//      ↑                      │ lost                    ↑
//      └── back-off ── known hosts first                └── events, a burst of them at once
//
// It lives on loop 0, on a connection of its own. When that is lost another host is asked, while requests go on as they are.
#ifndef FOOTFALL_CQL_CONTROL_H
#define FOOTFALL_CQL_CONTROL_H

#include "cql/connection.h"
#include "cql/topology.h"

#define CQL_CONTROL_NAME 256

struct cql_contact { // a contact point
    char host[CQL_CONTROL_NAME];
    uint16_t port;
};

struct cql_candidate { // an address to be tried
    struct sockaddr_storage address;
    char tls_name[CQL_CONTROL_NAME];
};

enum cql_control_step {
    CQL_CONTROL_OFF,
    CQL_CONTROL_CONNECTING,
    CQL_CONTROL_REGISTERING,
    CQL_CONTROL_LOCAL,
    CQL_CONTROL_PEERS_V2,
    CQL_CONTROL_PEERS,
    CQL_CONTROL_KEYSPACES,
    CQL_CONTROL_IDLE, // all is known
};

struct cql_agreement;

struct cql_control {
    struct cql_command command; // starts it
    struct cql_session *session;
    struct cql_loop *loop;
    struct cql_contact *contacts;
    unsigned contact_count;
    unsigned resolved; // contacts looked up in this round
    uv_getaddrinfo_t lookup;
    bool looking_up;
    void (*look_up_done)(struct cql_control *control);
    struct cql_candidate *candidates;
    unsigned candidate_count;
    unsigned candidate_capacity;
    unsigned next_candidate;
    struct cql_candidate current;
    struct cql_connection *connection; // NULL: none
    struct cql_exchange exchange;
    enum cql_control_step step;
    struct cql_topology *building;
    bool stopped;
    bool refresh_again;
    unsigned attempts;
    struct cql_timer patience; // for a step; for the next round
    struct cql_timer refresh;
    struct buffer failures; // what each candidate of this round said
    enum status worst;
    struct cql_agreement *agreements;
};

// Reads the contact points. INVALID, NO_MEMORY.
MUST_CHECK enum status cql_control_make(struct cql_session *session, struct cql_control **out,
                                        struct error *err);
void cql_control_free(struct cql_control *control);  // NULL is fine; after its loop has ended
void cql_control_start(struct cql_control *control); // any thread; the outcome goes to the session
void cql_control_stop(struct cql_control *control);  // on loop 0

// --- Between control.c, control_read.c, contact.c and agreement.c ---------------------------------------------------------
MUST_CHECK enum status cql_contact_parse(struct str list, uint16_t default_port,
                                         struct cql_contact **out, unsigned *count,
                                         struct error *err);
// Fills the candidates with the known hosts and the addresses of the contact points, then calls next.
void cql_contact_look_up(struct cql_control *control, void (*next)(struct cql_control *control));
void cql_contact_note_failure(struct cql_control *control, const struct error *why);
const char *cql_contact_tls_name(const struct cql_control *control,
                                 const struct sockaddr_storage *address);
void cql_control_read(struct cql_control *control, bool first);
void cql_control_refresh_soon(struct cql_control *control);
void cql_control_on_event(struct cql_connection *connection, const struct cql_event *event);
// A query without values.
MUST_CHECK enum status cql_control_ask(struct cql_connection *connection,
                                       struct cql_exchange *exchange, struct str text);
// The rows that answer it. INVALID: the server refuses the statement.
MUST_CHECK enum status cql_control_rows(struct cql_frame *frame, struct cql_result **out,
                                        struct error *err);
void cql_agreement_end_all(struct cql_control *control);

#endif
