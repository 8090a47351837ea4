// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Requests that the real SDKs sent, as recorded (see recorded/README.md), are all taken.
#include <stdio.h>
#include <stdlib.h>

#include "unit/activity/serving.h"

static char bytes[64 * 1024];

static size_t load(const char *name) {
    char path[1024];
    const char *root = getenv("FOOTFALL_SOURCE_DIR");
    snprintf(path, sizeof path, "%s/test/unit/activity/recorded/%s.http", root ? root : ".", name);
    FILE *file = fopen(path, "rb");
    if (!file) {
        fail_msg("cannot open %s", path);
    }
    size_t len = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    return len;
}

static const struct {
    const char *name;
    unsigned events;
    const char *log; // found in one of them
} recorded[] = {
    {"segment-node-1", 6, "\"type\":\"track\",\"name\":\"Order Completed\",\"userId\":\"u1\""},
    {"segment-browser-1", 1, "\"type\":\"page\""},
    {"segment-browser-2", 1, "\"type\":\"identify\""},
    {"segment-browser-3", 1, "\"name\":\"Button Clicked\""},
    {"segment-browser-4", 1, "\"groupId\":\"g1\""},
    {"segment-browser-5", 1, "\"type\":\"alias\""},
    {"segment-browser-6", 1, "\"type\":\"screen\",\"name\":\"Home\""},
    {"segment-browser-batch-1", 3, "\"path\":\"/pricing\""},
    {"segment-browser-batch-2", 1, "\"name\":\"C\""},
    {"rudder-node-1", 1, "\"dialect\":\"rudderstack\""},
    {"rudder-node-2", 3, "\"name\":\"login\""},
    {"rudder-browser-1", 1, "\"dialect\":\"rudderstack\""},
    {"rudder-browser-2", 1, "\"name\":\"login\""},
    {"rudder-browser-3", 1, "\"type\":\"identify\""},
    {"rudder-browser-4", 1, "\"name\":\"after\""},
    {"rudder-browser-beacon-1", 2, "\"dialect\":\"rudderstack\""},
    {"posthog-node-1", 6, "\"type\":\"alias\",\"userId\":\"u1\",\"previousId\":\"old-1\""},
    {"posthog-browser-1", 1, "\"type\":\"identify\",\"userId\":\"u1\",\"anonymousId\":\""},
    {"posthog-browser-2", 1, "\"name\":\"/pricing\""},
    {"posthog-browser-3", 4, "\"groupId\":\"g1\""},
    {"posthog-browser-plain-1", 1, "\"type\":\"identify\""},
    {"posthog-browser-plain-2", 1, "\"context\":{\"page\":{\"path\":\"/pricing\""},
    {"posthog-browser-plain-3", 4, "\"type\":\"alias\""},
};

static unsigned lines_of(struct str text) {
    unsigned count = 0;
    for (size_t i = 0; i < text.len; i++) {
        count += text.data[i] == '\n';
    }
    return count;
}

static void test_recorded(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof recorded / sizeof recorded[0]; i++) {
        struct serving serving;
        struct arena arena;
        char head[4096];
        size_t len = load(recorded[i].name);
        const char *split = memmem(bytes, len, "\r\n\r\n", 4);
        assert_non_null(split);
        size_t head_len = (size_t)(split - bytes) + 2;
        assert_true(head_len < sizeof head);
        memcpy(head, bytes, head_len);
        head[head_len] = '\0';
        serving_start(&serving, NULL, STATUS_OK);
        arena_init(&arena, 4096, 0);
        const char *reply = serving_talk(&serving, head, split + 4, len - head_len - 2);
        struct str lines = serving_log_lines(&serving, &arena);
        if (strncmp(reply, "HTTP/1.1 200", 12) != 0 || strstr(reply, "rejected") ||
            lines_of(lines) != recorded[i].events || !strstr(lines.data, recorded[i].log)) {
            fail_msg("%s: %s\n%u events:\n%s", recorded[i].name, reply, lines_of(lines),
                     lines.data);
        }
        arena_free(&arena);
        serving_stop(&serving);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_recorded)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
