// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What each process that fills a generation says of itself, and what that makes of the replay.
#include <stdio.h>

#include "app/replays_private.h"
#include "base/json_read.h"

enum status replay_sign_write(struct buffer *out, const struct replay_sign *sign) {
    struct json_writer writer;
    json_writer_init(&writer, out);
    json_begin_object(&writer);
    json_member_string(&writer, STR("process"), str_from_c(sign->process));
    json_member_string(&writer, STR("basis"), str_from_c(sign->basis));
    json_member_bool(&writer, STR("filling"), sign->filling);
    json_member_bool(&writer, STR("level"), sign->level);
    json_member_i64(&writer, STR("processed"), sign->processed);
    json_member_i64(&writer, STR("records"), sign->records);
    json_member_string(&writer, STR("problem"), str_from_c(sign->problem));
    json_end_object(&writer);
    return json_writer_status(&writer);
}

static void copy(char *to, size_t size, const struct json_value *root, struct str key) {
    (void)snprintf(to, size, "%.*s", STR_ARG(json_get_string(root, key)));
}

static bool is_true(const struct json_value *root, struct str key) {
    const struct json_value *value = json_get(root, key);
    return value && value->type == JSON_TRUE;
}

static enum status read_members(const struct json_value *root, struct replay_sign *out) {
    *out = (struct replay_sign){.filling = is_true(root, STR("filling")),
                                .level = is_true(root, STR("level"))};
    copy(out->process, sizeof out->process, root, STR("process"));
    copy(out->basis, sizeof out->basis, root, STR("basis"));
    copy(out->problem, sizeof out->problem, root, STR("problem"));
    bool good = out->process[0] != '\0' &&
                json_to_i64(json_get(root, STR("processed")), &out->processed) &&
                json_to_i64(json_get(root, STR("records")), &out->records);
    return good ? STATUS_OK : STATUS_CORRUPT;
}

enum status replay_sign_read(struct str json, struct replay_sign *out) {
    static const struct json_limits limits = {.depth = 2};
    struct json_parser *parser = NULL;
    const struct json_value *root = NULL;
    struct error err;
    struct arena arena;
    arena_init(&arena, 2048, 0);
    char *padded = arena_alloc_zero(&arena, json.len + JSON_PADDING);
    enum status status = padded ? json_parser_make(&parser) : STATUS_NO_MEMORY;
    if (status == STATUS_OK) {
        memcpy(padded, json.data, json.len);
        status = json_parse(parser, str_make(padded, json.len), &limits, &arena, &root, &err);
        status = status == STATUS_OK          ? read_members(root, out)
                 : status == STATUS_NO_MEMORY ? status
                                              : STATUS_CORRUPT;
    }
    json_parser_free(parser);
    arena_free(&arena);
    return status;
}

enum status replay_signs_load(struct store *store, int64_t generation, struct arena *arena,
                              struct replay_sign **out, size_t *count) {
    struct str *texts = NULL;
    size_t text_count = 0;
    *count = 0;
    enum status status = store_generation_signs(store, generation, arena, &texts, &text_count);
    *out = status == STATUS_OK ? arena_alloc_array(arena, text_count, sizeof **out) : NULL;
    if (status == STATUS_OK && !*out) {
        return STATUS_NO_MEMORY;
    }
    for (size_t i = 0; i < text_count && status == STATUS_OK; i++) {
        status = replay_sign_read(texts[i], &(*out)[*count]);
        *count += status == STATUS_OK;
        status = status == STATUS_CORRUPT
                     ? STATUS_OK
                     : status; // of another version: it has nothing to say to us
    }
    return status;
}

void replay_signs_apply(struct replay_record *record, const struct replay_sign *signs,
                        size_t count) {
    bool level = false;
    for (size_t i = 0; i < count; i++) {
        const struct replay_sign *sign = &signs[i];
        if (sign->filling &&
            sign->records >= record->records) { // all see the same; the last look counts
            record->processed =
                sign->records > record->records || sign->processed > record->processed
                    ? sign->processed
                    : record->processed;
            record->records = sign->records;
        }
        level = level || (sign->filling && sign->level);
        if (sign->problem[0] && (!record->problem[0] || sign->filling)) {
            (void)snprintf(record->problem, sizeof record->problem, "%.120s: %.130s", sign->process,
                           sign->problem);
        }
    }
    record->state = level && record->manual ? REPLAY_CAUGHT_UP : REPLAY_RUNNING;
}
