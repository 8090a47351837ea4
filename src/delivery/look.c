// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// A look at all deliveries: what became due is written down, what waits is claimed and tried, and what came of it is written down.
#include "base/log.h"
#include "delivery/private.h"

#define CATCH_UP_MOST 31            // due times that were missed, in one look
#define LEASE_MS (10 * 60 * 1000LL) // longer than any attempt takes
#define BACKOFF_MOST_MS (6 * 3600 * 1000LL)
#define CLOSE_AFTER_MS (15 * 60 * 1000LL)
#define ERROR_BYTES 500

static int64_t now_ms(const struct deliveries *deliveries) {
    return deliveries->config.clock->wall_ms(deliveries->config.clock);
}

// --- What became due ------------------------------------------------------------------------------------------------------
static enum status add_row(struct deliveries *deliveries, const struct delivery *delivery,
                           int64_t due_ms, enum store_delivery_state state) {
    struct store_delivery row = {.name = delivery->entry.name,
                                 .due_ms = due_ms,
                                 .state = state,
                                 .next_ms = due_ms,
                                 .changed_ms = now_ms(deliveries)};
    enum status status = store_delivery_put(deliveries->config.store, &row, 0);
    return status == STATUS_PRECONDITION ? STATUS_OK : status; // another process was quicker
}

// A delivery that was never seen begins with the next due time: the last one before is noted as done.
static enum status note_missing(struct deliveries *deliveries, const struct delivery *delivery,
                                const struct view_zone *zone, const struct store_delivery *newest) {
    int64_t now = now_ms(deliveries);
    if (!newest) {
        return add_row(deliveries, delivery,
                       delivery_schedule_last(&delivery->schedule, zone->rules, now),
                       STORE_DELIVERY_DELIVERED);
    }
    int64_t due = delivery_schedule_next(&delivery->schedule, zone->rules, newest->due_ms);
    enum status status = STATUS_OK;
    for (unsigned i = 0; i < CATCH_UP_MOST && due <= now && status == STATUS_OK; i++) {
        status = add_row(deliveries, delivery, due, STORE_DELIVERY_WAITING);
        due = delivery_schedule_next(&delivery->schedule, zone->rules, due);
    }
    return status;
}

enum status delivery_note_due(struct deliveries *deliveries, const struct delivery *delivery,
                              struct view_zone *zone, struct arena *arena,
                              struct store_delivery **rows, size_t *count, struct error *err) {
    struct store *store = deliveries->config.store;
    enum status status = view_zones_get(deliveries->zones, delivery->entry.project, zone, err);
    if (status != STATUS_OK) {
        return status;
    }
    status = store_deliveries(store, delivery->entry.name, arena, rows, count);
    if (status == STATUS_OK) {
        status = note_missing(deliveries, delivery, zone, *count > 0 ? *rows : NULL);
    }
    if (status == STATUS_OK) {
        status = store_deliveries(store, delivery->entry.name, arena, rows, count);
    }
    return status == STATUS_OK
               ? status
               : error_set(err, status, "the rows of deliveries: %s", status_text(status));
}

// --- Whether the days are over --------------------------------------------------------------------------------------------
struct progress {
    int64_t received_ms;
    bool caught_up;
};

// Asked for by hand: what there is now. Else the last day must be closed, or nothing can have happened on it.
static enum status is_ready(struct deliveries *deliveries, const struct delivery *delivery,
                            const struct view_zone *zone, const struct store_delivery *row,
                            const struct progress *progress, struct arena *arena, bool *ready) {
    const struct delivery_schedule *schedule = &delivery->schedule;
    struct store *store = deliveries->config.store;
    struct store_report report;
    struct store_total *totals = NULL;
    size_t count = 0;
    int32_t first = 0, last = 0;
    *ready = delivery_schedule_last(schedule, zone->rules, row->due_ms) != row->due_ms;
    if (*ready) {
        return STATUS_OK;
    }
    delivery_schedule_period(schedule, zone->rules, row->due_ms, &first, &last);
    int64_t over_ms = timezone_day_start(zone->rules, last + 1) + CLOSE_AFTER_MS;
    if (!progress->caught_up && progress->received_ms < over_ms) {
        return STATUS_OK;
    }
    enum status status = store_report_get(store, delivery->entry.project, last, arena, &report);
    *ready = status == STATUS_OK;
    if (status == STATUS_NOT_FOUND) {
        status = store_totals_read(store, delivery->entry.project, last, last,
                                   UINT64_C(1) << STORE_METRIC_EVENTS, arena, &totals, &count);
        *ready = status == STATUS_OK && count == 0 && now_ms(deliveries) >= over_ms;
    }
    return status;
}

// --- One that is due --------------------------------------------------------------------------------------------------------
// With a quarter more or less, so that many that failed together do not come together again.
static int64_t pause_ms(const struct deliveries *deliveries, const struct deliveries_plan *plan,
                        uint32_t attempts) {
    int64_t pause = plan->backoff_ms;
    for (uint32_t i = 1; i < attempts && pause < BACKOFF_MOST_MS; i++) {
        pause *= 2;
    }
    pause = pause < BACKOFF_MOST_MS ? pause : BACKOFF_MOST_MS;
    return pause - pause / 4 +
           (int64_t)random_below(deliveries->config.random, (uint64_t)(pause / 2) + 1);
}

static void settle(struct deliveries *deliveries, const struct deliveries_plan *plan,
                   struct store_delivery *row, enum status status, const struct error *err) {
    row->changed_ms = now_ms(deliveries);
    row->error = STR_EMPTY;
    if (status == STATUS_OK) {
        row->state = STORE_DELIVERY_DELIVERED;
        metrics_add(deliveries->delivered, 1);
        return;
    }
    row->error = str_from_c(err->text);
    row->error.len = row->error.len < ERROR_BYTES ? row->error.len : ERROR_BYTES;
    bool over = row->attempts >= plan->attempts || status == STATUS_INVALID;
    row->state = over ? STORE_DELIVERY_GIVEN_UP : STORE_DELIVERY_WAITING;
    row->next_ms = row->changed_ms + pause_ms(deliveries, plan, row->attempts);
    metrics_add(over ? deliveries->given_up : deliveries->failed, 1);
    LOG_WARN("delivery", over ? "a report is given up" : "a report could not be delivered",
             LOG_STR("name", row->name), LOG_INT("attempt", row->attempts),
             LOG_CSTR("reason", err->text));
}

static enum status try_row(struct deliveries *deliveries, const struct delivery *delivery,
                           const struct view_zone *zone, struct store_delivery *row) {
    struct store *store = deliveries->config.store;
    struct error err = {STATUS_OK, ""};
    int64_t version = row->version;
    row->state = STORE_DELIVERY_UNDER_WAY;
    row->attempts++;
    row->changed_ms = now_ms(deliveries);
    row->next_ms = row->changed_ms + LEASE_MS;
    enum status status = store_delivery_put(store, row, version);
    if (status != STATUS_OK) {
        return status == STATUS_PRECONDITION ? STATUS_OK : status; // somebody else has it
    }
    status = delivery_attempt(deliveries, delivery, zone, row, &err);
    settle(deliveries, delivery->plan, row, status, &err);
    status = store_delivery_put(store, row, version + 1);
    if (status == STATUS_PRECONDITION) {
        LOG_WARN("delivery", "an attempt took so long that another process has taken it over",
                 LOG_STR("name", row->name));
        return STATUS_OK;
    }
    return status;
}

static bool is_due(const struct store_delivery *row, int64_t now) {
    return (row->state == STORE_DELIVERY_WAITING || row->state == STORE_DELIVERY_UNDER_WAY) &&
           row->next_ms <= now;
}

static bool is_stopping(struct deliveries *deliveries) {
    thread_must(pthread_mutex_lock(&deliveries->mutex));
    bool stopping = deliveries->stopping;
    thread_must(pthread_mutex_unlock(&deliveries->mutex));
    return stopping;
}

static enum status look_at(struct deliveries *deliveries, const struct delivery *delivery,
                           const struct progress *progress, struct arena *arena,
                           struct error *err) {
    struct store_delivery *rows = NULL;
    struct view_zone zone;
    size_t count = 0;
    enum status status = delivery_note_due(deliveries, delivery, &zone, arena, &rows, &count, err);
    for (size_t i = count; i-- > 0 && status == STATUS_OK && !is_stopping(deliveries);) {
        bool ready = false;
        if (!is_due(&rows[i], now_ms(deliveries))) {
            continue;
        }
        status = is_ready(deliveries, delivery, &zone, &rows[i], progress, arena, &ready);
        if (status == STATUS_OK && ready) {
            status = try_row(deliveries, delivery, &zone, &rows[i]);
        }
        if (status != STATUS_OK) {
            return error_set(err, status, "the store: %s", status_text(status));
        }
    }
    return status;
}

enum status deliveries_look(struct deliveries *deliveries, struct error *err) {
    struct progress progress = {.caught_up = true};
    enum status status = STATUS_OK;
    thread_must(pthread_mutex_lock(&deliveries->looking));
    struct deliveries_plan *plan = delivery_plan_hold(deliveries);
    if (deliveries->config.progress && plan->count > 0) {
        deliveries->config.progress(deliveries->config.progress_context, &progress.received_ms,
                                    &progress.caught_up);
    }
    // One that fails does not keep the others from being tried; the last failure is told.
    for (size_t i = 0; i < plan->count; i++) {
        struct arena arena;
        arena_init(&arena, 16 * 1024, 0);
        enum status own = look_at(deliveries, &plan->list[i], &progress, &arena, err);
        status = own != STATUS_OK ? own : status;
        arena_free(&arena);
    }
    deliveries_plan_free(plan);
    thread_must(pthread_mutex_unlock(&deliveries->looking));
    return status;
}
