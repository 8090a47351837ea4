// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Any bytes into json_scan; where json_parse accepts the document, both must find the same members.
#include <stdlib.h>

#include "base/check.h"
#include "base/json_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct json_parser *parser;
static const struct json_limits limits = {.depth = 128, .allow_duplicate_keys = true};

// An escaped key is longer than its content, so that only unescaped ones can be compared byte by byte.
static void check_member(const struct json_scan_member *found, const struct json_value *parsed) {
    CHECK(found->type == parsed->type);
    CHECK(found->raw.data == parsed->raw.data && found->raw.len == parsed->raw.len);
    if (found->key.len == 0 || memchr(found->key.data, '\\', found->key.len) == NULL) {
        CHECK(str_equal(found->key, parsed->key));
    }
}

static enum status scan_all(struct str input, const struct json_value *root) {
    struct json_scan scan;
    struct json_scan_member member;
    enum status status = json_scan_begin(&scan, input);
    if (status != STATUS_OK) {
        return status;
    }
    const struct json_value *child = root ? root->child : NULL;
    while ((status = json_scan_next(&scan, &member)) == STATUS_OK) {
        CHECK(member.raw.len > 0 && member.raw.data >= input.data);
        CHECK(member.raw.data + member.raw.len <= input.data + input.len);
        CHECK(scan.offset + scan.rest.len == input.len);
        if (root) {
            CHECK(child != NULL);
            check_member(&member, child);
            child = child->next;
        }
    }
    CHECK(child == NULL);
    return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (!parser) {
        enum status made = json_parser_make(&parser);
        CHECK(made == STATUS_OK);
    }
    // The scan runs over a copy without padding, so that AddressSanitizer sees a byte too far.
    char *tight = malloc(size > 0 ? size : 1);
    CHECK(tight != NULL);
    if (size > 0) {
        memcpy(tight, data, size);
    }
    (void)scan_all(str_make(tight, size), NULL);
    free(tight);

    struct arena arena;
    char *padded = calloc(1, size + JSON_PADDING);
    const struct json_value *root = NULL;
    CHECK(padded != NULL);
    if (size > 0) {
        memcpy(padded, data, size);
    }
    struct str input = str_make(padded, size);
    arena_init(&arena, 16384, 0);
    if (json_parse(parser, input, &limits, &arena, &root, NULL) == STATUS_OK) {
        bool container = root->type == JSON_OBJECT || root->type == JSON_ARRAY;
        enum status status = scan_all(input, container ? root : NULL);
        CHECK(status == (container ? STATUS_END : STATUS_SYNTAX));
        CHECK(json_looks_like(input, root->type));
    }
    arena_free(&arena);
    free(padded);
    return 0;
}
