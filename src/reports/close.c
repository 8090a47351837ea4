// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Closing days: when a day is over and the log has moved on, its report is stored; when late events change it, once more.
//
// A look goes through the last CLOSE_DAYS days of each project, a day at a time. That bounds the work, and with it how late an event
// may be and still raise a closed report's revision; GET /reports/daily shows live figures for older days all the same.
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "reports/daily.h"
#include "reports/people.h"

#define CLOSE_DAYS 45
#define CLOSE_BODY_MAX (16u << 20)
_Static_assert(CLOSE_DAYS <= REPORTS_PEOPLE_DAYS, "people are counted for all days at once");

struct look {
    struct reports *reports;
    int64_t now_ms;
    int64_t received_ms; // the processor has put everything received up to here into the store
    bool caught_up;
    struct arena arena; // of one day
    // Of the project that is looked at:
    int32_t first; // day of twice[0]
    bool counted;  // twice is known, by one walk of the links for all days
    bool
        links_changed; // since the last look that went well, so that people of closed days may be fewer
    int64_t twice[CLOSE_DAYS]; // see reports/people.h
};

// The day ended close_after_ms ago, and the log moved as far past it or has nothing more to give.
static bool is_due(const struct look *look, const struct view_zone *zone, int32_t day) {
    int64_t due_ms =
        timezone_day_start(zone->rules, day + 1) + look->reports->config.close_after_ms;
    return look->now_ms >= due_ms && (look->caught_up || look->received_ms >= due_ms);
}

static enum status twice_of(struct look *look, struct str project, int32_t day, int64_t *out) {
    enum status status = STATUS_OK;
    if (!look->counted) {
        status = reports_people_counted_twice(look->reports->config.store, project, look->first,
                                              CLOSE_DAYS, look->twice);
        look->counted = status == STATUS_OK;
    }
    *out = look->twice[day - look->first];
    return status;
}

// Whether links that were found since make other people of a closed day. One that an earlier release closed without people stays.
static enum status has_other_people(struct look *look, struct str project,
                                    const struct store_report *stored, struct reports_rows rows,
                                    bool *other) {
    int64_t people = 0, twice = 0;
    *other = false;
    if (!look->links_changed || !reports_people_read(stored->body, &look->arena, &people)) {
        return STATUS_OK;
    }
    enum status status = twice_of(look, project, stored->day, &twice);
    *other = people != reports_amount(rows, stored->day, STORE_METRIC_ACTIVE_USERS) +
                           reports_amount(rows, stored->day, STORE_METRIC_ACTIVE_ANONYMOUS) - twice;
    return status;
}

static enum status store_revision(struct look *look, struct reports_rows rows,
                                  struct reports_daily *daily, uint64_t digest) {
    struct buffer body;
    buffer_init(&body, CLOSE_BODY_MAX);
    struct json_writer w;
    json_writer_init(&w, &body);
    int64_t twice = 0;
    enum status status = reports_daily_make(&look->arena, rows, REPORTS_LIST_ITEMS, daily);
    if (status == STATUS_OK) {
        status = reports_daily_excluded(look->reports->config.store, &look->arena, daily);
    }
    if (status == STATUS_OK) {
        status = twice_of(look, daily->project, daily->day, &twice);
    }
    if (status == STATUS_OK) {
        daily->has_people = true;
        daily->people = daily->active_users + daily->anonymous_visitors - twice;
        reports_daily_write_json(&w, daily);
        status = json_writer_status(&w);
    }
    if (status == STATUS_OK) {
        struct store_report report = {.day = daily->day,
                                      .revision = daily->revision,
                                      .closed_ms = look->now_ms,
                                      .digest = digest,
                                      .body = buffer_str(&body)};
        status = store_report_put(look->reports->config.store, daily->project, &report);
    }
    buffer_free(&body);
    return status == STATUS_EXISTS ? STATUS_OK : status; // another process was quicker
}

static enum status close_day(struct look *look, struct str project, const struct view_zone *zone,
                             int32_t day) {
    struct store *store = look->reports->config.store;
    struct reports_rows rows;
    struct store_report stored = {0};
    enum status status = reports_daily_rows(store, project, day, &look->arena, &rows);
    if (status != STATUS_OK) {
        return status;
    }
    uint64_t digest = reports_daily_digest(rows);
    status = store_report_get(store, project, day, &look->arena, &stored);
    if (status != STATUS_OK && status != STATUS_NOT_FOUND) {
        return status;
    }
    bool known = status == STATUS_OK;
    // A day on which nothing happened has no report, but one of which nothing is left (erasure) has a newer one.
    if (known ? stored.digest == digest : rows.count == 0) {
        bool other = false;
        stored.day = day;
        status = known ? has_other_people(look, project, &stored, rows, &other) : STATUS_OK;
        if (status != STATUS_OK || !other) {
            return status;
        }
    }
    struct reports_daily daily = {.project = project,
                                  .time_zone = zone->name,
                                  .day = day,
                                  .closed = true,
                                  .revision = stored.revision + 1};
    status = store_revision(look, rows, &daily, digest);
    if (status == STATUS_OK) {
        char date[11];
        clock_format_date(day, date);
        LOG_INFO("reports", "daily report closed", LOG_STR("project", project),
                 LOG_CSTR("date", date), LOG_INT("revision", daily.revision));
    }
    return status;
}

// How many links were received in these days. The processor counts them; that it changed is all that matters.
static enum status count_links(struct look *look, struct str project, int32_t today, int64_t *out) {
    struct store_total *rows = NULL;
    size_t count = 0;
    enum status status =
        store_totals_read(look->reports->config.store, project, today - CLOSE_DAYS, today + 1,
                          REPORTS_METRIC(LINKS), &look->arena, &rows, &count);
    *out = 0;
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        *out += rows[i].amount;
    }
    arena_reset(&look->arena);
    return status;
}

static enum status close_days(struct look *look, struct str project, const struct view_zone *zone,
                              int32_t today, struct error *err) {
    for (int32_t day = today - CLOSE_DAYS; day < today; day++) {
        if (!is_due(look, zone, day)) {
            continue;
        }
        enum status status = close_day(look, project, zone, day);
        arena_reset(&look->arena);
        if (status != STATUS_OK) {
            char date[11];
            clock_format_date(day, date);
            return error_set(err, status, "the report of project \"%.*s\" for %s: %s",
                             STR_ARG(project), date, status_text(status));
        }
    }
    return STATUS_OK;
}

// What was seen of the project's links at the last look; NULL: no memory.
static struct reports_seen_links *seen_links_of(struct reports *reports, struct str project) {
    struct reports_seen_links *seen = reports->seen_links;
    while (seen && !str_equal(str_from_c(seen->project), project)) {
        seen = seen->next;
    }
    if (!seen) {
        seen = calloc(1, sizeof *seen + project.len + 1);
        if (!seen) {
            return NULL;
        }
        memcpy(seen->project, project.data, project.len);
        seen->next = reports->seen_links;
        reports->seen_links = seen;
    }
    return seen;
}

static enum status close_project(struct look *look, struct str project, struct error *err) {
    struct view_zone zone;
    enum status status = view_zones_get(look->reports->zones, project, &zone, err);
    if (status != STATUS_OK) {
        return status;
    }
    int32_t today = timezone_day(zone.rules, look->now_ms, NULL);
    struct reports_seen_links *seen = seen_links_of(look->reports, project);
    int64_t links = 0;
    status = seen ? count_links(look, project, today, &links) : STATUS_NO_MEMORY;
    if (status != STATUS_OK) {
        return error_set(err, status, "the links of project \"%.*s\": %s", STR_ARG(project),
                         status_text(status));
    }
    look->first = today - CLOSE_DAYS;
    look->counted = false;
    look->links_changed = !seen->known || seen->links != links;
    status = close_days(look, project, &zone, today, err);
    if (status == STATUS_OK) {
        seen->known = true;
        seen->links = links;
    }
    return status;
}

static enum status close_projects(struct look *look, struct error *err) {
    struct arena arena;
    struct store_project *projects = NULL;
    size_t count = 0;
    arena_init(&arena, 4096, 0);
    enum status status = store_projects(look->reports->config.store, &arena, &projects, &count);
    if (status != STATUS_OK) {
        error_set(err, status, "the projects cannot be read: %s", status_text(status));
    }
    // A project that fails does not keep the others from being closed; the last failure is told.
    for (size_t i = 0; i < count; i++) {
        enum status own = close_project(look, projects[i].id, err);
        status = own != STATUS_OK ? own : status;
    }
    arena_free(&arena);
    return status;
}

enum status reports_close_due(struct reports *reports, struct error *err) {
    struct clock *clock = reports->config.clock;
    thread_must(pthread_mutex_lock(&reports->closing));
    struct look look = {.reports = reports, .caught_up = true};
    // Before the clock is read: what was caught up then had seen all that was received until then.
    if (reports->config.progress) {
        reports->config.progress(reports->config.progress_context, &look.received_ms,
                                 &look.caught_up);
    }
    look.now_ms = clock->wall_ms(clock);
    arena_init(&look.arena, 64 * 1024, 0);
    enum status status = close_projects(&look, err);
    arena_free(&look.arena);
    thread_must(pthread_mutex_unlock(&reports->closing));
    return status;
}
