// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Stored values of what the processor derives: timeline rows, actor states, days, sessions, dedupe chunks, dead letters.
#include "store/kv/values.h"

#include "store/kv/values_part.h"

#define DAY_MS INT64_C(86400000)

enum timeline_flag {
    TIMELINE_ANONYMOUS = 1,
    TIMELINE_ANONYMOUS_IS_ACTOR = 2,
    TIMELINE_PROPERTIES = 4,
    TIMELINE_TRAITS = 8,
    TIMELINE_CONTEXT = 16,
    TIMELINE_EXTRA = 32,
    TIMELINE_RECEIVED = 64,
    TIMELINE_FLAGS = 127,
};

// Most events are received soon after they happened: then the distance is a byte or two. History that is sent later has distances
// as random as its times, but was received in one go: the first bytes of the time itself repeat from row to row.
#define RECEIVED_SOON_MS (UINT64_C(1) << 20)
#define RECEIVED_BYTES 6

static bool received_far(const struct store_timeline_row *row) {
    uint64_t distance = (uint64_t)row->received_ms - (uint64_t)row->timestamp_ms;
    bool soon = distance + RECEIVED_SOON_MS < 2 * RECEIVED_SOON_MS; // before or behind
    return !soon && row->received_ms >= 0 && row->received_ms >> (8 * RECEIVED_BYTES) == 0;
}

static unsigned timeline_flags(struct store_actor actor, const struct store_timeline_row *row) {
    unsigned flags = 0;
    if (row->anonymous_id.data != NULL) {
        bool own = actor.kind == STORE_ACTOR_ANONYMOUS && str_equal(actor.id, row->anonymous_id);
        flags |= own ? TIMELINE_ANONYMOUS_IS_ACTOR : TIMELINE_ANONYMOUS;
    }
    flags |= row->properties.data != NULL ? TIMELINE_PROPERTIES : 0;
    flags |= row->traits.data != NULL ? TIMELINE_TRAITS : 0;
    flags |= row->context.data != NULL ? TIMELINE_CONTEXT : 0;
    flags |= row->extra.data != NULL ? TIMELINE_EXTRA : 0;
    flags |= received_far(row) ? TIMELINE_RECEIVED : 0;
    return flags;
}

static void put_received(struct buffer *out, unsigned flags, const struct store_timeline_row *row) {
    if ((flags & TIMELINE_RECEIVED) == 0) {
        values_put_distance(out, row->timestamp_ms, row->received_ms);
        return;
    }
    for (unsigned i = 0; i < RECEIVED_BYTES; i++) {
        bytes_put_u8(out, (uint8_t)(row->received_ms >> (8 * (RECEIVED_BYTES - 1 - i))));
    }
}

static bool get_received(struct str *in, unsigned flags, struct store_timeline_row *row) {
    if ((flags & TIMELINE_RECEIVED) == 0) {
        return values_get_distance(in, row->timestamp_ms, &row->received_ms) && !received_far(row);
    }
    uint16_t high = 0;
    uint32_t low = 0;
    if (!bytes_get_be16(in, &high) || !bytes_get_be32(in, &low)) {
        return false;
    }
    row->received_ms = (int64_t)((uint64_t)high << 32 | low);
    return received_far(row);
}

static void put_if(struct buffer *out, unsigned flag, struct str text) {
    if (flag != 0) {
        bytes_put_str(out, text);
    }
}

void values_put_timeline(struct buffer *out, struct store_actor actor,
                         const struct store_timeline_row *row) {
    unsigned flags = timeline_flags(actor, row);
    bytes_put_u8(out, row->type);
    bytes_put_u8(out, (uint8_t)flags);
    put_received(out, flags, row);
    bytes_put_str(out, row->name);
    put_if(out, flags & TIMELINE_ANONYMOUS, row->anonymous_id);
    // Context before properties: it is the part that repeats from row to row, and so close behind the key it makes one long match.
    put_if(out, flags & TIMELINE_CONTEXT, row->context);
    put_if(out, flags & TIMELINE_PROPERTIES, row->properties);
    put_if(out, flags & TIMELINE_TRAITS, row->traits);
    put_if(out, flags & TIMELINE_EXTRA, row->extra);
}

bool values_get_timeline(struct str in, struct store_actor actor, struct store_timeline_row *row) {
    uint8_t flags = 0;
    if (!bytes_get_u8(&in, &row->type) || !bytes_get_u8(&in, &flags) ||
        (flags & ~(unsigned)TIMELINE_FLAGS) != 0) {
        return false;
    }
    if (!get_received(&in, flags, row) || !bytes_get_str(&in, &row->name) ||
        !values_get_optional(&in, flags & TIMELINE_ANONYMOUS, &row->anonymous_id) ||
        !values_get_optional(&in, flags & TIMELINE_CONTEXT, &row->context) ||
        !values_get_optional(&in, flags & TIMELINE_PROPERTIES, &row->properties) ||
        !values_get_optional(&in, flags & TIMELINE_TRAITS, &row->traits) ||
        !values_get_optional(&in, flags & TIMELINE_EXTRA, &row->extra)) {
        return false;
    }
    if ((flags & TIMELINE_ANONYMOUS_IS_ACTOR) != 0) {
        row->anonymous_id = actor.id;
    }
    return in.len == 0;
}

// The start is what the caller knows from elsewhere.
static void put_session_rest(struct buffer *out, const struct store_session *session) {
    values_put_distance(out, session->start_ms, session->end_ms);
    bytes_put_varint(out, session->events);
    bytes_put_varint(out, session->page_views);
}

static bool get_session_rest(struct str *in, struct store_session *session) {
    return values_get_distance(in, session->start_ms, &session->end_ms) &&
           values_get_u32(in, &session->events) && values_get_u32(in, &session->page_views);
}

void values_put_session(struct buffer *out, const struct store_session *session) {
    put_session_rest(out, session);
}

bool values_get_session(struct str in, struct store_session *session) {
    return get_session_rest(&in, session) && in.len == 0;
}

enum state_flag { STATE_TRAITS = 1, STATE_FUNNELS = 2, STATE_FLAGS = 3 };

static unsigned state_flags(const struct store_actor_state *state) {
    return (state->traits.data != NULL ? STATE_TRAITS : 0U) |
           (state->funnels.data != NULL ? STATE_FUNNELS : 0U);
}

void values_put_state(struct buffer *out, const struct store_actor_state *state) {
    bytes_put_u8(out, (uint8_t)state_flags(state));
    bytes_put_zigzag(out, state->last_seen_ms);
    values_put_distance(out, state->last_seen_ms, state->first_seen_ms);
    bytes_put_varint(out, state->events);
    bytes_put_varint(out, state->sessions);
    values_put_distance(out, state->last_seen_ms, state->current.start_ms);
    put_session_rest(out, &state->current);
    bytes_put_zigzag(out, state->activity_first_day);
    bytes_put_str(out, state->activity);
    put_if(out, state->traits.data != NULL, state->traits);
    put_if(out, state->funnels.data != NULL, state->funnels);
}

bool values_get_state(struct str in, struct store_actor_state *state) {
    uint8_t flags = 0;
    return bytes_get_u8(&in, &flags) && flags <= STATE_FLAGS &&
           bytes_get_zigzag(&in, &state->last_seen_ms) &&
           values_get_distance(&in, state->last_seen_ms, &state->first_seen_ms) &&
           bytes_get_varint(&in, &state->events) && bytes_get_varint(&in, &state->sessions) &&
           values_get_distance(&in, state->last_seen_ms, &state->current.start_ms) &&
           get_session_rest(&in, &state->current) &&
           values_get_i32(&in, &state->activity_first_day) &&
           bytes_get_str(&in, &state->activity) &&
           values_get_optional(&in, flags & STATE_TRAITS, &state->traits) &&
           values_get_optional(&in, flags & STATE_FUNNELS, &state->funnels) && in.len == 0;
}

void values_put_day(struct buffer *out, const struct store_actor_day *day) {
    unsigned types = 0;
    for (unsigned i = 0; i < 6; i++) {
        types |= day->by_type[i] != 0 ? 1U << i : 0;
    }
    bytes_put_u8(out, (uint8_t)types);
    values_put_distance(out, (int64_t)day->day * DAY_MS, day->first_ms);
    values_put_distance(out, day->first_ms, day->last_ms);
    bytes_put_varint(out, day->events);
    bytes_put_varint(out, day->sessions);
    for (unsigned i = 0; i < 6; i++) {
        if (day->by_type[i] != 0) {
            bytes_put_varint(out, day->by_type[i]);
        }
    }
    for (size_t i = 0; i < day->name_count; i++) {
        bytes_put_str(out, day->names[i].name);
        bytes_put_varint(out, day->names[i].events);
    }
}

static bool get_day_types(struct str *in, unsigned types, struct store_actor_day *day) {
    for (unsigned i = 0; i < 6; i++) {
        day->by_type[i] = 0;
        if ((types & 1U << i) != 0 && !values_get_u32(in, &day->by_type[i])) {
            return false;
        }
    }
    return true;
}

static bool get_day_names(struct str in, struct store_name_count *names, size_t *count) {
    size_t n = 0;
    while (in.len > 0) {
        struct store_name_count name;
        if (!bytes_get_str(&in, &name.name) || !values_get_u32(&in, &name.events)) {
            return false;
        }
        if (names != NULL) {
            names[n] = name;
        }
        n++;
    }
    *count = n;
    return true;
}

bool values_get_day(struct str in, struct arena *arena, struct store_actor_day *day,
                    enum status *status) {
    uint8_t types = 0;
    *status = STATUS_CORRUPT;
    if (!bytes_get_u8(&in, &types) || types > 63 ||
        !values_get_distance(&in, (int64_t)day->day * DAY_MS, &day->first_ms) ||
        !values_get_distance(&in, day->first_ms, &day->last_ms) ||
        !values_get_u32(&in, &day->events) || !values_get_u32(&in, &day->sessions) ||
        !get_day_types(&in, types, day) || !get_day_names(in, NULL, &day->name_count)) {
        return false;
    }
    day->names = arena_alloc_array(arena, day->name_count, sizeof *day->names);
    if (day->names == NULL) {
        *status = STATUS_NO_MEMORY;
        return false;
    }
    return get_day_names(in, day->names, &day->name_count);
}

void values_put_dead_letter(struct buffer *out, const struct store_dead_letter *letter) {
    bytes_put_str(out, letter->stage);
    bytes_put_str(out, letter->reason);
    bytes_put_str(out, letter->record);
}

bool values_get_dead_letter(struct str in, struct store_dead_letter *letter) {
    return bytes_get_str(&in, &letter->stage) && bytes_get_str(&in, &letter->reason) &&
           bytes_get_str(&in, &letter->record) && in.len == 0;
}

void values_put_number(struct buffer *out, int64_t number) {
    bytes_put_zigzag(out, number);
}

bool values_get_number(struct str in, int64_t *number) {
    return bytes_get_zigzag(&in, number) && in.len == 0;
}

void values_put_seen(struct buffer *out, int64_t last_ms, const uint64_t *hashes, size_t count) {
    bytes_put_zigzag(out, last_ms);
    for (size_t i = 0; i < count; i++) {
        uint8_t bytes[8];
        for (unsigned b = 0; b < 8; b++) {
            bytes[b] = (uint8_t)(hashes[i] >> (8 * b));
        }
        buffer_append(out, bytes, sizeof bytes);
    }
}

bool values_get_seen(struct str in, struct arena *arena, int64_t *last_ms, const uint64_t **hashes,
                     size_t *count, enum status *status) {
    *status = STATUS_CORRUPT;
    if (!bytes_get_zigzag(&in, last_ms) || in.len % 8 != 0) {
        return false;
    }
    *count = in.len / 8;
    uint64_t *decoded = arena_alloc_array(arena, *count, sizeof *decoded);
    if (decoded == NULL) {
        *status = STATUS_NO_MEMORY;
        return false;
    }
    for (size_t i = 0; i < *count; i++) {
        for (unsigned b = 0; b < 8; b++) {
            decoded[i] |= (uint64_t)(uint8_t)in.data[8 * i + b] << (8 * b);
        }
    }
    *hashes = decoded;
    return true;
}
