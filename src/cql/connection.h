// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// One connection to one host: opened, logged in, asked, watched, closed.
//
//   CONNECTING ─→ (SECURING) ─→ GREETING ─→ READY ─→ CLOSED
//        └───────────┴─────────────┴──────────────────↑
//
// Requests are written into one output buffer and sent together before the loop sleeps. A stream id is free, in use by an exchange, or
// retired: its exchange was given up, and a late reply may still come. When too many are retired the connection is closed.
// An idle connection, and one that owes replies and says nothing, is asked OPTIONS from time to time; no answer closes it.
//
// All on the loop's thread. Owner: itself; after `closed` was called nobody may use it any more.
#ifndef FOOTFALL_CQL_CONNECTION_H
#define FOOTFALL_CQL_CONNECTION_H

#include <uv.h>

#include "cql/frame.h"
#include "cql/loop.h"
#include "cql/message.h"
#include "cql/tls.h"

enum cql_connection_state {
    CQL_CONNECTION_CONNECTING,
    CQL_CONNECTION_SECURING,
    CQL_CONNECTION_GREETING,
    CQL_CONNECTION_READY,
    CQL_CONNECTION_CLOSED,
};

#define CQL_ADDRESS_TEXT 72 // "[v6]:65535" and more
// "127.0.0.1:9042", "[::1]:9042".
void cql_address_text(const struct sockaddr_storage *address, char out[CQL_ADDRESS_TEXT]);

// One request that waits for its reply; part of its owner's object, which lives until answered was called or it was abandoned.
struct cql_exchange {
    // err NULL: reply is the server's; its block may be taken. Otherwise err says why there will be none, and reply is NULL.
    void (*answered)(struct cql_exchange *exchange, struct cql_frame *frame,
                     const struct error *err);
    struct cql_connection *connection; // NULL: not in flight
    uint64_t begins;                   // where its frame begins in all that the connection sends
    uint16_t stream;
    bool sent; // set before answered is called with err: the server may have seen it
};

struct cql_connection_events {
    void (*ready)(struct cql_connection *connection);
    // All its exchanges were answered. UNAVAILABLE, IO, TIMEOUT, CORRUPT; DENIED, UNSUPPORTED: trying again is of no use. CLOSED: by us.
    void (*closed)(struct cql_connection *connection, const struct error *why);
    void (*event)(struct cql_connection *connection,
                  const struct cql_event *event);     // NULL: none come
    void (*freed)(struct cql_connection *connection); // a stream id, or room for output
};

struct cql_connection {
    uv_tcp_t tcp;
    uv_connect_t connect;
    uv_write_t write;
    struct cql_loop *loop;
    const struct cql_connection_events *events;
    void *owner;
    enum cql_connection_state state;
    struct error why; // it ends
    char address[CQL_ADDRESS_TEXT];
    struct str tls_name; // what its certificate must be for; the owner's

    struct cql_frame_reader reader;
    struct buffer out; // frames not yet given to the socket
    struct buffer cipher;
    struct buffer flying; // what uv_write is at
    bool writing;
    bool dirty;
    bool compress;
    struct cql_connection *next_dirty;
    uint64_t sent_total; // bytes of frames given to the socket, or to TLS

    struct cql_exchange **slots; // by stream id; &retired: given up
    uint16_t *free_ids;
    unsigned free_count;
    unsigned slot_count;
    unsigned in_flight; // slots in use, also the retired ones
    unsigned retired;
    struct cql_exchange *beginning; // between begin and end
    size_t begin_at;

    struct cql_tls_stream tls;
    struct cql_timer timer; // until READY: the time to connect; then: heartbeat
    struct cql_exchange greeting;
    unsigned challenges;
    struct cql_exchange heartbeat;
    int64_t heard_ms;     // last bytes that came
    int64_t heartbeat_ms; // when the one in flight was sent
    bool drain;           // close when nothing is in flight
};

// Starts to connect; ready or closed follows, never before this has returned. NULL: no memory.
struct cql_connection *cql_connection_open(struct cql_loop *loop,
                                           const struct sockaddr_storage *address,
                                           struct str tls_name,
                                           const struct cql_connection_events *events, void *owner);
// Answers what is in flight with that status, then calls closed. A closed one is fine.
__attribute__((format(printf, 3, 4))) void cql_connection_close(struct cql_connection *connection,
                                                                enum status status,
                                                                const char *format, ...);
void cql_connection_drain(struct cql_connection *connection); // closes when nothing is in flight

// A request goes: NULL when there is no stream id or too much to be written; else the buffer to append the body to. Then the end: what
// cql_frame_end says; OK: answered will be called. `reserved`: may use the ids kept for what keeps the connection going.
struct buffer *cql_connection_begin(struct cql_connection *connection,
                                    struct cql_exchange *exchange, enum cql_opcode opcode,
                                    bool reserved);
MUST_CHECK enum status cql_connection_end(struct cql_connection *connection);
// answered will not be called any more. The stream id is retired.
void cql_connection_abandon(struct cql_exchange *exchange);
bool cql_connection_usable(const struct cql_connection *connection);
void cql_connection_probe(struct cql_connection *connection); // asks for a sign of life now
void cql_connection_flush(struct cql_connection *connection); // for the loop, before it sleeps

// --- Between connection.c, its streams, output and greeting -------------------------------------------------------------
void cql_connection_greet(struct cql_connection *connection); // after TCP and TLS
void cql_connection_ready(struct cql_connection *connection); // logged in
void cql_connection_mark_dirty(struct cql_connection *connection);
MUST_CHECK enum status cql_connection_streams_init(struct cql_connection *connection);
void cql_connection_streams_free(struct cql_connection *connection);
void cql_connection_dispatch(struct cql_connection *connection, struct cql_frame *frame);
void cql_connection_answer_all(struct cql_connection *connection);

#endif
