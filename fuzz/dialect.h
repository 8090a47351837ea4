// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What the fuzz targets of the dialects share: any bytes are read as a request, and every record must be a canonical event.
#ifndef FOOTFALL_FUZZ_DIALECT_H
#define FOOTFALL_FUZZ_DIALECT_H

#include <stdlib.h>

#include "activity/reader.h"
#include "base/check.h"

static bool fuzz_find(void *context, struct str key, struct arena *arena, struct str *project) {
    (void)context;
    if (key.len > 64) {
        return false;
    }
    *project = arena_copy(arena, STR("shop"));
    return project->data != NULL;
}

static void fuzz_decode(struct json_parser *parser, struct arena *arena, struct str value) {
    struct event event;
    struct event_trees trees;
    struct error err = {.text = ""};
    char *copy = arena_alloc(arena, value.len + JSON_PADDING);
    CHECK(copy);
    memcpy(copy, value.data, value.len);
    memset(copy + value.len, 0, JSON_PADDING);
    CHECK(event_decode(parser, str_make(copy, value.len), arena, &event, &trees, &err) ==
          STATUS_OK);
    CHECK(str_equal(event.project, STR("shop")) && event.id.len > 0);
    CHECK(event.user_id.len > 0 || event.anonymous_id.len > 0);
}

// The first byte chooses what is known besides the body.
static int fuzz_dialect(const struct activity_dialect *dialect, const uint8_t *data, size_t size) {
    static struct activity_worker worker;
    static struct json_parser *parser;
    struct random_seeded random;
    struct arena arena;
    struct activity_result result;
    if (size == 0) {
        return 0;
    }
    if (!parser) {
        CHECK(json_parser_make(&parser) == STATUS_OK);
        CHECK(activity_worker_init(&worker) == STATUS_OK);
    }
    // JSON begins with { or [: bodies as they are make sense as seeds.
    uint8_t choice = data[0] == '{' || data[0] == '[' ? 0 : data[0];
    size_t skip = choice == 0 ? 0 : 1;
    char *text = malloc(size - skip + JSON_PADDING);
    CHECK(text);
    memcpy(text, data + skip, size - skip);
    memset(text + size - skip, 0, JSON_PADDING);
    const struct activity_limits limits = {
        .event_bytes = 4096, .events = 64, .record_bytes = 65536};
    const struct activity_keys keys = {fuzz_find, NULL};
    const struct activity_input input = {
        .dialect = dialect,
        .shape = choice & 1 ? ACTIVITY_ONE : dialect->shape,
        .has_type = choice & 1 && dialect != &activity_dialect_plain,
        .type = (enum event_type)((choice >> 1) % EVENT_TYPE_COUNT),
        .text = str_make(text, size - skip),
        .project = choice & 16 ? STR_EMPTY : STR("shop"),
        .anonymous_id = choice & 32 ? STR("a1") : STR_EMPTY,
        .sent_at = choice & 64 ? STR("2026-11-23T00:00:00Z") : STR_EMPTY,
        .ip = STR("192.0.2.1"),
        .received_ms = INT64_C(1795418971000),
    };
    random_seeded_init(&random, 1);
    arena_init(&arena, 4096, 0);
    CHECK(activity_read(&input, &limits, &keys, &random.source, &worker, &arena, &result) ==
          STATUS_OK);
    CHECK(result.refused == 0 || (result.count == 0 && result.reason.len > 0));
    for (size_t i = 0; i < result.count; i++) {
        fuzz_decode(parser, &arena, result.records[i].value);
    }
    for (size_t i = 0; i < result.rejected_count; i++) {
        CHECK(result.rejected[i].reason.len > 0 && str_is_utf8(result.rejected[i].message_id));
    }
    arena_free(&arena);
    free(text);
    return 0;
}

#endif
