// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Applies one event: day totals, the actor's state, day and session, identity links, timeline.
#include "processor/apply.h"

#include "base/json_write.h"
#include "processor/count.h"
#include "processor/funnels.h"
#include "processor/observed_traits.h"
#include "processor/retention.h"
#include "processor/sessions.h"

#define YEAR_1990_MS 631152000000LL
#define YEAR_2100_MS 4102444800000LL
#define STORE_STRING_MAX 512
#define TRAILING_WEEK 7
#define TRAILING_MONTH 30

static bool is_storable(struct str s) {
    return s.len <= STORE_STRING_MAX && (s.len == 0 || !memchr(s.data, '\0', s.len));
}

enum status apply_check(const struct event *event, const struct eventlog_view *record,
                        struct error *err) {
    int64_t received =
        record->timestamp_ms > event->received_ms ? record->timestamp_ms : event->received_ms;
    if (event->id.len == 0 || event->project.len == 0 ||
        (event->user_id.len == 0 && event->anonymous_id.len == 0)) {
        return error_set(err, STATUS_INVALID, "id, project or actor is empty");
    }
    if (!is_storable(event->id) || !is_storable(event->project) || !is_storable(event->user_id) ||
        !is_storable(event->anonymous_id) || !is_storable(event->name) ||
        !is_storable(event->previous_id)) {
        return error_set(err, STATUS_INVALID,
                         "an id or name is longer than %d bytes or contains NUL", STORE_STRING_MAX);
    }
    if (event->timestamp_ms < YEAR_1990_MS || event->timestamp_ms >= YEAR_2100_MS) {
        return error_set(err, STATUS_INVALID, "timestamp is out of range");
    }
    if (event->timestamp_ms > received + EVENT_FUTURE_MAX_MS) {
        return error_set(err, STATUS_INVALID, "timestamp is more than a day in the future");
    }
    return STATUS_OK;
}

void apply_mark_dirty(struct partition *partition, struct actor *actor) {
    if (!actor->dirty) {
        actor->dirty = true;
        actor->next_dirty = NULL;
        *partition->dirty_actors_end = actor;
        partition->dirty_actors_end = &actor->next_dirty;
    }
}

enum status apply_actor_day(struct partition *partition, struct actor *actor, int32_t day,
                            struct actor_day **out) {
    struct worker *worker = partition->worker;
    *out = actor_day_find(actor, day);
    if (*out) {
        return STATUS_OK;
    }
    if (!actives_has(&actor->actives, day)) {
        *out = actor_day_add(&worker->actors, actor, day);
        return *out ? STATUS_OK : STATUS_NO_MEMORY;
    }
    struct arena arena;
    struct store_actor_day *days = NULL;
    size_t count = 0;
    arena_init(&arena, 4096, 0);
    enum status status = store_actor_days(worker->shared->config.store, actor->project->id,
                                          actor_key(actor), day, day, &arena, &days, &count);
    if (status == STATUS_OK && count != 1) {
        status = STATUS_CORRUPT; // the bitmap says there is one
    }
    if (status == STATUS_OK) {
        status = actor_cache_fill_day(&worker->actors, actor, &days[0]);
        *out = actor->days;
    }
    arena_free(&arena);
    return status;
}

static enum status totals_of(struct partition *partition, struct project *project, int32_t day,
                             struct day_totals **out) {
    return day_totals_take(&partition->worker->totals, &partition->dirty_totals, partition->number,
                           project, day, out);
}

// --- Activity -------------------------------------------------------------------------------------------------------

static enum status add_trailing(struct partition *partition, const struct actor *actor, int32_t day,
                                int32_t length, enum day_fixed cell) {
    int32_t from, to;
    enum status status = STATUS_OK;
    actives_gain(day, length, actives_before(&actor->actives, day),
                 actives_after(&actor->actives, day), &from, &to);
    for (int32_t at = from; at <= to && status == STATUS_OK; at++) {
        struct day_totals *totals = NULL;
        status = totals_of(partition, actor->project, at, &totals);
        if (status == STATUS_OK) {
            day_totals_add(totals, cell, 1);
        }
    }
    return status;
}

// The first day ever; it moves when a late event is earlier.
static enum status count_new_user(struct partition *partition, const struct actor *actor,
                                  int32_t day, struct day_totals *today) {
    if (actives_before(&actor->actives, day) != INT32_MIN) {
        return STATUS_OK;
    }
    int32_t first = actives_after(&actor->actives, day);
    day_totals_add(today, DAY_NEW_USERS, 1);
    if (first == INT32_MAX) {
        return STATUS_OK;
    }
    struct day_totals *totals = NULL;
    enum status status = totals_of(partition, actor->project, first, &totals);
    if (status == STATUS_OK) {
        day_totals_add(totals, DAY_NEW_USERS, -1);
    }
    return status;
}

static enum status apply_active(struct partition *partition, struct actor *actor, int32_t day,
                                struct day_totals *today) {
    enum status status = actor_set_day(&partition->worker->actors, actor, day);
    if (status != STATUS_OK) {
        return status;
    }
    if (actor->kind == STORE_ACTOR_ANONYMOUS) {
        day_totals_add(today, DAY_ACTIVE_ANONYMOUS, 1);
        return STATUS_OK;
    }
    day_totals_add(today, DAY_ACTIVE_USERS, 1);
    status = count_new_user(partition, actor, day, today);
    if (status == STATUS_OK) {
        status = add_trailing(partition, actor, day, TRAILING_WEEK, DAY_ACTIVE_USERS_7);
    }
    if (status == STATUS_OK) {
        status = add_trailing(partition, actor, day, TRAILING_MONTH, DAY_ACTIVE_USERS_30);
    }
    if (status == STATUS_OK) {
        status = retention_count(partition, actor, day);
    }
    return status;
}

// --- Totals of the event's day ---------------------------------------------------------------------------------------

static enum status count_text(struct partition *partition, struct day_totals *totals,
                              enum store_metric metric, struct str text) {
    return text.len > 0 ? day_totals_add_text(&partition->worker->totals, totals, metric, text, 1)
                        : STATUS_OK;
}

static enum status count_event(struct partition *partition, const struct applied_event *applied,
                               struct day_totals *totals) {
    const struct event_dimensions *dimensions = &applied->dimensions;
    day_totals_add(totals, DAY_EVENTS, 1);
    day_totals_add(totals, DAY_TYPE + (unsigned)applied->event.type, 1);
    day_totals_add(totals, DAY_HOUR + (unsigned)applied->hour, 1);
    if (dimensions->has_agent) {
        day_totals_add(totals, DAY_DEVICE + (unsigned)dimensions->families.device, 1);
        day_totals_add(totals, DAY_BROWSER + (unsigned)dimensions->families.browser, 1);
        day_totals_add(totals, DAY_OS + (unsigned)dimensions->families.os, 1);
    }
    enum status status = count_text(partition, totals, STORE_METRIC_COUNTRY, dimensions->country);
    if (status == STATUS_OK) {
        status = count_text(partition, totals, STORE_METRIC_PAGE, dimensions->page);
    }
    if (status == STATUS_OK) {
        status = count_text(partition, totals, STORE_METRIC_REFERRER, dimensions->referrer);
    }
    if (status == STATUS_OK) {
        status = breakdowns_count(partition, applied, totals);
    }
    return status;
}

static enum status count_name(struct partition *partition, const struct event *event,
                              struct actor_day *day, struct day_totals *totals) {
    struct worker *worker = partition->worker;
    bool named =
        event->type == EVENT_TRACK || event->type == EVENT_PAGE || event->type == EVENT_SCREEN;
    if (!named || event->name.len == 0) {
        return STATUS_OK;
    }
    struct intern_value *held =
        day_totals_value(&worker->totals, totals, STORE_METRIC_NAME, event->name);
    if (!held) {
        return STATUS_NO_MEMORY;
    }
    struct intern_value *name = held;
    bool first = false;
    enum status status = day_totals_add_value(&worker->totals, totals, STORE_METRIC_NAME, name, 1);
    if (status == STATUS_OK) {
        status = actor_day_count_name(&worker->actors, day, &name, APPLY_NAMES_A_DAY,
                                      worker->totals.other, 1, &first);
    }
    if (status == STATUS_OK && first) {
        status = day_totals_add_value(&worker->totals, totals, STORE_METRIC_NAME_ACTORS, name, 1);
    }
    intern_drop(&worker->intern, held);
    return status;
}

// --- The actor ------------------------------------------------------------------------------------------------------

static void touch_actor(struct actor *actor, struct actor_day *day, const struct event *event) {
    int64_t ms = event->timestamp_ms;
    if (actor->events == 0 || ms < actor->first_seen_ms) {
        actor->first_seen_ms = ms;
    }
    if (actor->events == 0 || ms > actor->last_seen_ms) {
        actor->last_seen_ms = ms;
    }
    actor->events++;
    if (day->events == 0 || ms < day->first_ms) {
        day->first_ms = ms;
    }
    if (day->events == 0 || ms > day->last_ms) {
        day->last_ms = ms;
    }
    day->events++;
    day->by_type[event->type]++;
    day->dirty = true;
}

static enum status apply_session(struct partition *partition, const struct applied_event *applied) {
    struct worker *worker = partition->worker;
    struct actor *actor = applied->actor;
    struct session_change change;
    int64_t age_ms = worker->shared->config.session_age_ms;
    if (age_ms > 0 && applied->logged_ms - applied->event.timestamp_ms > age_ms) {
        partition->counts.without_session++;
        return STATUS_OK;
    }
    enum status status = sessions_assign(
        &worker->actors, worker->shared->config.store, actor, applied->event.timestamp_ms,
        applied->event.type == EVENT_PAGE, worker->shared->config.session_gap_ms, &change);
    if (status != STATUS_OK) {
        return status;
    }
    partition->counts.late_sessions += change.late;
    int32_t old_day =
        change.start_moved ? project_day(actor->project, change.old_start_ms, NULL) : applied->day;
    struct actor_day *day = NULL;
    if (change.start_moved && old_day != applied->day) {
        status = apply_actor_day(partition, actor, old_day, &day);
        if (status != STATUS_OK) {
            return status;
        }
        day->sessions--;
        day->dirty = true;
    }
    // A session that begins with this event, now or newly, begins on this event's day.
    if (change.began || (change.start_moved && old_day != applied->day)) {
        status = apply_actor_day(partition, actor, applied->day, &day);
        if (status == STATUS_OK) {
            day->sessions++;
        }
    }
    return status;
}

static enum status apply_traits(struct partition *partition, const struct applied_event *applied) {
    struct actor *actor = applied->actor;
    if (applied->event.type != EVENT_IDENTIFY || !applied->trees.traits) {
        return STATUS_OK;
    }
    struct buffer *scratch = &partition->worker->scratch;
    bool changed = false;
    buffer_clear(scratch);
    struct str known = str_make(actor->traits, actor->traits_len);
    enum status status = observed_traits_merge(known, applied->trees.traits, scratch, &changed);
    if (status == STATUS_OK && changed) {
        status = actor_set_traits(&partition->worker->actors, actor, buffer_str(scratch));
    }
    return status;
}

// It is counted on the day of its receipt: an old time of its own must not hide it from who looks for new links.
static enum status apply_link(struct partition *partition, const struct applied_event *applied) {
    const struct event *event = &applied->event;
    struct str anonymous = event->type == EVENT_IDENTIFY ? event->anonymous_id
                           : event->type == EVENT_ALIAS  ? event->previous_id
                                                         : STR_EMPTY;
    if (event->user_id.len > 0 && anonymous.len > 0) {
        int hour;
        struct day_totals *totals = NULL;
        store_batch_link(partition->batch, event->project, anonymous, event->user_id,
                         event->timestamp_ms);
        int32_t day = project_day(applied->project, event->received_ms, &hour);
        enum status status = totals_of(partition, applied->project, day, &totals);
        return status == STATUS_OK
                   ? day_totals_add_text(&partition->worker->totals, totals, STORE_METRIC_LINKS,
                                         event_type_name(event->type), 1)
                   : status;
    }
    return STATUS_OK;
}

// --- The timeline ---------------------------------------------------------------------------------------------------

// Unknown members, group and previous ids, as one object; data NULL when there are none.
static enum status extra_of(const struct event *event, struct buffer *scratch, struct str *extra) {
    *extra = STR_EMPTY;
    if (event->extra.len == 0 && event->group_id.len == 0 && event->previous_id.len == 0) {
        return STATUS_OK;
    }
    struct json_writer writer;
    buffer_clear(scratch);
    json_writer_init(&writer, scratch);
    json_begin_object(&writer);
    if (event->group_id.len > 0) {
        json_member_string(&writer, STR("groupId"), event->group_id);
    }
    if (event->previous_id.len > 0) {
        json_member_string(&writer, STR("previousId"), event->previous_id);
    }
    if (event->extra.len > 0) {
        if (scratch->len > 1) {
            buffer_append_char(scratch, ',');
        }
        buffer_append_str(scratch, event->extra);
    }
    json_end_object(&writer);
    *extra = buffer_str(scratch);
    return json_writer_status(&writer) != STATUS_OK ? json_writer_status(&writer)
                                                    : buffer_status(scratch);
}

static enum status apply_timeline(struct partition *partition,
                                  const struct applied_event *applied) {
    const struct event *event = &applied->event;
    struct store_timeline_row row = {
        .event_id = event->id,
        .type = (uint8_t)event->type,
        .name = event->name,
        .timestamp_ms = event->timestamp_ms,
        .received_ms = event->received_ms,
        .anonymous_id = event->anonymous_id.len > 0 ? event->anonymous_id : STR_EMPTY,
        .properties = event->properties,
        .traits = event->traits,
        .context = event->context,
    };
    enum status status = extra_of(event, &partition->worker->scratch, &row.extra);
    if (status == STATUS_OK) {
        store_batch_timeline(partition->batch, event->project, actor_key(applied->actor), &row);
    }
    return status;
}

enum status apply_event(struct partition *partition, struct applied_event *applied) {
    struct actor *actor = applied->actor;
    struct day_totals *totals = NULL;
    struct actor_day *day = NULL;
    enum status status = totals_of(partition, applied->project, applied->day, &totals);
    if (status == STATUS_OK) {
        status = apply_actor_day(partition, actor, applied->day, &day);
    }
    if (status == STATUS_OK) {
        status = count_event(partition, applied, totals);
    }
    if (status == STATUS_OK && !actives_has(&actor->actives, applied->day)) {
        status = apply_active(partition, actor, applied->day, totals);
    }
    if (status == STATUS_OK) {
        apply_mark_dirty(partition, actor);
        touch_actor(actor, day, &applied->event);
        status = count_name(partition, &applied->event, day, totals);
    }
    if (status == STATUS_OK) {
        status = apply_session(partition, applied);
    }
    if (status == STATUS_OK) {
        status = apply_traits(partition, applied);
    }
    if (status == STATUS_OK && partition->funnels) {
        status = funnels_apply(partition, applied);
    }
    if (status == STATUS_OK) {
        status = apply_link(partition, applied);
    }
    if (status == STATUS_OK) {
        status = apply_timeline(partition, applied);
    }
    return status;
}
