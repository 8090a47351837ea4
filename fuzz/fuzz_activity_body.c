// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Any bytes as a body that may be wrapped in gzip, a form or base64.
#include <stdlib.h>

#include "activity/intake.h"
#include "base/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct arena arena;
    struct buffer inflated;
    struct intake intake;
    struct error err = {.text = ""};
    char *body = malloc(size + 64);
    CHECK(body);
    if (size > 0) {
        memcpy(body, data, size);
    }
    memset(body + size, 0, 64);
    arena_init(&arena, 4096, 0);
    enum status status =
        intake_read(str_make(body, size), (size_t)64 * 1024, &arena, &inflated, &intake, &err);
    if (status == STATUS_OK) {
        volatile char last = intake.json.data[intake.json.len + 63]; // the padding is readable
        (void)last;
    } else {
        CHECK(err.text[0] != '\0');
    }
    buffer_free(&inflated);
    arena_free(&arena);
    free(body);
    return 0;
}
