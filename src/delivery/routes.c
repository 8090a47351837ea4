// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// GET /deliveries and POST /deliveries/:name/run.
#include "auth/scope.h"
#include "base/json_write.h"
#include "delivery/private.h"
#include "http/problem.h"
#include "http/query.h"
#include "view/asked.h"

#define SHOWN 20 // of the last due times

static struct str state_name(enum store_delivery_state state) {
    switch (state) {
#define X(symbol, number, name)                                                                    \
    case STORE_DELIVERY_##symbol: return STR(name);
        STORE_DELIVERY_STATES(X)
#undef X
    }
    return STR("unknown");
}

static bool ask_project(struct deliveries *deliveries, struct http_exchange *exchange,
                        struct str *project) {
    static const char *const names[] = {"project"};
    struct str values[1];
    return http_query_read(exchange, names, values, 1) &&
           auth_scope_project(exchange, deliveries->config.keyring, values[0], project);
}

static void write_rows(struct json_writer *w, const struct store_delivery *rows, size_t count) {
    json_key(w, STR("history"));
    json_begin_array(w);
    for (size_t i = 0; i < count && i < SHOWN; i++) {
        if (rows[i].attempts == 0 && rows[i].state == STORE_DELIVERY_DELIVERED) {
            continue; // where it began
        }
        json_begin_object(w);
        json_member_time(w, STR("due"), rows[i].due_ms);
        json_member_string(w, STR("state"), state_name(rows[i].state));
        json_member_u64(w, STR("attempts"), rows[i].attempts);
        json_member_time(w, STR("changedAt"), rows[i].changed_ms);
        if (rows[i].state == STORE_DELIVERY_WAITING) {
            json_member_time(w, STR("nextTry"), rows[i].next_ms);
        }
        if (rows[i].error.len > 0) {
            json_member_string(w, STR("error"), rows[i].error);
        }
        json_end_object(w);
    }
    json_end_array(w);
}

// A webhook's path may be as good as a password.
static struct str shown_place(const struct delivery *delivery) {
    struct str rest = delivery->entry.to;
    if (delivery->target != DELIVERY_WEBHOOK) {
        return rest;
    }
    size_t len = str_starts_with(rest, STR("https://")) ? 8 : 7;
    while (len < rest.len && rest.data[len] != '/' && rest.data[len] != '?') {
        len++;
    }
    return str_make(rest.data, len);
}

static enum status write_delivery(struct deliveries *deliveries, const struct delivery *delivery,
                                  struct arena *arena, struct json_writer *w) {
    struct store_delivery *rows = NULL;
    struct error err = {STATUS_OK, ""};
    struct view_zone zone;
    size_t count = 0;
    struct clock *clock = deliveries->config.clock;
    enum status status = view_zones_get(deliveries->zones, delivery->entry.project, &zone, &err);
    if (status == STATUS_OK) {
        status =
            store_deliveries(deliveries->config.store, delivery->entry.name, arena, &rows, &count);
    }
    if (status != STATUS_OK) {
        return status;
    }
    json_begin_object(w);
    json_member_string(w, STR("name"), delivery->entry.name);
    json_member_string(w, STR("project"), delivery->entry.project);
    json_member_string(w, STR("report"), delivery->entry.report);
    json_member_string(w, STR("format"), delivery->entry.format);
    json_member_string(w, STR("schedule"), delivery->entry.schedule);
    json_member_string(w, STR("to"), shown_place(delivery));
    json_member_time(
        w, STR("nextDue"),
        delivery_schedule_next(&delivery->schedule, zone.rules, clock->wall_ms(clock)));
    write_rows(w, rows, count);
    json_end_object(w);
    return STATUS_OK;
}

static void handle_list(struct http_exchange *exchange, void *context) {
    struct deliveries *deliveries = context;
    struct str project = STR_EMPTY;
    struct json_writer w;
    if (!ask_project(deliveries, exchange, &project)) {
        return;
    }
    enum status status = STATUS_OK;
    struct deliveries_plan *plan = delivery_plan_hold(deliveries);
    json_writer_init(&w, http_reply_body(exchange));
    json_begin_list(&w);
    for (size_t i = 0; i < plan->count && status == STATUS_OK; i++) {
        if (str_equal(plan->list[i].entry.project, project)) {
            status = write_delivery(deliveries, &plan->list[i], &exchange->arena, &w);
        }
    }
    deliveries_plan_free(plan);
    json_end_list(&w, STR_EMPTY);
    if (status != STATUS_OK || json_writer_status(&w) == STATUS_INVALID_UTF8) {
        buffer_clear(http_reply_body(exchange));
        view_fail(exchange, status != STATUS_OK ? status : STATUS_CORRUPT, "delivery",
                  "The deliveries cannot be read");
        return;
    }
    http_reply_header(exchange, "Cache-Control", STR("no-store"));
    http_reply_send(exchange, 200, "application/json");
}

static const struct delivery *find(const struct deliveries_plan *plan, struct str project,
                                   struct str name) {
    for (size_t i = 0; i < plan->count; i++) {
        const struct delivery *delivery = &plan->list[i];
        if (str_equal(delivery->entry.name, name) && str_equal(delivery->entry.project, project)) {
            return delivery;
        }
    }
    return NULL;
}

// What became due before is noted first: the next due time is looked for behind the newest row.
static enum status note_run(struct deliveries *deliveries, const struct delivery *delivery,
                            struct arena *arena, int64_t *due_ms) {
    struct clock *clock = deliveries->config.clock;
    struct store_delivery *rows = NULL;
    struct error err = {STATUS_OK, ""};
    struct view_zone zone;
    size_t count = 0;
    enum status status = delivery_note_due(deliveries, delivery, &zone, arena, &rows, &count, &err);
    if (status != STATUS_OK) {
        return status;
    }
    *due_ms = clock->wall_ms(clock);
    struct store_delivery row = {.name = delivery->entry.name,
                                 .due_ms = *due_ms,
                                 .state = STORE_DELIVERY_WAITING,
                                 .next_ms = *due_ms,
                                 .changed_ms = *due_ms};
    status = store_delivery_put(deliveries->config.store, &row, 0);
    return status == STATUS_PRECONDITION ? STATUS_OK : status; // asked for twice in a millisecond
}

static void handle_run(struct http_exchange *exchange, void *context) {
    struct deliveries *deliveries = context;
    struct str project = STR_EMPTY;
    struct json_writer w;
    int64_t due_ms = 0;
    if (!ask_project(deliveries, exchange, &project)) {
        return;
    }
    struct deliveries_plan *plan = delivery_plan_hold(deliveries);
    const struct delivery *delivery = find(plan, project, exchange->parameters[0]);
    bool found = delivery != NULL;
    enum status status =
        found ? note_run(deliveries, delivery, &exchange->arena, &due_ms) : STATUS_OK;
    deliveries_plan_free(plan);
    if (!found) {
        http_reply_problem(exchange, 404, STR("There is no delivery of that name."));
        return;
    }
    if (status != STATUS_OK) {
        view_fail(exchange, status, "delivery", "The delivery cannot be asked for");
        return;
    }
    thread_must(pthread_mutex_lock(&deliveries->mutex));
    deliveries->wanted = true;
    thread_must(pthread_cond_signal(&deliveries->wake));
    thread_must(pthread_mutex_unlock(&deliveries->mutex));
    exchange->subject = exchange->parameters[0];
    json_writer_init(&w, http_reply_body(exchange));
    json_begin_object(&w);
    json_member_string(&w, STR("name"), exchange->parameters[0]);
    json_member_time(&w, STR("due"), due_ms);
    json_end_object(&w);
    http_reply_send(exchange, 202, "application/json");
}

static const struct http_route routes[] = {
    {HTTP_GET_, "/deliveries", AUTH_ACCESS_ADMIN, true, handle_list},
    {HTTP_POST_, "/deliveries/:name/run", AUTH_ACCESS_ADMIN, true, handle_run},
};

struct http_route_table deliveries_routes(struct deliveries *deliveries) {
    return (struct http_route_table){routes, sizeof routes / sizeof routes[0], deliveries};
}

struct http_route_table deliveries_route_patterns(void) {
    return deliveries_routes(NULL);
}
