// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Judges an event by the rules that hold in every dialect, and fills in what a sender may leave out.
#include "base/clock.h"
#include "base/random.h"
#include "base/uuid.h"
#include "event/event.h"

static bool is_dialect(const struct event *event, struct str name) {
    return str_equal(event->dialect, name);
}

// The sender's own word for a field, so that the reason names what they wrote.
static const char *name_field(const struct event *event) {
    if (is_dialect(event, STR("posthog"))) {
        return "event";
    }
    if (event->type != EVENT_TRACK) {
        return "name";
    }
    return is_dialect(event, STR("plain")) ? "type" : "event";
}

static enum status check_text(struct str value, const char *field, size_t max, struct error *err) {
    if (value.len > max) {
        return error_set(err, STATUS_TOO_LARGE, "%s: %zu bytes, at most %zu allowed", field,
                         value.len, max);
    }
    if (value.len == 0) {
        return STATUS_OK;
    }
    if (memchr(value.data, '\0', value.len)) {
        return error_set(err, STATUS_INVALID, "%s: contains a NUL character", field);
    }
    if (!str_is_utf8(value)) {
        return error_set(err, STATUS_INVALID_UTF8, "%s: is not valid UTF-8", field);
    }
    return STATUS_OK;
}

static enum status check_texts(const struct event *event, struct error *err) {
    const struct {
        struct str value;
        const char *field;
        size_t max;
    } checks[] = {
        {event->id, is_dialect(event, STR("posthog")) ? "uuid" : "messageId", EVENT_ID_MAX},
        {event->user_id, "userId", EVENT_ACTOR_MAX},
        {event->anonymous_id, "anonymousId", EVENT_ACTOR_MAX},
        {event->group_id, "groupId", EVENT_ACTOR_MAX},
        {event->previous_id, "previousId", EVENT_ACTOR_MAX},
        {event->name, name_field(event), EVENT_NAME_MAX},
    };
    for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++) {
        enum status status = check_text(checks[i].value, checks[i].field, checks[i].max, err);
        if (status != STATUS_OK) {
            return status;
        }
    }
    return STATUS_OK;
}

static enum status copy_time(struct arena *arena, int64_t ms, struct str *out) {
    char text[CLOCK_RFC3339_LEN + 1];
    clock_format_rfc3339(ms, text);
    *out = arena_copy(arena, str_make(text, CLOCK_RFC3339_LEN));
    return out->data ? STATUS_OK : STATUS_NO_MEMORY;
}

// A clock far ahead would put the event on a day that nobody looks at for years.
static enum status check_time(struct event *event, struct arena *arena, struct error *err) {
    const int64_t earliest = clock_day_from_date(EVENT_YEAR_MIN, 1, 1) * INT64_C(86400000);
    if (event->timestamp_ms < earliest) {
        char text[CLOCK_RFC3339_LEN + 1];
        clock_format_rfc3339(event->timestamp_ms, text);
        return error_set(err, STATUS_INVALID, "timestamp: %s is before the year %d", text,
                         EVENT_YEAR_MIN);
    }
    if (event->timestamp_ms <= event->received_ms ||
        event->timestamp_ms - event->received_ms <= EVENT_FUTURE_MAX_MS) {
        return STATUS_OK;
    }
    if (event->original_timestamp.len == 0) {
        enum status status = copy_time(arena, event->timestamp_ms, &event->original_timestamp);
        if (status != STATUS_OK) {
            return error_set(err, status, "out of memory");
        }
    }
    event->timestamp_ms = event->received_ms;
    event->clamped = true;
    return STATUS_OK;
}

static enum status make_id(struct event *event, struct random_source *random, struct arena *arena,
                           struct error *err) {
    char *id = arena_alloc(arena, UUID_TEXT_LEN + 1);
    if (!id) {
        return error_set(err, STATUS_NO_MEMORY, "out of memory");
    }
    uuid_v7(event->received_ms, random, id);
    event->id = str_make(id, UUID_TEXT_LEN);
    return STATUS_OK;
}

enum status event_finish(struct event *event, struct random_source *random, struct arena *arena,
                         struct error *err) {
    if (event->user_id.len == 0 && event->anonymous_id.len == 0) {
        return error_set(err, STATUS_INVALID, "%s",
                         is_dialect(event, STR("posthog")) ? "distinct_id is required"
                                                           : "userId or anonymousId is required");
    }
    if (event->type == EVENT_TRACK && event->name.len == 0) {
        return error_set(err, STATUS_INVALID, "%s is required", name_field(event));
    }
    enum status status = check_texts(event, err);
    if (status == STATUS_OK) {
        status = check_time(event, arena, err);
    }
    if (status == STATUS_OK && event->id.len == 0) {
        status = make_id(event, random, arena, err);
    }
    return status;
}
