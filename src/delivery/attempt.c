// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// One attempt: the report is asked for as a client would ask, and goes where it is to go.
#include <sodium.h>
#include <stdio.h>

#include "base/json_read.h"
#include "delivery/private.h"
#include "http/query.h"

const char *delivery_extension(struct str format) {
    static const struct {
        struct str format;
        const char *extension;
    } formats[] = {
        {STR_INIT("json"), "json"}, {STR_INIT("csv"), "csv"}, {STR_INIT("html"), "html"}};
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        if (str_equal(formats[i].format, format)) {
            return formats[i].extension;
        }
    }
    return NULL;
}

struct str delivery_stem(const struct delivery_attempt *attempt) {
    char first[11], last[11];
    struct str name = attempt->delivery->entry.name;
    clock_format_date(attempt->first, first);
    clock_format_date(attempt->last, last);
    return attempt->first == attempt->last
               ? arena_printf(attempt->arena, "%.*s-%s", STR_ARG(name), last)
               : arena_printf(attempt->arena, "%.*s-%s_%s", STR_ARG(name), first, last);
}

// --- What is asked for ------------------------------------------------------------------------------------------------------
static void put_parameter(struct buffer *out, struct str name, struct str value) {
    buffer_append_char(out, '&');
    http_percent_encode(out, name);
    buffer_append_char(out, '=');
    http_percent_encode(out, value);
}

static bool names_parameter(const struct delivery *delivery, struct str name) {
    for (size_t i = 0; i < delivery->entry.parameter_count; i++) {
        struct str rest = delivery->entry.parameters[i];
        if (str_equal(str_cut(&rest, '='), name)) {
            return true;
        }
    }
    return false;
}

static void put_days(struct buffer *out, const struct delivery_attempt *attempt) {
    char first[11], last[11];
    const struct delivery *delivery = attempt->delivery;
    clock_format_date(attempt->first, first);
    clock_format_date(attempt->last, last);
    if (str_equal(delivery->entry.report, STR("daily"))) {
        if (!names_parameter(delivery, STR("date"))) {
            put_parameter(out, STR("date"), str_from_c(last));
        }
    } else if (!names_parameter(delivery, STR("from")) && !names_parameter(delivery, STR("to"))) {
        put_parameter(out, STR("from"), str_from_c(first));
        put_parameter(out, STR("to"), str_from_c(last));
    }
}

// The problem's own words.
static enum status explain(const struct http_detached *reply, struct arena *arena,
                           struct error *err) {
    struct json_scan scan;
    struct json_scan_member member;
    struct str detail = STR_EMPTY;
    unsigned status = http_detached_status(reply);
    (void)arena;
    if (json_scan_begin(&scan, http_detached_body(reply)) == STATUS_OK) {
        while (json_scan_next(&scan, &member) == STATUS_OK) {
            detail = str_equal(member.key, STR("detail")) ? member.raw : detail;
        }
    }
    // What the report refuses today it refuses tomorrow.
    return error_set(err, status >= 400 && status < 500 ? STATUS_INVALID : STATUS_UNAVAILABLE,
                     "the report cannot be made: %u %.*s", status, STR_ARG(detail));
}

static enum status render(const struct delivery_attempt *attempt, struct str format,
                          struct http_detached **out, struct error *err) {
    struct deliveries *deliveries = attempt->deliveries;
    const struct delivery *delivery = attempt->delivery;
    struct auth_principal principal = {.role = AUTH_ROLE_VIEWER};
    struct buffer target;
    (void)snprintf(principal.project, sizeof principal.project, "%.*s",
                   STR_ARG(delivery->entry.project));
    buffer_init(&target, 8 * 1024);
    buffer_printf(&target, "/reports/%.*s?format=%.*s", STR_ARG(delivery->entry.report),
                  STR_ARG(format));
    put_days(&target, attempt);
    for (size_t i = 0; i < delivery->entry.parameter_count; i++) {
        struct str rest = delivery->entry.parameters[i];
        struct str name = str_cut(&rest, '=');
        put_parameter(&target, name, rest);
    }
    enum status status = buffer_status(&target);
    if (status == STATUS_OK) {
        status = http_detached_get(deliveries->reports, buffer_str(&target), &principal,
                                   DELIVERY_REPORT_MAX, out);
    }
    buffer_free(&target);
    if (status == STATUS_NOT_FOUND) {
        return error_set(err, STATUS_INVALID, "there is no report \"%.*s\"",
                         STR_ARG(delivery->entry.report));
    }
    if (status != STATUS_OK) {
        return error_set(err, status, "the report cannot be made: %s", status_text(status));
    }
    return http_detached_status(*out) == 200 ? STATUS_OK : explain(*out, attempt->arena, err);
}

// --- The attempt --------------------------------------------------------------------------------------------------------------
// The same for each attempt, in whatever process, and another for every other delivery.
static void make_id(const struct delivery *delivery, const struct store_delivery *row,
                    char out[DELIVERY_ID_TEXT]) {
    unsigned char hash[16];
    crypto_generichash_state state;
    int64_t due = row->due_ms;
    (void)crypto_generichash_init(&state, NULL, 0, sizeof hash);
    (void)crypto_generichash_update(&state, (const unsigned char *)delivery->entry.project.data,
                                    delivery->entry.project.len + 1); // with its NUL
    (void)crypto_generichash_update(&state, (const unsigned char *)delivery->entry.name.data,
                                    delivery->entry.name.len + 1);
    for (unsigned i = 0; i < 8; i++) {
        unsigned char byte = (unsigned char)(due >> (8 * i));
        (void)crypto_generichash_update(&state, &byte, 1);
    }
    (void)crypto_generichash_final(&state, hash, sizeof hash);
    (void)sodium_bin2hex(out, DELIVERY_ID_TEXT, hash, sizeof hash);
}

static enum status send_report(struct delivery_attempt *attempt, struct error *err) {
    switch (attempt->delivery->target) {
    case DELIVERY_FILE: return delivery_to_file(attempt, err);
    case DELIVERY_WEBHOOK: return delivery_to_webhook(attempt, err);
    case DELIVERY_MAIL: return delivery_to_mail(attempt, err);
    }
    return STATUS_UNSUPPORTED;
}

enum status delivery_attempt(struct deliveries *deliveries, const struct delivery *delivery,
                             const struct view_zone *zone, const struct store_delivery *row,
                             struct error *err) {
    struct arena arena;
    struct delivery_attempt attempt = {
        .deliveries = deliveries, .delivery = delivery, .number = row->attempts, .arena = &arena};
    bool mail = delivery->target == DELIVERY_MAIL;
    arena_init(&arena, 4096, 0);
    make_id(delivery, row, attempt.id);
    delivery_schedule_period(&delivery->schedule, zone->rules, row->due_ms, &attempt.first,
                             &attempt.last);
    enum status status =
        render(&attempt, mail ? STR("html") : delivery->entry.format, &attempt.report, err);
    if (status == STATUS_OK && mail) {
        status = render(&attempt, STR("csv"), &attempt.table, err);
    }
    if (status == STATUS_OK) {
        status = send_report(&attempt, err);
    }
    http_detached_free(attempt.report);
    http_detached_free(attempt.table);
    arena_free(&arena);
    return status;
}
