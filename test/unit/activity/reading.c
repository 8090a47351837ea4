// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// See reading.h.
#include "unit/activity/reading.h"

#include <stdlib.h>

static bool find(void *context, struct str key, struct arena *arena, struct str *project) {
    (void)context;
    if (str_equal(key, STR("wk_test"))) {
        *project = arena_copy(arena, STR("shop"));
        return true;
    }
    if (str_equal(key, STR("wk_other"))) {
        *project = arena_copy(arena, STR("other"));
        return true;
    }
    return false;
}

void reading_start(struct reading *reading) {
    *reading = (struct reading){.text = NULL};
    assert_int_equal(activity_worker_init(&reading->worker), STATUS_OK);
    arena_init(&reading->arena, 4096, 0);
    random_seeded_init(&reading->random, 1);
    assert_int_equal(json_parser_make(&reading->parser), STATUS_OK);
    reading->limits = (struct activity_limits){
        .event_bytes = EVENT_BYTES_MAX, .events = 10000, .record_bytes = 40 * 1024 * 1024};
    reading->input.received_ms = READING_RECEIVED;
    reading->input.project = STR("shop");
    reading->input.ip = STR("192.0.2.7");
    reading->input.user_agent = STR("curl/8");
}

void reading_end(struct reading *reading) {
    activity_worker_free(&reading->worker);
    arena_free(&reading->arena);
    json_parser_free(reading->parser);
    free(reading->text);
}

void reading_run(struct reading *reading, const struct activity_dialect *dialect,
                 enum activity_shape shape, struct str text) {
    const struct activity_keys keys = {find, NULL};
    free(reading->text);
    reading->text = malloc(text.len + JSON_PADDING);
    assert_non_null(reading->text);
    memcpy(reading->text, text.data, text.len);
    memset(reading->text + text.len, 'x', JSON_PADDING);
    arena_reset(&reading->arena);
    reading->input.dialect = dialect;
    reading->input.shape = shape;
    reading->input.text = str_make(reading->text, text.len);
    assert_int_equal(activity_read(&reading->input, &reading->limits, &keys,
                                   &reading->random.source, &reading->worker, &reading->arena,
                                   &reading->result),
                     STATUS_OK);
}

const struct event *reading_event(struct reading *reading, size_t index) {
    struct error err;
    assert_true(index < reading->result.count);
    struct str value = reading->result.records[index].value;
    char *copy = arena_alloc(&reading->arena, value.len + JSON_PADDING);
    assert_non_null(copy);
    memcpy(copy, value.data, value.len);
    memset(copy + value.len, 0, JSON_PADDING);
    enum status status = event_decode(reading->parser, str_make(copy, value.len), &reading->arena,
                                      &reading->event, &reading->trees, &err);
    if (status != STATUS_OK) {
        fail_msg("%s in %.*s", err.text, STR_ARG(value));
    }
    struct str actor =
        reading->event.user_id.len ? reading->event.user_id : reading->event.anonymous_id;
    struct str key = reading->result.records[index].key;
    assert_int_equal(key.len, reading->event.project.len + 1 + actor.len);
    assert_memory_equal(key.data + reading->event.project.len + 1, actor.data, actor.len);
    return &reading->event;
}
