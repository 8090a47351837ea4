// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The types of events, and the key under which an event goes into the log.
#include "event/event.h"

static const struct str type_names[EVENT_TYPE_COUNT] = {
#define X(symbol, number, name) [number] = STR_INIT(name),
    EVENT_TYPE_LIST(X)
#undef X
};

struct str event_type_name(enum event_type type) {
    return (unsigned)type < EVENT_TYPE_COUNT ? type_names[type] : STR_EMPTY;
}

bool event_type_from_name(struct str name, enum event_type *out) {
    for (unsigned i = 0; i < EVENT_TYPE_COUNT; i++) {
        if (str_equal(name, type_names[i])) {
            *out = (enum event_type)i;
            return true;
        }
    }
    return false;
}

struct str event_record_key(const struct event *event, struct arena *arena) {
    struct str actor = event->user_id.len > 0 ? event->user_id : event->anonymous_id;
    size_t len = event->project.len + 1 + actor.len;
    char *key = arena_alloc(arena, len);
    if (!key) {
        return STR_EMPTY;
    }
    if (event->project.len > 0) {
        memcpy(key, event->project.data, event->project.len);
    }
    key[event->project.len] = '\0';
    if (actor.len > 0) {
        memcpy(key + event->project.len + 1, actor.data, actor.len);
    }
    return str_make(key, len);
}
