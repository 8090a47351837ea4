// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Passing requests on to other HTTP/1.1 servers, from the server's own loops: a reverse proxy as a handler.
//
//   loop ── upstream ── address ── connection ── request, request, ...   in the order in which replies come
//
// Every loop has connections of its own; what is shared are counts. What many clients send in one turn of a loop goes out in one write
// a connection, and replies come in as they come, several to a read.
//
// A request goes to the one with fewer requests under way of two addresses taken by chance. An address that fails again and again is
// left alone for a while, longer each time, as long as there are others. A request is tried again, elsewhere when there is an elsewhere, when nothing of it was sent, when the peer said before that it would read no more, or when its method is
// idempotent (RFC 9110 9.2.2) and no byte of a reply has come. Else the client gets a problem: 502 (broken off), 503 (nobody there),
// 504 (too late).
#ifndef FOOTFALL_HTTP_UPSTREAM_H
#define FOOTFALL_HTTP_UPSTREAM_H

#include <sys/socket.h>

#include "base/error.h"
#include "base/tls.h"
#include "http/exchange.h"

#define HTTP_UPSTREAM_ADDRESSES 16 // of one name

struct http_upstream_found {
    struct sockaddr_storage addresses[HTTP_UPSTREAM_ADDRESSES];
    socklen_t lengths[HTTP_UPSTREAM_ADDRESSES];
    size_t count;
};
// Looks a name up and may block. UNAVAILABLE: it is not known (now). May still be at it when the upstream is freed: context must live on.
typedef enum status http_upstream_resolver(void *context, const char *host, uint16_t port,
                                           struct http_upstream_found *out, struct error *err);

// When an address is left alone for a while. 0 means the default in brackets.
struct http_upstream_ejection {
    unsigned after; // [5] failures in a row; that no connection can be made is enough by itself
    int64_t
        base_ms; // [1 s] times how often it happened, each success in as long a time forgives one; a quarter more by chance
    int64_t longest_ms; // [30 s]
    unsigned share;     // [50] percent of the addresses at most; the last one never
};

// Asks every address, from one thread, whether it is well: 2xx or 3xx. One that is not gets nothing. 0 means the default in brackets.
struct http_upstream_health {
    const char *path;         // "/health"; as long as the upstream; NULL: nobody is asked
    int64_t interval_ms;      // [2 s]
    int64_t timeout_ms;       // [1 s]
    unsigned healthy_after;   // [2] good answers in a row
    unsigned unhealthy_after; // [3] bad or missing ones
};

// How much it gets at the same time, over all loops; what would be above gets 503 with Retry-After at once. 0 means the default in
// brackets.
struct http_upstream_limits {
    unsigned connections; // [4096] to all addresses; a request waits for one that is there
    unsigned active;      // [16384] requests whose replies have not gone to the client
    unsigned waiting;     // [10000] of these, for room on a connection
    // [20] percent of the active ones may be those that are sent again though a peer may have begun with them, so that retries never
    // multiply what a service that is failing has to do.
    unsigned retry_share;
    unsigned retries_least; // [3] may be in any case
};

struct http_upstream_config {
    const char *name;       // for texts and metrics: "activity"; static
    const struct str *urls; // "http://host:port", "https://host:port"
    size_t url_count;
    // 0 means the default in brackets.
    unsigned connections; // [64] to an address, a loop
    // [1] requests on one connection whose replies have not come. More than one spares system calls, and lets a slow reply hold up
    // those behind it: for services whose replies take alike long.
    unsigned pipeline;
    int64_t connect_timeout_ms; // [1 s]
    int64_t reply_timeout_ms;   // [30 s] from the request sent to the first byte of its reply
    int64_t
        total_timeout_ms; // [60 s] with all attempts, until the reply is whole or begins to be passed on
    int64_t stall_timeout_ms;  // [60 s] without a byte of a reply that has begun
    int64_t tunnel_timeout_ms; // [10 min] without a byte of another protocol, from either side
    int64_t idle_timeout_ms; // [20 s] then an unused connection is closed; less than the peer's own
    bool cross_origin;       // pages of other origins may read what is said in its place (cors.h)
    // Of https: whom to believe to be the host of the URL, and what to show. NULL: the authorities of the machine, and nothing.
    const struct tls_client_settings *tls;
    struct http_upstream_ejection ejection;
    struct http_upstream_limits limits;
    struct http_upstream_health health;
    http_upstream_resolver *resolve; // NULL: the machine's
    void *resolve_context;
    // [30 s] Names are looked up again, on a thread; what they no longer lead to gets nothing more. When that fails all stays as it is.
    int64_t resolve_every_ms;
};

struct http_upstream;
// Looks names up, which blocks. INVALID: not such a URL, or a file for TLS cannot be used. UNAVAILABLE: a name is not known (yet).
MUST_CHECK enum status http_upstream_make(const struct http_upstream_config *config,
                                          struct http_upstream **out, struct error *err);
void http_upstream_free(struct http_upstream *upstream); // after the servers; NULL is fine
// While servers run: nobody will forward to it again. Health checks and looking up names end, idle connections are closed, and each loop
// gives back what it has of it once nothing is under way. Any thread but the loops'; once more does nothing.
void http_upstream_retire(struct http_upstream *upstream);
// Of one that is retired: whether no loop has anything of it left, so that it may be freed though the servers run. Any thread.
bool http_upstream_is_unused(const struct http_upstream *upstream);
bool http_upstream_is_url(struct str url); // whether it is such a URL

// --- What can be seen of it ------------------------------------------------------------------------------------------
struct http_upstream_address_view {
    const char *authority;     // of the URL: "users:8081"; as long as the upstream
    char ip[HTTP_IP_TEXT_MAX]; // where that leads
    const char *state;         // "healthy", "unhealthy", "ejected", "draining"; static
    unsigned active;           // requests whose replies have not come
    unsigned connections;
    uint64_t requests; // these since the address is known
    uint64_t failures;
    uint64_t ejections;
    uint64_t checks; // of its health
};
// Fills at most `room` and says how many there are. Any thread.
size_t http_upstream_addresses(struct http_upstream *upstream,
                               struct http_upstream_address_view *out, size_t room);
struct http_upstream_load {
    unsigned active;
    unsigned waiting;
    unsigned retrying;
    unsigned connections;
    bool full; // one request more would be refused, by struct http_upstream_limits
};
struct http_upstream_load http_upstream_load(const struct http_upstream *upstream); // any thread
const char *http_upstream_name(const struct http_upstream *upstream);

// Ends the exchange with the reply of one of the addresses, or with a problem. On the exchange's loop thread. Hop-by-hop headers stay
// behind (RFC 9110 7.6.1); X-Forwarded-For, -Proto and -Host are written (of a peer that is not trusted what it says of them is
// dropped, but for -Proto), X-Request-Id is that of the exchange. The reply's body goes through as it is, compressed or not, up to the
// server's reply limit.
void http_upstream_forward(struct http_upstream *upstream, struct http_exchange *exchange);

// Headers that are left out, and those that are put in, in place of what came of that name. None of those that the forwarding writes or
// leaves behind itself (http_upstream_may_edit).
struct http_header_edits {
    const struct http_header *set;
    size_t set_count;
    const struct str *remove;
    size_t remove_count;
};
// What is done to one request; lives as long as its exchange.
struct http_forward_policy {
    struct str target; // "/path?query" in place of the one received; data NULL: as received
    struct str host;   // the Host header; data NULL: the address's
    struct http_header_edits request;
    struct http_header_edits reply;
    int64_t reply_timeout_ms; // 0: the upstream's
    int64_t total_timeout_ms; // 0: the upstream's
    bool
        alone; // on its connection while it is under way, whatever the upstream's pipeline: its reply may be late or long
};
// The same as http_upstream_forward, with a policy.
void http_upstream_forward_by(struct http_upstream *upstream, struct http_exchange *exchange,
                              const struct http_forward_policy *policy);
// Whether name is a header name at all (RFC 9110 5.1) that may stand in edits.
bool http_upstream_may_edit(struct str name);

#endif
