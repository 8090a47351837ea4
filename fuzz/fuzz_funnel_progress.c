// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Progress in funnels as text: what is read is written the same again, but for how numbers are spelled, and takes further events.
#include <stdlib.h>

#include "base/check.h"
#include "processor/funnel_progress.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum status ignore(const struct funnel_change *change, void *context) {
    (void)context;
    CHECK(change->after.reached <= PROGRESS_STEPS_MAX);
    return STATUS_OK;
}

static void free_all(struct funnel_progress *progress) {
    while (progress) {
        struct funnel_progress *next = progress->next;
        funnel_progress_free(progress);
        progress = next;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct funnel_progress *progress = NULL, *again = NULL;
    const struct funnel_measure measure = {.within_ms = 86400000, .step_count = 3};
    struct buffer first, second;
    if (funnel_progress_read(str_make((const char *)data, size), &progress) != STATUS_OK) {
        CHECK(progress == NULL);
        return 0;
    }
    buffer_init(&first, (size_t)16 << 20);
    buffer_init(&second, (size_t)16 << 20);
    funnel_progress_write(progress, &first);
    CHECK(funnel_progress_read(buffer_str(&first), &again) == STATUS_OK);
    funnel_progress_write(again, &second);
    CHECK(str_equal(buffer_str(&first), buffer_str(&second)));
    struct funnel_progress_match match = {.ms = INT64_C(1764064800000), .day = 20417, .steps = 7};
    for (struct funnel_progress *at = progress; at; at = at->next) {
        CHECK(funnel_progress_add(at, &measure, match, match.day - 3, ignore, NULL) == STATUS_OK);
        CHECK(at->count <= PROGRESS_MATCHES_MAX);
    }
    free_all(progress);
    free_all(again);
    buffer_free(&first);
    buffer_free(&second);
    return 0;
}
