// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What the server's own files share: loops, connections, exchanges, blocks of received bytes. Private to http.
//
//   server ── loop (one thread) ── connection ── exchange, exchange, ...   in the order of their requests
//                 │                                   │ holds a reference
//                 └─ shared block: [conn A's request | conn B's request | free ...]
//
// All of it belongs to the loop's thread, but for an exchange that was handed to a handler (until it is replied to), the
// loop's queue of replies, and what is atomic.
//
// A read goes into the loop's shared block, where requests stay until they are answered; a connection has memory of its
// own only while a request is incomplete. Behind every used part of a block HTTP_BODY_PADDING bytes are left alone, because
// another thread may be reading them.
#ifndef FOOTFALL_HTTP_SERVER_PRIVATE_H
#define FOOTFALL_HTTP_SERVER_PRIVATE_H

#include <pthread.h>
#include <stdatomic.h>
#include <uv.h>

#include "base/metrics.h"
#include "base/queue.h"
#include "base/thread.h"
#include "http/parse.h"
#include "http/server.h"
#include "http/stream.h"
#include "http/tls.h"

// --- Blocks ----------------------------------------------------------------------------------------------------------
#define HTTP_BLOCK_CLASSES 5 // 4 KiB, 16 KiB, 64 KiB, 256 KiB, 1 MiB; larger ones are not kept
#define HTTP_BLOCK_SHARED ((size_t)64 * 1024)
#define HTTP_READ_MIN ((size_t)16 * 1024) // a read into the shared block has at least so much room

struct http_block {
    struct http_block *next; // in the list of free ones
    size_t capacity;         // of data, without the padding behind it
    unsigned references;
    int class; // -1: none
    char data[];
};

struct http_block_pool {
    atomic_size_t *in_use; // bytes of blocks that are taken, of all loops
    struct http_block *free[HTTP_BLOCK_CLASSES];
    unsigned count[HTTP_BLOCK_CLASSES];
};

// At least `capacity` bytes, one reference; NULL without memory.
struct http_block *http_block_take(struct http_block_pool *pool, size_t capacity);
void http_block_release(struct http_block_pool *pool, struct http_block *block); // NULL is fine
void http_block_pool_free(struct http_block_pool *pool);

// --- Exchanges -------------------------------------------------------------------------------------------------------
#define HTTP_HEAD_INLINE 1024 // head and small body of a reply, together
#define HTTP_ID_TEXT_MAX 40

enum http_exchange_state {
    HTTP_EXCHANGE_RECEIVING, // its body is being read
    HTTP_EXCHANGE_HANDLED,   // a handler has it
    HTTP_EXCHANGE_READY,     // its reply may be written
};

struct http_connection;
struct http_h2;
struct http_h2_stream;
struct http_loop;

// An exchange in parts (stream.h). Who carries it, HTTP/1 or HTTP/2, sets carried when it can send and receive in parts: then it looks at
// the exchange after http_flow_touch, tells the body by http_flow_tell and http_flow_fail, and room by http_flow_make_room. Without it a
// reply is collected and sent whole.
struct http_flow {
    const struct http_stream_events *events; // NULL: not begun
    void *context;
    bool carried;
    bool incoming; // the body was not there when the handler was called
    bool complete; // of an incoming one: all of it was told
    bool paused;
    bool failed; // what is missing of the body will not come
    bool told_failure;
    unsigned failure;
    bool begun;    // the head of the reply is made
    bool chunks;   // each part is framed (RFC 9112 7.1)
    bool bodyless; // nothing may follow the head
    bool offered;  // another protocol
    bool switched;
    bool wants_room;
    bool over; // ended or answered, but not yet seen to
    bool cut;  // with it, so that the client notices
    int64_t body_length;
    uint64_t received;
    int64_t length; // of the reply; -1: not known
    uint64_t written;
    size_t at; // of the body buffer, what was sent
};

struct http_exchange_private {
    struct http_exchange public;        // first member
    struct http_exchange_private *next; // of the connection; or in the list of free ones
    struct queue_node answered;         // in the loop's queue of replies
    struct work work;                   // in the worker pool's queue
    void (*run)(struct http_exchange *exchange, void *context);
    void *run_context;
    struct http_loop *loop;
    struct http_connection *connection;
    struct http_block *block;
    enum http_exchange_state state;
    bool http10;
    bool close;                    // the connection ends with this reply
    bool sent;                     // http_reply_send was called
    bool resumed;                  // in the loop's queue to go on there, not to be written
    bool frames_chunks;            // HTTP/1.1: what has no length is sent in chunks
    struct http_h2_stream *stream; // in the arena; NULL: HTTP/1, or the stream has gone
    bool streamed;                 // of HTTP/2, whether its stream is still there or not
    bool as_is;                    // the reply of another server: not to be compressed
    int64_t
        foreign_length; // of the body that a reply to HEAD does not have; -1: that of the body here
    bool has_content_encoding;
    bool has_strong_etag;
    const char *content_type;
    struct str interim; // what is left to write of "100 Continue"
    struct str head;    // what is left to write of the reply
    struct str tail;
    struct str static_body;
    struct buffer body;
    struct buffer headers; // as lines
    struct http_flow flow;
    char inline_head[HTTP_HEAD_INLINE];
    char id_text[HTTP_ID_TEXT_MAX];
    struct http_header header_slots[];
};

static inline struct http_exchange_private *http_exchange_of(struct http_exchange *exchange) {
    return (struct http_exchange_private *)(void *)exchange;
}

// On the loop's thread. NULL without memory.
struct http_exchange_private *http_exchange_take(struct http_loop *loop);
void http_exchange_release(struct http_exchange_private *exchange);
void http_exchange_pool_free(struct http_loop *loop);
// After the head was parsed into request: id, times, address.
void http_exchange_begin(struct http_exchange_private *exchange,
                         struct http_connection *connection);
// The bytes moved.
void http_exchange_rebase(struct http_exchange_private *exchange, const char *from, const char *to);
// Writes status line, headers and a small body into the exchange; on the loop's thread, after the reply was sent.
void http_reply_build(struct http_exchange_private *exchange);
// The head of a reply in parts. False: no memory, and a full reply took its place.
bool http_reply_build_head(struct http_exchange_private *exchange);
// False: another reply was sent in its place.
bool http_reply_is_let_go(struct http_exchange_private *exchange, unsigned status);
// Whether a body of that type is worth compressing for this client; sets *vary when the answer depends on the client.
bool http_reply_wants_gzip(const struct http_exchange_private *exchange, size_t len, bool *vary);
// RFC 9110 12.5.3, over all Accept-Encoding headers.
bool http_accepts_gzip(const struct http_request *request);

// --- Connections -----------------------------------------------------------------------------------------------------
struct http_connection {
    uv_poll_t poll;
    struct http_loop *loop;
    struct http_connection *next; // in the loop's list; or in the list of free ones
    struct http_connection *previous;
    struct http_connection *next_dirty;   // has replies to write, after the queue was emptied
    struct http_connection *next_again;   // has bytes to read that poll does not see
    struct http_connection *next_touched; // has exchanges in parts to look at
    struct http_connection *older;        // of the handshakes under way
    struct http_connection *newer;
    struct http_transport transport;
    struct http_h2 *h2;                  // NULL: HTTP/1
    int events;                          // what poll waits for
    struct http_exchange_private *first; // oldest, of those not yet written whole
    struct http_exchange_private *last;
    unsigned exchanges;
    // Bytes received and not yet used: block->data[start .. end); block NULL when there are none.
    struct http_block *block;
    size_t start;
    size_t end;
    bool shared; // block is the loop's
    struct http_message message;
    struct http_exchange_private *receiving; // the exchange whose body is being read
    struct http_exchange_private *switching; // has offered another protocol, and is not answered
    size_t body_limit;                       // of the message
    unsigned requests;
    int64_t mark_us;  // the last byte read or written
    int64_t began_us; // the first byte of an incomplete head; 0: none
    bool in_pump;
    bool dirty;
    bool touched;     // in the loop's list
    bool pinned;      // somebody further up still looks at it
    bool again;       // in the loop's list
    bool handshaking; // TLS is not established
    bool hungry;      // nothing to be done before more bytes come
    bool write_blocked;
    bool input_done; // no further request is taken
    bool eof;        // the client sends no more
    bool pipelined;  // it has sent requests before earlier ones were answered
    bool linger;     // when done, wait for the client to close
    bool lingering;
    bool drained_idle; // let go between two requests
    bool closed;       // no longer in the list, fd closed
    bool poll_closed;  // libuv has let go
    char ip[HTTP_IP_TEXT_MAX];
    char *subject; // of the client's certificate; NULL: none
};

// In h2.c. What was received so far is given to it. False: no memory.
MUST_CHECK bool http_h2_open(struct http_connection *connection);
void http_h2_free(struct http_connection *connection);
void http_h2_receive(struct http_connection *connection);
void http_h2_pump(struct http_connection *connection);
// Whether nothing more is to be said or heard.
bool http_h2_is_over(const struct http_connection *connection);
void http_h2_drain(struct http_connection *connection);
void http_h2_sweep(struct http_connection *connection, int64_t now_us); // h2_flood.c
void http_h2_reply(struct http_exchange_private *exchange);             // h2_reply.c
// Whether the first bytes of a plain connection are HTTP/2's (RFC 9113 3.3): OK. END: cannot be said yet. NOT_FOUND: they are not.
MUST_CHECK enum status http_h2_look(const char *bytes, size_t len);
// Of a reply, as it is to be written; empty where there may be none (RFC 9110 6.4.1).
struct str http_reply_payload(const struct http_exchange_private *exchange);
size_t http_reply_length(const struct http_exchange_private *exchange); // for Content-Length

// Takes over fd. extra: one more than there may be.
void http_connection_open(struct http_loop *loop, int fd, const struct sockaddr_storage *address,
                          bool tls, bool extra);
// In handshake.c. False: no memory, and nothing was begun.
MUST_CHECK bool http_handshake_begin(struct http_connection *connection);
void http_handshake_end(struct http_connection *connection); // also of one that was broken off
// OK: established. END: not yet. Else the connection is to be closed.
MUST_CHECK enum status http_handshake_step(struct http_connection *connection);
// Comes back to it although its socket has nothing to read.
void http_connection_read_again(struct http_connection *connection);
void http_connections_again(struct http_loop *loop);
// Parses, hands to handlers, writes; until nothing more can be done now.
void http_connection_pump(struct http_connection *connection);
// A reply was sent on the loop's thread or came out of the queue. True: the caller is to pump the connection; false: it is
// closed and may be gone.
MUST_CHECK bool http_connection_answered(struct http_exchange_private *exchange);
// A handler (or ourselves, for a refusal) is to reply to it from now on.
void http_connection_hand_over(struct http_exchange_private *exchange);
void http_connection_append(struct http_connection *connection,
                            struct http_exchange_private *exchange);
void http_connection_remove(struct http_connection *connection,
                            struct http_exchange_private *exchange); // and releases it
void http_connection_close(struct http_connection *connection);
void http_connection_let_go(
    struct http_connection *connection); // gives it back when nobody needs it any more
void http_connection_starve(struct http_connection *connection); // closes for want of memory
void http_connection_sweep(struct http_connection *connection, int64_t now_us);
// Closes what is idle; the rest closes when its replies are out.
void http_connection_drain(struct http_connection *connection);
// In output.c: writes what is ready, in order.
void http_connection_flush(struct http_connection *connection);
// In input.c.
bool http_connection_receive(struct http_connection *connection); // false: closed, or refused
void http_connection_parse(struct http_connection *connection);
bool http_connection_stash(struct http_connection *connection); // false: no memory
// Whether the server holds as much as it may, and this one would need more. Then it was refused.
bool http_connection_is_too_much(struct http_connection *connection);
void http_connection_refuse(struct http_connection *connection, unsigned status,
                            const char *detail);
void http_connection_drop_input(struct http_connection *connection);
bool http_connection_move_input(struct http_connection *connection); // to a block of its own

// In flow.c: exchanges in parts, whoever carries them.
void http_flow_touch(struct http_exchange_private *exchange);
void http_flow_tell(struct http_exchange_private *exchange, struct str part, bool last);
// The request is at fault (400, 408, 413), or its client has gone (0). Once.
void http_flow_fail(struct http_exchange_private *exchange, unsigned status);
// Tells who waits for it when little enough is left to send. False: nobody was told.
bool http_flow_make_room(struct http_exchange_private *exchange);
// What is left to send of the reply, head excluded; and that so much of it was.
struct str http_flow_unsent(const struct http_exchange_private *exchange);
void http_flow_sent(struct http_exchange_private *exchange, size_t n);
// Of the loop: looks at what was touched.
void http_flow_turn(uv_prepare_t *handle);
// In flow_input.c: the body behind a head that was taken apart; false: nothing more can be done now.
bool http_flow_wanted(struct http_connection *connection);
MUST_CHECK bool http_flow_open(struct http_connection *connection);
bool http_flow_take_body(struct http_connection *connection);
// The client cannot or does not go on with the body that is being received.
void http_flow_refuse(struct http_connection *connection, unsigned status);
// Of a connection: the rest of the exchange's body is not waited for; the first exchange was told of room; its client has gone.
void http_flow_leave_input(struct http_connection *connection,
                           struct http_exchange_private *exchange);
bool http_flow_first_has_room(const struct http_connection *connection);
// Whether a reply in parts is still being made for the client.
bool http_flow_is_awaited(const struct http_connection *connection);
bool http_flow_is_deserted(const struct http_connection *connection);

static inline bool http_connection_may_parse(const struct http_connection *connection,
                                             unsigned pipeline_max) {
    const struct http_exchange_private *receiving = connection->receiving;
    if (connection->closed || connection->input_done || connection->switching) {
        return false;
    }
    if (receiving && receiving->flow.incoming) { // whether its reply is taken or not
        return receiving->flow.events && !receiving->flow.paused;
    }
    return !connection->write_blocked && (receiving || connection->exchanges < pipeline_max);
}

// --- Loops and the server --------------------------------------------------------------------------------------------
struct http_upstream_loop;

enum { HTTP_LISTENER_PLAIN, HTTP_LISTENER_TLS, HTTP_LISTENERS };

struct http_listener {
    uv_poll_t poll;
    struct http_loop *loop;
    int fd; // -1: none
    bool tls;
    bool open;
};

struct http_loop {
    uv_loop_t uv;
    struct http_upstream_loop *upstreams; // where handlers on this loop forward to
    uv_async_t wake;
    uv_timer_t sweep;
    uv_timer_t resume_accept;
    uv_prepare_t turn;  // with TLS: counts handshakes anew
    uv_prepare_t flows; // before it sleeps: sees to exchanges in parts
    struct http_listener listeners[HTTP_LISTENERS];
    struct http_server *server;
    struct thread thread;
    pthread_t self; // set by the thread before any connection exists
    unsigned index;
    bool sweeping;
    bool accept_paused;
    bool accept_warned;
    bool draining;
    bool silent; // stop has given up waiting: nothing of the owner's may be called
    bool ending;
    int64_t drain_deadline_us;
    struct queue answered;
    atomic_uint
        answering; // threads that are putting a reply into it or telling it to drain: they still need to wake it
    struct http_head_parser parser;
    struct http_block_pool blocks;
    struct http_block *block; // shared
    size_t block_used;
    struct http_connection *connections;
    struct http_connection *again;   // have bytes to read that poll does not see
    struct http_connection *touched; // have exchanges in parts to look at
    struct http_connection *oldest_handshake;
    struct http_connection *newest_handshake;
    unsigned handshakes;
    unsigned handshake_steps; // taken in this turn of the loop
    struct http_connection *free_connections;
    unsigned free_connection_count;
    unsigned connection_count; // with those that are closed but not yet let go
    struct http_exchange_private *free_exchanges;
    unsigned free_exchange_count;
    int64_t now_us;
    int64_t now_ms;
    int64_t date_second;
    char date[32]; // "Mon, 23 Nov 2026 06:42:48 GMT"
    char id_prefix[16];
    uint64_t id_next;
};

struct http_server {
    struct http_server_config config; // defaults filled in
    char name[16];
    struct http_loop *loops;
    unsigned loop_count;
    uint16_t port;
    uint16_t tls_port;
    atomic_uint connections;
    atomic_uint exchanges;
    atomic_size_t block_bytes; // in use, over all loops
    atomic_bool draining;
    pthread_mutex_t mutex;
    pthread_cond_t ended;
    unsigned running; // loops whose thread still runs
    bool abandoned;   // the last loop to end frees the server
    metrics_id requests_total;
    metrics_id received_bytes;
    metrics_id sent_bytes;
    metrics_id timeouts_total;
    metrics_id rejected_total;
    metrics_id overloaded_total;
    metrics_id connections_gauge;
    metrics_id handshakes_total;
    metrics_id handshakes_failed;
    metrics_id handshakes_dropped;
    metrics_id bytes_gauge;
};

MUST_CHECK enum status http_loop_init(struct http_loop *loop, struct http_server *server,
                                      unsigned index, struct error *err);
void *http_loop_run(void *loop);
void http_loop_close(struct http_loop *loop); // of one that does not run
void http_loop_update_time(struct http_loop *loop);
const char *http_loop_date(struct http_loop *loop); // 29 characters
// When draining: after the last connection was let go.
void http_loop_end_when_empty(struct http_loop *loop);
void http_loop_start_sweeping(struct http_loop *loop);
// Puts it into the loop's queue of replies. Any thread.
void http_loop_take_back(struct http_exchange_private *exchange);
// In upstream.c: no exchange is under way any more; fails those that are; gives the memory back once the loop is closed.
void http_upstream_loop_flush(struct http_loop *loop); // writes what its turn has brought
void http_upstream_loop_end(struct http_loop *loop);
void http_upstream_loop_abort(struct http_loop *loop);
void http_upstream_loop_free(struct http_loop *loop);
// In accept.c.
// Fills fds with a socket for each loop; *port: the one bound.
MUST_CHECK enum status http_listen(struct http_server *server, const char *host, uint16_t *port,
                                   int *fds, struct error *err);
void http_address_text(const struct sockaddr_storage *address, char out[HTTP_IP_TEXT_MAX]);
void http_accept_ready(uv_poll_t *handle, int status, int events);
void http_accept_resume(struct http_loop *loop);
void http_accept_all(struct http_loop *loop);
void http_server_free(struct http_server *server);
// Whether a request that needs a block so large has to wait for others to end.
bool http_server_is_full(const struct http_server *server, size_t wanted);

#endif
