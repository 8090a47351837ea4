// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Control records: whatever decodes is written the same again, and decodes to the same.
#include <stdlib.h>

#include "base/check.h"
#include "event/control.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct json_parser *parser = NULL;
    struct arena arena;
    struct control control, again;
    struct buffer out;
    // The key first, up to the second NUL.
    size_t key = 0;
    for (unsigned nuls = 0; key < size && nuls < 2; key++) {
        nuls += data[key] == 0;
    }
    size_t key_len = key > 0 ? key - 1 : 0;
    arena_init(&arena, 4096, 0);
    buffer_init(&out, 65536);
    char *value = arena_alloc_zero(&arena, size + JSON_PADDING);
    CHECK(value && json_parser_make(&parser) == STATUS_OK);
    if (size > key) {
        memcpy(value, data + key, size - key);
    }
    struct str name = str_make((const char *)data, key_len);
    if (control_decode(parser, name, str_make(value, size - key), &arena, &control) == STATUS_OK) {
        CHECK(control_encode(&control, &out) == STATUS_OK);
        CHECK(buffer_reserve(&out, JSON_PADDING) == STATUS_OK);
        CHECK(str_equal(control_record_key(&control, &arena), name));
        CHECK(control_decode(parser, name, buffer_str(&out), &arena, &again) == STATUS_OK);
        CHECK(again.action == control.action && str_equal(again.id, control.id));
    }
    json_parser_free(parser);
    buffer_free(&out);
    arena_free(&arena);
    return 0;
}
