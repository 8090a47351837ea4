// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Records of replays, written and read.
#include "app/replay_record.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/json_read.h"

static const char *const state_names[] = {"running", "caught-up", "switched", "cancelled",
                                          "failed"};
#define STATES (sizeof state_names / sizeof state_names[0])

const char *replay_state_name(enum replay_state state) {
    return state_names[state];
}

static void write_from(struct json_writer *writer, const struct replay_record *record) {
    json_key(writer, STR("from"));
    if (record->from_ms > 0) {
        json_time(writer, record->from_ms);
    } else if (record->from_offset > 0) {
        json_i64(writer, record->from_offset);
    } else {
        json_null(writer);
    }
}

void replay_record_write(struct json_writer *writer, const struct replay_record *record) {
    int64_t percent = record->records > 0                ? record->processed * 100 / record->records
                      : record->state == REPLAY_SWITCHED ? 100
                                                         : 0;
    json_begin_object(writer);
    json_member_string(writer, STR("id"), str_from_c(record->id));
    json_member_string(writer, STR("state"), str_from_c(replay_state_name(record->state)));
    json_member_string(writer, STR("switch"), record->manual ? STR("manual") : STR("auto"));
    write_from(writer, record);
    json_member_bool(writer, STR("partial"), record->partial);
    json_member_time(writer, STR("startedAt"), record->began_ms);
    json_key(writer, STR("endedAt"));
    if (record->ended_ms) {
        json_time(writer, record->ended_ms);
    } else {
        json_null(writer);
    }
    json_member_i64(writer, STR("processed"), record->processed);
    json_member_i64(writer, STR("records"), record->records);
    json_member_i64(writer, STR("percent"), percent);
    json_member_string(writer, STR("basis"), str_from_c(record->basis));
    json_member_string_or_null(writer, STR("problem"),
                               record->problem[0] ? str_from_c(record->problem) : STR_EMPTY);
    json_end_object(writer);
}

void replay_records_write(struct json_writer *writer, const struct replay_record *records,
                          size_t count) {
    json_begin_object(writer);
    json_key(writer, STR("items"));
    json_begin_array(writer);
    for (size_t i = 0; i < count && i < REPLAYS_KEPT; i++) {
        replay_record_write(writer, &records[i]);
    }
    json_end_array(writer);
    json_end_object(writer);
}

static void copy(char *to, size_t size, const struct json_value *root, struct str key) {
    (void)snprintf(to, size, "%.*s", STR_ARG(json_get_string(root, key)));
}

static bool read_time(const struct json_value *root, struct str key, int64_t *ms) {
    struct str text = json_get_string(root, key);
    *ms = 0;
    return text.len == 0 || clock_parse_rfc3339(text, ms);
}

static enum status read_one(const struct json_value *root, struct replay_record *out) {
    struct str name = json_get_string(root, STR("state"));
    size_t state = 0;
    memset(out, 0, sizeof *out);
    while (state < STATES && !str_equal(name, str_from_c(state_names[state]))) {
        state++;
    }
    copy(out->id, sizeof out->id, root, STR("id"));
    copy(out->basis, sizeof out->basis, root, STR("basis"));
    copy(out->problem, sizeof out->problem, root, STR("problem"));
    out->state = (enum replay_state)state;
    out->manual = str_equal(json_get_string(root, STR("switch")), STR("manual"));
    const struct json_value *partial = json_get(root, STR("partial"));
    out->partial = partial && partial->type == JSON_TRUE;
    (void)json_to_i64(json_get(root, STR("from")), &out->from_offset); // a time is no number
    bool good = state < STATES && out->id[0] != '\0' &&
                read_time(root, STR("from"), &out->from_ms) &&
                read_time(root, STR("startedAt"), &out->began_ms) &&
                read_time(root, STR("endedAt"), &out->ended_ms) &&
                json_to_i64(json_get(root, STR("processed")), &out->processed) &&
                json_to_i64(json_get(root, STR("records")), &out->records);
    return good ? STATUS_OK : STATUS_CORRUPT;
}

// root lives in arena.
static enum status parse(struct str json, struct arena *arena, const struct json_value **root) {
    static const struct json_limits limits = {.depth = 4};
    struct json_parser *parser = NULL;
    struct error err;
    char *padded = arena_alloc_zero(arena, json.len + JSON_PADDING);
    enum status status = padded ? json_parser_make(&parser) : STATUS_NO_MEMORY;
    if (status == STATUS_OK) {
        memcpy(padded, json.data, json.len);
        status = json_parse(parser, str_make(padded, json.len), &limits, arena, root, &err);
        status = status == STATUS_OK || status == STATUS_NO_MEMORY ? status : STATUS_CORRUPT;
    }
    json_parser_free(parser);
    return status;
}

enum status replay_record_read(struct str json, struct replay_record *out) {
    const struct json_value *root = NULL;
    struct arena arena;
    arena_init(&arena, 2048, 0);
    enum status status = parse(json, &arena, &root);
    status = status == STATUS_OK ? read_one(root, out) : status;
    arena_free(&arena);
    return status;
}

enum status replay_records_read(struct str json, struct replay_record *out, size_t *count) {
    const struct json_value *root = NULL;
    struct arena arena;
    arena_init(&arena, 8192, 0);
    *count = 0;
    enum status status = parse(json, &arena, &root);
    const struct json_value *items = status == STATUS_OK ? json_get(root, STR("items")) : NULL;
    if (status == STATUS_OK && (!items || items->type != JSON_ARRAY)) {
        status = STATUS_CORRUPT;
    }
    const struct json_value *item = status == STATUS_OK ? items->child : NULL;
    for (; item && status == STATUS_OK && *count < REPLAYS_KEPT; item = item->next) {
        status = read_one(item, &out[*count]);
        *count += status == STATUS_OK;
    }
    arena_free(&arena);
    return status;
}
