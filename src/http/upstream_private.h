// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What the files of the upstream client share. Private to http.
//
//   upstream ── target, one a URL ── peer, peer, ...   the addresses of its name: all loops and the threads of the upstream
//      └── a loop's part ── address, one a peer ── connection, connection, ...   one loop's thread
#ifndef FOOTFALL_HTTP_UPSTREAM_PRIVATE_H
#define FOOTFALL_HTTP_UPSTREAM_PRIVATE_H

#include <pthread.h>

#include "http/server_private.h"
#include "http/tls.h"
#include "http/upstream.h"

#define HTTP_UPSTREAM_HEADERS 100
#define HTTP_UPSTREAM_READ ((size_t)64 * 1024)
#define HTTP_UPSTREAM_ATTEMPTS 3
#define HTTP_UPSTREAM_GAUGES 4
// A reply up to this length is passed on when it is whole, so that one that breaks off is told as an error.
#define HTTP_UPSTREAM_WHOLE ((size_t)64 * 1024)

struct http_upstream_target {
    char host[254];
    uint16_t port;
    bool tls;
    struct http_upstream *upstream;
    char authority[264];              // "host:port", for the Host header
    struct http_upstream_peer *peers; // HTTP_UPSTREAM_ADDRESSES
    metrics_id requests;
    metrics_id failures;
    metrics_id ejections;
    metrics_id gauges[HTTP_UPSTREAM_GAUGES];
};

enum http_upstream_presence {
    HTTP_UPSTREAM_EMPTY,   // the place is free
    HTTP_UPSTREAM_PRESENT, // its name leads there
    HTTP_UPSTREAM_GONE,    // its name no longer leads there; connections may be left
};

// An address as all loops see it.
struct http_upstream_peer {
    struct http_upstream_target *target;
    // Changes only from EMPTY, with the mutex of the upstream held, and is read with it.
    struct sockaddr_storage address;
    socklen_t length;
    char text[HTTP_IP_TEXT_MAX];
    atomic_int presence;    // changes with the mutex held
    atomic_bool unhealthy;  // by health checks
    atomic_uint against;    // checks in a row that say otherwise
    atomic_bool distrusted; // the last TLS handshake failed, and the log says so
    atomic_uint connections;
    atomic_uint active;    // requests whose replies have not come
    atomic_uint failures;  // in a row
    atomic_uint ejections; // that are not forgiven
    _Atomic(int64_t) ejected_until_us;
    _Atomic(int64_t) forgive_us; // when the next one is forgiven
    // Since it is present.
    _Atomic(uint64_t) requests;
    _Atomic(uint64_t) failed;
    _Atomic(uint64_t) ejected;
    _Atomic(uint64_t) checks;
};

enum http_upstream_refusal {
    HTTP_UPSTREAM_REFUSED_ACTIVE,
    HTTP_UPSTREAM_REFUSED_WAITING,
    HTTP_UPSTREAM_REFUSED_CONNECTION,
    HTTP_UPSTREAM_REFUSED_RETRY,
    HTTP_UPSTREAM_REFUSALS
};

struct http_upstream {
    struct http_upstream_config config; // defaults filled in
    atomic_uint active;
    atomic_uint waiting;
    atomic_uint retrying;
    atomic_uint connections;
    metrics_id refused[HTTP_UPSTREAM_REFUSALS];
    metrics_id requests;
    metrics_id retries;
    metrics_id unanswered;
    metrics_id connects;
    atomic_uint version;               // changes whenever a peer comes, goes, or is ejected
    pthread_mutex_t mutex;             // of peers that come and go, and of ejections
    struct http_tls_client *tls;       // NULL: no URL is https
    struct http_upstream_names *names; // NULL: all URLs are of addresses
    struct http_upstream_health_checks *checks; // NULL: none
    metrics_id abandoned;
    atomic_bool retired;              // nobody forwards to it any more
    atomic_uint homes;                // loops that hold something of it
    struct http_upstream_loop *first; // of these, those that can be woken; with the mutex held
    size_t target_count;
    struct http_upstream_target *targets;
    size_t peer_count; // HTTP_UPSTREAM_ADDRESSES a target
    struct http_upstream_peer peers[];
};

// A request on its way; in the arena of its exchange.
struct http_forward {
    struct http_forward *next;
    struct http_exchange_private *exchange;
    struct http_upstream_loop *home;
    struct str head; // behind the request line and Host
    struct str body;
    struct str line; // request line and Host, which depends on the address
    size_t sent;     // bytes of line, head and body together
    size_t size;
    unsigned attempts;
    int avoid; // the address that failed last; -1: none
    int64_t began_us;
    int64_t waiting_us; // since when nothing but its reply is missing; 0: something else is
    bool idempotent;
    bool admitted;                               // counts as active
    bool retrying;                               // counts as sent again
    struct http_upstream_connection *connection; // NULL: it waits for one
    struct buffer pending;                       // of a body that comes in parts, what was not sent
    uint64_t left;                               // of the reply's body; UINT64_MAX: not known
    bool streams;                                // its body comes in parts
    bool chunks;                                 // and is sent in chunks
    bool taken;                                  // part of it has come, and cannot be had again
    bool body_done;
    bool offers;    // another protocol
    bool tunnel;    // which is spoken now
    bool replying;  // the head of the reply was passed on
    bool cancelled; // nobody wants the reply
    const struct http_forward_policy *policy;
    int64_t reply_timeout_us; // of the policy or the upstream
    int64_t total_timeout_us;
};

struct http_upstream_address {
    const struct http_upstream_target *target;
    struct http_upstream_peer *peer;
    struct http_upstream_connection *free; // has room for a request; the last used is first
    struct http_upstream_connection *full;
    unsigned connections;
};

struct http_upstream_connection {
    uv_poll_t poll;
    struct http_upstream_loop *home;
    struct http_upstream_address *address;
    struct http_upstream_connection *next; // in free or full of the address
    struct http_upstream_connection *previous;
    struct http_upstream_connection *next_dirty;
    struct http_transport transport;
    int events;
    struct http_forward *first; // the one whose reply comes next
    struct http_forward *last;
    struct http_forward *unsent; // the first that is not written whole
    unsigned count;
    struct buffer in; // the beginning of a reply whose end has not come
    struct http_message message;
    int64_t mark_us; // began to connect; became idle
    bool connecting; // up to the end of the TLS handshake
    bool shaking_hands;
    bool is_full; // in the list of full ones
    bool dirty;
    bool write_blocked;
    bool write_broken; // the peer takes no more, but may have said something
    bool paused;       // the client does not take what was read
    bool closed;
};

// One for each upstream that was used on a loop.
struct http_upstream_loop {
    struct http_upstream_loop *next;
    struct http_upstream_loop *next_home; // of the upstream
    struct http_upstream *upstream;
    struct http_loop *loop;
    uv_prepare_t flush; // before the loop sleeps: writes what its turn has brought
    uv_timer_t sweep;
    bool ending;
    unsigned closing; // handles
    struct http_upstream_connection *dirty;
    struct http_forward *waiting; // for room on a connection
    struct http_forward *waiting_last;
    unsigned waiting_count;
    unsigned *
        candidates; // addresses that are neither gone nor ejected, as of this version and until this time
    unsigned candidate_count;
    size_t turn; // of those that fail their health checks, when there are no others
    unsigned version;
    int64_t candidates_until_us;
    struct http_head_parser parser;
    struct http_header headers[HTTP_UPSTREAM_HEADERS];
    char scratch[HTTP_UPSTREAM_READ];
    struct http_upstream_address addresses[];
};

// --- upstream.c ------------------------------------------------------------------------------------------------------
// Puts the request on a connection, or into the queue for one.
void http_upstream_dispatch(struct http_forward *forward);
// Room has come on a connection.
void http_upstream_take_waiting(struct http_upstream_loop *home);
// Of a request whose connection broke: again, or its end with this status. untouched: the peer has not begun with it, for sure.
void http_upstream_again(struct http_forward *forward, bool untouched, unsigned status,
                         const char *detail);
void http_upstream_fail(struct http_forward *forward, unsigned status, const char *detail);

void http_upstream_unqueue(struct http_forward *forward); // of those that wait for a connection

// --- upstream_retire.c -----------------------------------------------------------------------------------------------
void http_upstream_moved_in(struct http_upstream_loop *home); // a loop has begun to use it
// The loop ends: what it had of the upstream is not its any more.
void http_upstream_moved_out(struct http_upstream_loop *home);
// Gives the loop's part back when the upstream is retired and nothing is under way; home may be gone then.
void http_upstream_leave_retired(struct http_upstream_loop *home);

// --- upstream_stream.c -----------------------------------------------------------------------------------------------
void http_upstream_begin(struct http_forward *forward);
bool http_upstream_body_left(const struct http_forward *forward);
void http_upstream_body_sent(struct http_forward *forward, size_t n);
// Of the reply to the first request of the connection. False: another reply went out in its place, the request has ended.
bool http_upstream_start_reply(struct http_upstream_connection *connection,
                               const struct http_response *response);
void http_upstream_pass(struct http_upstream_connection *connection, struct str part);
// Whether WebSocket (RFC 6455), and nothing else, is what Upgrade names.
bool http_upstream_is_websocket(const struct http_header *headers, size_t count);
bool http_upstream_switch(struct http_upstream_connection *connection,
                          const struct http_response *response); // false: no memory

// --- upstream_address.c ----------------------------------------------------------------------------------------------
MUST_CHECK enum status http_upstream_parse_url(struct str url, struct http_upstream_target *out,
                                               struct error *err);
// By getaddrinfo; blocks.
http_upstream_resolver http_upstream_resolve;
// Puts what was found into the places of the target; those that were there and were not found go.
void http_upstream_update(struct http_upstream *upstream, size_t target,
                          const struct http_upstream_found *found);
// A place for a connection to the peer, and where it is. False: it is gone.
MUST_CHECK bool http_upstream_enter(struct http_upstream *upstream, struct http_upstream_peer *peer,
                                    struct sockaddr_storage *address, socklen_t *length);
void http_upstream_leave(struct http_upstream_peer *peer);

// --- upstream_secure.c -----------------------------------------------------------------------------------------------
// Of a socket that is connected: TLS when the URL says so. The handshake is still to be done.
MUST_CHECK enum status http_upstream_secure(const struct http_upstream_target *target,
                                            struct http_transport *transport);
// OK: established, or plain. END: to be continued. Else it failed, and the log says why when it did not the time before.
MUST_CHECK enum status http_upstream_handshake(struct http_upstream_peer *peer,
                                               struct http_transport *transport);

// --- upstream_names.c ------------------------------------------------------------------------------------------------
MUST_CHECK enum status http_upstream_watch_names(struct http_upstream *upstream, struct error *err);
void http_upstream_unwatch_names(struct http_upstream *upstream);

// --- upstream_health.c -----------------------------------------------------------------------------------------------
MUST_CHECK enum status http_upstream_start_checks(struct http_upstream *upstream,
                                                  struct error *err);
void http_upstream_stop_checks(struct http_upstream *upstream);

// --- upstream_choice.c -----------------------------------------------------------------------------------------------
// NULL: there is none.
struct http_upstream_address *http_upstream_choose(struct http_upstream_loop *home, int avoid);
// A request goes there; it is there no more, whatever came of it.
void http_upstream_began(struct http_upstream_address *address);
void http_upstream_left(struct http_upstream_address *address, unsigned requests);
// What came of it. A reply with 502, 503 or 504 is a failure too. unreachable: no connection could be made.
void http_upstream_replied(struct http_upstream_loop *home, struct http_upstream_address *address,
                           unsigned status);
void http_upstream_failed(struct http_upstream_loop *home, struct http_upstream_address *address,
                          bool unreachable);

// --- upstream_breaker.c ----------------------------------------------------------------------------------------------
// False: there are too many, and the request is to be refused.
MUST_CHECK bool http_upstream_admit(struct http_forward *forward);
// Its reply is on the way to the client, or a problem is. Once more does nothing.
void http_upstream_finish(struct http_forward *forward);
// Whether it may be sent again though a peer may have begun with it.
MUST_CHECK bool http_upstream_may_retry(struct http_forward *forward);
MUST_CHECK bool http_upstream_may_wait(struct http_upstream *upstream);
void http_upstream_waits_no_more(struct http_upstream *upstream);
MUST_CHECK bool http_upstream_may_connect(struct http_upstream *upstream);
void http_upstream_disconnected(struct http_upstream *upstream);

// --- upstream_look.c -------------------------------------------------------------------------------------------------
void http_upstream_register_metrics(struct http_upstream *upstream);
void http_upstream_remove_gauges(struct http_upstream *upstream);

// --- upstream_connection.c -------------------------------------------------------------------------------------------
// Begins to connect; -1 with errno.
int http_upstream_open_socket(const struct sockaddr_storage *address, socklen_t length);
// Nothing else may be on it.
static inline bool http_forward_is_alone(const struct http_forward *forward) {
    return forward->streams || forward->offers || forward->policy->alone;
}
// One with room for a request; NULL: there are as many as there may be, or it cannot be made (then *failed is true).
struct http_upstream_connection *http_upstream_connect(struct http_upstream_loop *home,
                                                       struct http_upstream_address *address,
                                                       bool alone, bool *failed);
void http_upstream_watch(struct http_upstream_connection *connection); // after paused changed
void http_upstream_put(struct http_upstream_connection *connection, struct http_forward *forward);
void http_upstream_relist(struct http_upstream_connection *connection); // after count changed
void http_upstream_flush(struct http_upstream_connection *connection);
// Closes it. What was on it is tried again or fails with status; rest_untouched: the peer said that it takes no more.
void http_upstream_break(struct http_upstream_connection *connection, bool rest_untouched,
                         unsigned status, const char *detail);
void http_upstream_sweep(struct http_upstream_loop *home, struct http_upstream_connection *list);

// --- upstream_request.c ----------------------------------------------------------------------------------------------
// False: no memory.
bool http_upstream_write_head(struct http_forward *forward);
bool http_upstream_write_line(struct http_forward *forward, const struct http_upstream_target *to);
// Connection, Keep-Alive and the like, and what a Connection header of these names (RFC 9110 7.6.1).
bool http_is_hop_by_hop(struct str name, const struct http_header *headers, size_t count);

// --- upstream_policy.c -----------------------------------------------------------------------------------------------
// Whether what came under that name stays behind.
bool http_edits_drop(const struct http_header_edits *edits, struct str name);
// What is set of that name; data NULL: nothing.
struct str http_edits_value(const struct http_header_edits *edits, struct str name);
size_t http_edits_room(const struct http_header_edits *edits); // bytes of what is set, as lines

// --- upstream_reply.c ------------------------------------------------------------------------------------------------
// Headers of a reply for its exchange; gives its type. NULL: none.
const char *http_upstream_copy_head(struct http_forward *forward,
                                    const struct http_response *response, bool with_body);
// Takes in what came: data[0 .. len), the end of input when eof. False: the connection was closed.
bool http_upstream_take(struct http_upstream_connection *connection, char *data, size_t len,
                        bool eof);

#endif
