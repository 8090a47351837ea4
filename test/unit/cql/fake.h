// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// A Cassandra that does what a test wants it to: hosts on 127.x.y.1, .2, ... that speak protocol v4 and can fail in ways a real one
// cannot be made to.
//
// Without a script a host logs in, describes the cluster as it is, prepares what it is asked and answers everything else with a void
// result. A test's script sees each request first. Each connection has a thread; scripts run on it.
#ifndef FOOTFALL_TEST_UNIT_CQL_FAKE_H
#define FOOTFALL_TEST_UNIT_CQL_FAKE_H

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/thread.h"
#include "cql/cql.h"
#include "cql/frame.h"
#include "cql/message.h"

#define FAKE_HOSTS_MAX 4
#define FAKE_CONNECTIONS_MAX 64
#define FAKE_STATEMENTS_MAX 32

#define FAKE_HELD_MAX 512

struct fake_host;

struct fake_connection {
    struct fake_host *host;
    int fd;
    pthread_t thread;
    bool used; // its thread is to be joined
    bool open;
    bool registered; // wants events
    bool lz4;        // may be sent compressed frames
};

struct fake_request {
    struct fake_host *host;
    struct fake_connection *connection;
    uint8_t opcode;
    int16_t stream;
    struct str body;
    bool compressed; // it came so
};
// True: the request is dealt with, answered or not.
typedef bool fake_script(const struct fake_request *request, void *context);

struct fake_host {
    struct fake *fake;
    unsigned number; // 1, 2, ...: the last byte of its address
    bool member;     // the others have it among their peers
    const char *data_centre;
    const char *token; // decimal
    int listener;      // -1: refuses connections
    pthread_t acceptor;
    struct fake_connection connections[FAKE_CONNECTIONS_MAX];
    unsigned requests[32]; // by opcode
    unsigned accepted;
    unsigned id_version; // part of the ids of statements; another one makes them all unknown
    char *statements[FAKE_STATEMENTS_MAX]; // prepared
    unsigned statement_count;
};

struct fake {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    char net[16]; // "127.70.3"
    uint16_t port;
    struct fake_host hosts[FAKE_HOSTS_MAX];
    unsigned host_count;
    unsigned replication; // of keyspace ks
    bool no_peers_v2;     // a server before 4.0
    bool lz4;             // offered
    const char *username; // NULL: no login
    const char *password;
    bool holding; // what applications send is not answered but held
    struct fake_request held[FAKE_HELD_MAX];
    unsigned held_count;
    fake_script
        *script; // NULL: none; set before the session is opened, or while nothing is in flight
    void *context;
};

// Hosts 1 to count, in data centre "dc1", with evenly spread tokens; all listening.
struct fake *fake_start(unsigned count);
void fake_stop(struct fake *fake);
// From the next request on. What a test changes in the struct itself it changes between fake_lock and fake_unlock.
void fake_use(struct fake *fake, fake_script *script, void *context);
void fake_set_replication(struct fake *fake, unsigned replicas); // of keyspace ks
void fake_lock(struct fake *fake);
void fake_unlock(struct fake *fake);
// One fake, with short times; contact point is host 1.
struct cql_config fake_config(struct fake *fake);
struct cql_session *fake_open(const struct cql_config *config); // asserts
void fake_down(struct fake_host *host); // closes its connections, refuses new ones
void fake_up(struct fake_host *host);
void fake_cut(struct fake_host *host); // closes its connections; new ones are welcome
void fake_forget_statements(struct fake_host *host, unsigned id_version);

void fake_reply(const struct fake_request *request, uint8_t opcode, struct str body);
void fake_reply_void(const struct fake_request *request);
void fake_reply_error(const struct fake_request *request, uint32_t code, const char *message,
                      struct str more);
// Does what would have been done without a script.
void fake_answer(const struct fake_request *request);
// EXECUTE and BATCH are held from now on (or no longer, which answers none of them).
void fake_hold(struct fake *fake, bool on);
void fake_wait_held(struct fake *fake, unsigned count); // until so many are held
void fake_release_all(struct fake *fake);               // answers those that are held: void
// To all connections that registered: kind "STATUS_CHANGE", change "UP", about host.
void fake_event(struct fake *fake, const char *kind, const char *change,
                const struct fake_host *about);
void fake_schema_event(struct fake *fake, const char *keyspace);

// Waits, 20 s at most, until condition(context) holds; it is called under the fake's lock. Fails the test after that.
void fake_wait(struct fake *fake, bool (*condition)(void *context), void *context);
unsigned fake_requests(struct fake_host *host, enum cql_opcode opcode); // so far
unsigned fake_accepted(struct fake_host *host);
unsigned fake_open_connections(struct fake_host *host);

// Polls the session's statistics until the condition holds.
void fake_wait_stats(struct cql_session *session, bool (*condition)(const struct cql_stats *stats));

#endif
