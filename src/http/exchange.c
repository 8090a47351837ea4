// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Makes exchanges, reuses them with their memory, and moves them to the worker pool.
#include "http/exchange.h"

#include <stdlib.h>

#include "base/check.h"
#include "http/problem.h"
#include "http/server_private.h"

#define ARENA_CHUNK 4096
#define KEEP_BUFFER ((size_t)16 * 1024) // larger reply bodies are given back
#define KEEP_ARENA ((size_t)64 * 1024)
#define KEEP_EXCHANGES 1024
#define REQUEST_ID_MAX 128

struct http_exchange_private *http_exchange_take(struct http_loop *loop) {
    struct http_exchange_private *exchange = loop->free_exchanges;
    if (exchange) {
        loop->free_exchanges = exchange->next;
        loop->free_exchange_count--;
    } else {
        size_t slots = loop->server->config.header_count;
        exchange = malloc(sizeof *exchange + slots * sizeof exchange->header_slots[0]);
        if (!exchange) {
            return NULL;
        }
        *exchange = (struct http_exchange_private){.loop = loop, .foreign_length = -1};
        arena_init(&exchange->public.arena, ARENA_CHUNK, 0);
        buffer_init(&exchange->body, loop->server->config.reply_bytes);
        buffer_init(&exchange->headers, loop->server->config.header_bytes);
    }
    exchange->next = NULL;
    exchange->state = HTTP_EXCHANGE_RECEIVING;
    return exchange;
}

static void forget(struct http_exchange_private *exchange) {
    struct http_exchange *public = &exchange->public;
    memset(&public->request, 0, sizeof public->request);
    public->request_id = STR_EMPTY;
    memset(public->parameters, 0, sizeof public->parameters);
    public->principal = NULL;
    public->trace = NULL;
    public->handled_us = public->queued_us = 0;
    public->upstream = public->project = public->subject = public->detail = STR_EMPTY;
    public->before_reply = NULL;
    public->failure = NULL;
    public->access = 0;
    public->route = NULL;
    public->held = NULL;
    public->status = 0;
    public->reply_bytes = 0;
    exchange->connection = NULL;
    exchange->http10 = exchange->close = exchange->sent = exchange->as_is = false;
    exchange->frames_chunks = false;
    exchange->streamed = false;
    exchange->stream = NULL;
    exchange->foreign_length = -1;
    exchange->has_content_encoding = exchange->has_strong_etag = false;
    exchange->flow = (struct http_flow){0};
    exchange->content_type = NULL;
    exchange->interim = exchange->head = exchange->tail = exchange->static_body = STR_EMPTY;
}

static void destroy(struct http_exchange_private *exchange) {
    arena_free(&exchange->public.arena);
    buffer_free(&exchange->body);
    buffer_free(&exchange->headers);
    free(exchange);
}

void http_exchange_release(struct http_exchange_private *exchange) {
    struct http_loop *loop = exchange->loop;
    http_block_release(&loop->blocks, exchange->block);
    exchange->block = NULL;
    if (loop->free_exchange_count >= KEEP_EXCHANGES) {
        destroy(exchange);
        return;
    }
    forget(exchange);
    if (exchange->public.arena.used > KEEP_ARENA) {
        arena_free(&exchange->public.arena);
    } else if (exchange->public.arena.used > 0) {
        arena_reset(&exchange->public.arena);
    }
    if (exchange->body.capacity > KEEP_BUFFER) {
        buffer_free(&exchange->body);
    }
    buffer_clear(&exchange->body);
    buffer_clear(&exchange->headers);
    exchange->next = loop->free_exchanges;
    loop->free_exchanges = exchange;
    loop->free_exchange_count++;
}

void http_exchange_pool_free(struct http_loop *loop) {
    while (loop->free_exchanges) {
        struct http_exchange_private *exchange = loop->free_exchanges;
        loop->free_exchanges = exchange->next;
        destroy(exchange);
    }
    loop->free_exchange_count = 0;
}

static bool is_sane_id(struct str id) {
    if (id.len == 0 || id.len > REQUEST_ID_MAX) {
        return false;
    }
    for (size_t i = 0; i < id.len; i++) {
        char c = id.data[i];
        bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!plain && c != '-' && c != '.' && c != '_' && c != ':') {
            return false;
        }
    }
    return true;
}

// Chance once a loop and a number a request: unique, and cheaper than chance for each.
static struct str make_id(struct http_exchange_private *exchange) {
    static const char HEX[] = "0123456789abcdef";
    struct http_loop *loop = exchange->loop;
    size_t len = sizeof loop->id_prefix;
    memcpy(exchange->id_text, loop->id_prefix, len);
    exchange->id_text[len++] = '-';
    uint64_t number = loop->id_next++;
    for (int shift = 36; shift >= 0; shift -= 4) {
        exchange->id_text[len++] = HEX[number >> shift & 15];
    }
    return str_make(exchange->id_text, len);
}

void http_exchange_begin(struct http_exchange_private *exchange,
                         struct http_connection *connection) {
    struct http_loop *loop = exchange->loop;
    struct http_request *request = &exchange->public.request;
    exchange->connection = connection;
    request->remote_ip = str_from_c(connection->ip);
    request->secure = connection->transport.ssl != NULL;
    request->client_subject = str_from_c(connection->subject);
    request->received_us = connection->began_us > 0 ? connection->began_us : loop->now_us;
    request->head_us = loop->now_us;
    request->received_ms = loop->now_ms;
    request->protocol = exchange->streamed ? "HTTP/2" : "HTTP/1.1";
    request->tls = http_tls_version(&connection->transport);
    struct str id = http_request_header(&exchange->public, STR("X-Request-Id"));
    exchange->public.request_id = is_sane_id(id) ? id : make_id(exchange);
}

static void move(struct str *s, const char *from, const char *to, size_t span) {
    if (s->data >= from && s->data <= from + span) { // "/" and made ids are elsewhere
        s->data = to + (s->data - from);
    }
}

void http_exchange_rebase(struct http_exchange_private *exchange, const char *from,
                          const char *to) {
    struct http_request *request = &exchange->public.request;
    size_t span = exchange->connection->message.head_len;
    move(&request->method_name, from, to, span);
    move(&request->target, from, to, span);
    move(&request->path, from, to, span);
    move(&request->query, from, to, span);
    move(&exchange->public.request_id, from, to, span);
    for (size_t i = 0; i < request->header_count; i++) {
        move(&exchange->header_slots[i].name, from, to, span);
        move(&exchange->header_slots[i].value, from, to, span);
    }
}

struct str http_request_header(const struct http_exchange *exchange, struct str name) {
    const struct http_request *request = &exchange->request;
    for (size_t i = 0; i < request->header_count; i++) {
        if (request->headers[i].name.len == name.len &&
            str_equal_ignore_case(request->headers[i].name, name)) {
            return request->headers[i].value;
        }
    }
    return STR_EMPTY;
}

static void run_work(struct work *work) {
    struct http_exchange_private *exchange = CONTAINER_OF(work, struct http_exchange_private, work);
    struct clock *clock = exchange->loop->server->config.clock;
    exchange->public.queued_us += clock->mono_us(clock);
    exchange->run(&exchange->public, exchange->run_context);
}

bool http_exchange_try_offload(struct http_exchange *exchange,
                               void (*run)(struct http_exchange *exchange, void *context),
                               void *context) {
    struct http_exchange_private *private = http_exchange_of(exchange);
    struct workers *workers = private->loop->server->config.workers;
    CHECK(workers != NULL);
    private->run = run;
    private->run_context = context;
    private->work.run = run_work;
    struct clock *clock = private->loop->server->config.clock;
    exchange->queued_us -= clock->mono_us(clock);
    if (workers_submit(workers, &private->work) != STATUS_OK) {
        exchange->queued_us = 0;
        return false;
    }
    return true;
}

void http_exchange_offload(struct http_exchange *exchange,
                           void (*run)(struct http_exchange *exchange, void *context),
                           void *context) {
    if (!http_exchange_try_offload(exchange, run, context)) {
        exchange->before_reply = NULL; // nothing was done, and this thread may not block
        http_reply_header(exchange, "Retry-After", STR("1"));
        http_reply_problem(exchange, 503, STR("The server is busy; try again soon."));
    }
}

void http_exchange_resume(struct http_exchange *exchange,
                          void (*run)(struct http_exchange *exchange, void *context),
                          void *context) {
    struct http_exchange_private *private = http_exchange_of(exchange);
    private->run = run;
    private->run_context = context;
    private->resumed = true;
    http_loop_take_back(private);
}
