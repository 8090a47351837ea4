// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// GET /audit: entries, newest first, page by page.
#include "auth/keyring.h"
#include "base/json_write.h"
#include "base/uuid.h"
#include "gateway/audit.h"
#include "http/problem.h"
#include "http/query.h"

#define DAY_MS INT64_C(86400000)
#define LIMIT_DEFAULT 50
#define LIMIT_MAX 1000
#define LOOKS_MAX 20 // pages of the store that are looked through for entries of one project

enum { ASKED_PROJECT, ASKED_FROM, ASKED_TO, ASKED_LIMIT, ASKED_CURSOR, ASKED };

// "1780000000000.0193a000-…": where the last page ended.
static bool read_cursor(struct str text, struct store_audit_query *query) {
    struct str id = text;
    struct str time = str_cut(&id, '.');
    uint8_t bytes[UUID_BYTES];
    query->resume = true;
    query->after_id = id;
    return str_to_i64(time, &query->after_ms) && id.len == UUID_TEXT_LEN &&
           uuid_read(id.data, bytes);
}

static bool read_time(struct http_exchange *exchange, struct str text, const char *name,
                      int64_t *ms) {
    if (!text.data || clock_parse_rfc3339(text, ms)) {
        return true;
    }
    http_reply_problemf(exchange, 400,
                        "%s: a time like 2026-11-23T06:42:48Z, or a date, is needed.", name);
    return false;
}

static bool read_query(const struct gateway_audit *audit, struct http_exchange *exchange,
                       struct str *project, struct store_audit_query *query) {
    static const char *const names[ASKED] = {"project", "from", "to", "limit", "cursor"};
    struct str values[ASKED];
    uint64_t limit = LIMIT_DEFAULT;
    *query = (struct store_audit_query){.to_ms = audit->clock->wall_ms(audit->clock) +
                                                 DAY_MS}; // clocks of others may be ahead
    if (!http_query_read(exchange, names, values, ASKED) ||
        !read_time(exchange, values[ASKED_FROM], "from", &query->from_ms) ||
        !read_time(exchange, values[ASKED_TO], "to", &query->to_ms)) {
        return false;
    }
    if (values[ASKED_LIMIT].data &&
        (!str_to_u64(values[ASKED_LIMIT], &limit) || limit < 1 || limit > LIMIT_MAX)) {
        http_reply_problem(exchange, 400, STR("limit: a whole number from 1 to 1000 is needed."));
        return false;
    }
    if (values[ASKED_CURSOR].data && !read_cursor(values[ASKED_CURSOR], query)) {
        http_reply_problem(exchange, 400, STR("cursor: this list did not give it."));
        return false;
    }
    query->limit = (unsigned)limit;
    *project = values[ASKED_PROJECT];
    return true;
}

struct listing {
    struct http_exchange *exchange;
    struct json_writer writer;
    struct str project; // data NULL: all
    unsigned written;
    struct store_audit last; // looked at
};

static void take(struct listing *listing, const struct store_audit *rows, size_t count,
                 unsigned limit) {
    for (size_t i = 0; i < count && listing->written < limit; i++) {
        listing->last = rows[i];
        if (!listing->project.data || str_equal(rows[i].project, listing->project)) {
            json_raw(&listing->writer, rows[i].entry);
            listing->written++;
        }
    }
}

// Other projects' entries stand between those of one: looks on until the page is full, and not for ever.
static enum status fill(const struct gateway_audit *audit, struct listing *listing,
                        struct store_audit_query query, bool *more) {
    enum status status = STATUS_OK;
    *more = true;
    for (unsigned looks = 0;
         looks < LOOKS_MAX && *more && listing->written < query.limit && status == STATUS_OK;
         looks++) {
        struct store_audit *rows = NULL;
        size_t count = 0;
        status =
            store_audit_read(audit->store, &query, &listing->exchange->arena, &rows, &count, more);
        if (status == STATUS_OK) {
            take(listing, rows, count, query.limit);
            bool all = count == 0 || str_equal(listing->last.id, rows[count - 1].id);
            *more = *more || !all;
            query.resume = true;
            query.after_ms = listing->last.time_ms;
            query.after_id = listing->last.id;
        }
    }
    return status;
}

static void list(struct http_exchange *exchange, void *context) {
    const struct gateway_audit *audit = context;
    const struct auth_principal *principal = exchange->principal;
    struct listing listing = {.exchange = exchange};
    struct store_audit_query query;
    if (!read_query(audit, exchange, &listing.project, &query)) {
        return;
    }
    struct str own = str_from_c(principal->project);
    if (own.len > 0 && listing.project.data && !str_equal(own, listing.project)) {
        http_reply_problem(exchange, 404, STR("There is no such project for this token."));
        return;
    }
    listing.project = own.len > 0 ? own : listing.project;
    json_writer_init(&listing.writer, http_reply_body(exchange));
    json_begin_list(&listing.writer);
    bool more = false;
    if (fill(audit, &listing, query, &more) != STATUS_OK) {
        http_reply_problem(exchange, 503, STR("The audit log cannot be read."));
        return;
    }
    char text[80];
    struct buffer cursor;
    buffer_init_fixed(&cursor, text, sizeof text);
    buffer_append_i64(&cursor, listing.last.time_ms);
    buffer_append_str(&cursor, STR("."));
    buffer_append_str(&cursor, listing.last.id);
    json_end_list(&listing.writer, more ? buffer_str(&cursor) : STR_EMPTY);
    http_reply_send(exchange, 200, "application/json");
}

static const struct http_route routes[] = {
    {HTTP_GET_, "/audit", AUTH_ACCESS_ADMIN, true, list},
};

struct http_route_table gateway_audit_routes(struct gateway_audit *audit) {
    return (struct http_route_table){routes, sizeof routes / sizeof routes[0], audit};
}
