// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// From a key and a value of a table back to a row of store.h.
#include "store/kv/walk_rows.h"

struct walk_table walk_table_of(enum store_row_kind kind) {
    switch (kind) {
    case STORE_ROW_PROJECT: return (struct walk_table){KV_MAIN, KEYS_PROJECT, false};
    case STORE_ROW_KEY: return (struct walk_table){KV_MAIN, KEYS_API_KEY, false};
    case STORE_ROW_ACCOUNT: return (struct walk_table){KV_MAIN, KEYS_ACCOUNT, false};
    case STORE_ROW_PROFILE: return (struct walk_table){KV_MAIN, KEYS_PROFILE, false};
    case STORE_ROW_VERSION_FLOOR: return (struct walk_table){KV_MAIN, KEYS_VERSION_FLOOR, false};
    case STORE_ROW_REPORT: return (struct walk_table){KV_MAIN, KEYS_REPORT, false};
    case STORE_ROW_DELIVERY: return (struct walk_table){KV_MAIN, KEYS_DELIVERY, false};
    case STORE_ROW_STATE: return (struct walk_table){KV_ACTORS, KEYS_STATE, true};
    case STORE_ROW_DAY: return (struct walk_table){KV_ACTORS, KEYS_DAY, true};
    case STORE_ROW_SESSION: return (struct walk_table){KV_ACTORS, KEYS_SESSION, true};
    case STORE_ROW_TIMELINE: return (struct walk_table){KV_TIMELINE, KEYS_TIMELINE, true};
    case STORE_ROW_LINK: return (struct walk_table){KV_MAIN, KEYS_LINK, true};
    case STORE_ROW_TOTAL: return (struct walk_table){KV_MAIN, KEYS_TOTAL, true};
    case STORE_ROW_SEEN: return (struct walk_table){KV_MAIN, KEYS_SEEN, true};
    case STORE_ROW_DEAD_LETTER: return (struct walk_table){KV_MAIN, KEYS_DEAD_LETTER, true};
    case STORE_ROW_OFFSET: return (struct walk_table){KV_MAIN, KEYS_OFFSET, true};
    case STORE_ROW_LETTER_MARK: return (struct walk_table){KV_MAIN, KEYS_LETTER_MARK, false};
    case STORE_ROW_END: break;
    }
    return (struct walk_table){KV_MAIN, KEYS_META, false};
}

static bool read_partition(struct str *key, struct store_row *row) {
    uint16_t partition = 0;
    bool whole = keys_read_u16(key, &partition);
    row->partition = partition;
    return whole;
}

static bool read_floor(struct str key, struct str value, struct store_row *row) {
    int64_t number = 0;
    bool whole = values_get_number(value, &number) && number >= 0;
    row->project = key;
    row->as.version_floor = (uint64_t)number;
    return whole;
}

static bool read_report(struct str key, struct str value, struct store_row *row) {
    struct store_report *report = &row->as.report;
    return keys_read_text(&key, &row->project) && keys_read_i32(&key, &report->day) &&
           keys_read_u32_desc(&key, &report->revision) && key.len == 0 &&
           values_get_report(value, report);
}

static bool read_profile(struct str key, struct str value, struct store_row *row) {
    if (!keys_read_text(&key, &row->project)) {
        return false;
    }
    row->as.profile.id = key;
    return values_get_profile(value, &row->as.profile);
}

static bool read_link(struct str key, struct str value, struct store_row *row) {
    struct store_link *link = &row->as.link;
    bool whole = keys_read_text(&key, &row->project) && keys_read_text(&key, &link->anonymous_id) &&
                 values_get_number(value, &link->linked_ms);
    link->user_id = key;
    return whole;
}

static bool read_total(struct str key, struct str value, struct store_row *row) {
    struct store_total *total = &row->as.total;
    uint8_t metric = 0;
    bool whole = keys_read_text(&key, &row->project) && keys_read_i32(&key, &total->day) &&
                 read_partition(&key, row) && keys_read_u8(&key, &metric) &&
                 values_get_number(value, &total->amount);
    total->metric = (enum store_metric)metric;
    total->value = key;
    return whole;
}

static bool read_dead_letter(struct str key, struct str value, struct store_row *row) {
    struct store_dead_letter *letter = &row->as.dead_letter;
    bool whole = keys_read_text(&key, &row->project) &&
                 keys_read_i64_desc(&key, &letter->received_ms) && read_partition(&key, row) &&
                 keys_read_i64_desc(&key, &letter->offset) && key.len == 0 &&
                 values_get_dead_letter(value, letter);
    letter->partition = row->partition;
    return whole;
}

static bool read_offset(struct str key, struct str value, struct store_row *row) {
    return read_partition(&key, row) && key.len == 0 &&
           values_get_number(value, &row->as.offset.next_offset);
}

static bool read_mark(struct str key, struct str value, struct store_row *row) {
    return read_partition(&key, row) && keys_read_i64(&key, &row->as.marked.offset) &&
           key.len == 0 && kv_letter_mark_read(value, &row->as.marked.mark);
}

// *status as the reader that allocates leaves it.
static bool read_seen(struct str key, struct str value, struct arena *arena, struct store_row *row,
                      enum status *status) {
    struct store_seen *seen = &row->as.seen;
    return read_partition(&key, row) && keys_read_i64(&key, &seen->chunk) && key.len == 0 &&
           values_get_seen(value, arena, &seen->last_ms, &seen->hashes, &seen->count, status);
}

static bool read_actor(struct str *key, struct store_row *row) {
    uint8_t kind = 0;
    bool whole = keys_read_text(key, &row->project) && keys_read_u8(key, &kind) &&
                 (kind == STORE_ACTOR_USER || kind == STORE_ACTOR_ANONYMOUS) &&
                 keys_read_text(key, &row->actor.id);
    row->actor.kind = (enum store_actor_kind)kind;
    return whole;
}

static bool read_of_actor(enum store_row_kind kind, struct str key, struct str value,
                          struct arena *arena, struct store_row *row, enum status *status) {
    if (!read_actor(&key, row)) {
        return false;
    }
    if (kind == STORE_ROW_STATE) {
        return key.len == 0 && values_get_state(value, &row->as.state);
    }
    if (kind == STORE_ROW_DAY) {
        return keys_read_i32(&key, &row->as.day.day) && key.len == 0 &&
               values_get_day(value, arena, &row->as.day, status);
    }
    if (kind == STORE_ROW_SESSION) {
        return keys_read_i64(&key, &row->as.session.start_ms) && key.len == 0 &&
               values_get_session(value, &row->as.session);
    }
    struct store_timeline_row *entry = &row->as.timeline;
    return keys_read_i64_desc(&key, &entry->timestamp_ms) &&
           keys_read_event_id(&key, arena, &entry->event_id, status) && key.len == 0 &&
           values_get_timeline(value, row->actor, entry);
}

static bool read_row(enum store_row_kind kind, struct str key, struct str value,
                     struct arena *arena, struct store_row *row, enum status *status) {
    switch (kind) {
    case STORE_ROW_PROJECT: return values_get_project(value, &row->as.project);
    case STORE_ROW_KEY: return values_get_key(value, &row->as.key);
    case STORE_ROW_ACCOUNT: return values_get_account(value, &row->as.account);
    case STORE_ROW_PROFILE: return read_profile(key, value, row);
    case STORE_ROW_VERSION_FLOOR: return read_floor(key, value, row);
    case STORE_ROW_REPORT: return read_report(key, value, row);
    case STORE_ROW_DELIVERY: return kv_delivery_read(value, &row->as.delivery);
    case STORE_ROW_STATE:
    case STORE_ROW_DAY:
    case STORE_ROW_SESSION:
    case STORE_ROW_TIMELINE: return read_of_actor(kind, key, value, arena, row, status);
    case STORE_ROW_LINK: return read_link(key, value, row);
    case STORE_ROW_TOTAL: return read_total(key, value, row);
    case STORE_ROW_SEEN: return read_seen(key, value, arena, row, status);
    case STORE_ROW_DEAD_LETTER: return read_dead_letter(key, value, row);
    case STORE_ROW_OFFSET: return read_offset(key, value, row);
    case STORE_ROW_LETTER_MARK: return read_mark(key, value, row);
    case STORE_ROW_END: break;
    }
    return false;
}

enum status walk_read_row(enum store_row_kind kind, struct str key, struct str value,
                          struct arena *arena, struct store_row *row) {
    enum status status = STATUS_CORRUPT;
    return read_row(kind, key, value, arena, row, &status) ? STATUS_OK : status;
}
