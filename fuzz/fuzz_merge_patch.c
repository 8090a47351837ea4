// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Merge patches: two documents separated by a NUL; the result is JSON, and what a patch says twice it has said once.
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "users/input.h"
#include "users/merge_patch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct json_value *parse(struct json_parser *parser, struct arena *arena,
                                      struct str text) {
    static const struct json_limits limits = {.depth = 64, .values = 2000};
    const struct json_value *root = NULL;
    char *padded = arena_alloc_zero(arena, text.len + JSON_PADDING);
    CHECK(padded != NULL);
    if (text.len > 0) {
        memcpy(padded, text.data, text.len);
    }
    enum status status =
        json_parse(parser, str_make(padded, text.len), &limits, arena, &root, NULL);
    return status == STATUS_OK ? root : NULL;
}

static struct str merge(struct arena *arena, const struct json_value *target,
                        const struct json_value *patch) {
    struct buffer out;
    struct json_writer w;
    buffer_init(&out, 1 << 20);
    json_writer_init(&w, &out);
    users_merge_patch(target, patch, &w);
    CHECK(json_writer_status(&w) == STATUS_OK);
    struct str copy = arena_copy(arena, buffer_str(&out));
    CHECK(copy.data != NULL);
    buffer_free(&out);
    return copy;
}

static void run(struct json_parser *parser, struct arena *arena, struct str target_text,
                struct str patch_text) {
    const struct json_value *target = parse(parser, arena, target_text);
    const struct json_value *patch = parse(parser, arena, patch_text);
    if (!target || !patch) {
        return;
    }
    struct str once = merge(arena, target, patch);
    const struct json_value *merged = parse(parser, arena, once);
    CHECK(merged != NULL);
    CHECK(str_equal(merge(arena, merged, patch), once));
    if (merged->type == JSON_OBJECT) {
        struct users_input input;
        CHECK(users_input_read(arena, merged, &input));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct json_parser *parser = NULL;
    struct arena arena;
    struct str patch = {(const char *)data, size};
    struct str target = str_cut(&patch, '\0');
    if (!patch.data || size > 16384 || json_parser_make(&parser) != STATUS_OK) {
        return 0;
    }
    arena_init(&arena, 16384, 0);
    run(parser, &arena, target, patch);
    arena_free(&arena);
    json_parser_free(parser);
    return 0;
}
