// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Progress in funnels as text: what a person reads in the store, and the processor after a restart.
#include <inttypes.h>
#include <stdlib.h>

#include "processor/funnel_progress.h"

void funnel_progress_write(const struct funnel_progress *first, struct buffer *out) {
    for (const struct funnel_progress *progress = first; progress; progress = progress->next) {
        int64_t ms = 0;
        int32_t day = 0;
        buffer_printf(out, "%016" PRIx64 " %" PRId32, progress->funnel, progress->closed);
        for (uint32_t i = 0; i < progress->count; i++) {
            const struct funnel_progress_match *match = &progress->matches[i];
            buffer_append_char(out, ' ');
            buffer_append_i64(out, match->ms - ms);
            buffer_append_char(out, ':');
            buffer_append_i64(out, match->day - day);
            buffer_append_char(out, ':');
            buffer_append_u64(out, match->steps);
            ms = match->ms;
            day = match->day;
        }
        buffer_append_char(out, ';');
    }
}

static bool read_id(struct str text, uint64_t *id) {
    *id = 0;
    for (size_t i = 0; i < text.len && text.len == 16; i++) {
        char c = text.data[i];
        bool digit = c >= '0' && c <= '9';
        if (!digit && (c < 'a' || c > 'f')) {
            return false;
        }
        *id = *id << 4 | (uint64_t)(digit ? c - '0' : c - 'a' + 10);
    }
    return text.len == 16;
}

static bool read_day(struct str text, int64_t before, int32_t *day) {
    int64_t number = 0;
    if (!str_to_i64(text, &number) || number < INT32_MIN || number > INT32_MAX ||
        number + before < INT32_MIN || number + before > INT32_MAX) {
        return false;
    }
    *day = (int32_t)(number + before);
    return true;
}

static bool read_match(struct str text, const struct funnel_progress_match *before,
                       struct funnel_progress_match *out) {
    struct str ms = str_cut(&text, ':'), day = str_cut(&text, ':');
    int64_t distance = 0;
    uint64_t steps = 0;
    bool right = str_to_i64(ms, &distance) && str_to_u64(text, &steps) && steps > 0 &&
                 steps < 1U << PROGRESS_STEPS_MAX &&
                 !__builtin_add_overflow(distance, before ? before->ms : 0, &out->ms) &&
                 (!before || distance > 0) && read_day(day, before ? before->day : 0, &out->day);
    out->steps = (uint16_t)steps;
    out->used = false;
    return right;
}

static size_t count_of(struct str text, char c) {
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++) {
        count += text.data[i] == c;
    }
    return count;
}

static enum status read_one(struct str text, struct funnel_progress **out) {
    size_t count = count_of(text, ' ');
    struct str id = str_cut(&text, ' '), closed = str_cut(&text, ' ');
    uint64_t funnel = 0;
    int32_t day = 0;
    if (!read_id(id, &funnel) || !read_day(closed, 0, &day) || count < 1 ||
        count - 1 > PROGRESS_MATCHES_MAX) {
        return STATUS_CORRUPT;
    }
    struct funnel_progress *made = funnel_progress_make(funnel);
    count--;
    if (made && count > 0) {
        made->matches = calloc(count, sizeof made->matches[0]);
        made->capacity = made->matches ? (uint32_t)count : 0;
    }
    if (!made || made->capacity < count) {
        funnel_progress_free(made);
        return STATUS_NO_MEMORY;
    }
    made->closed = day;
    for (; made->count < count; made->count++) {
        const struct funnel_progress_match *before =
            made->count > 0 ? &made->matches[made->count - 1] : NULL;
        if (!read_match(str_cut(&text, ' '), before, &made->matches[made->count])) {
            funnel_progress_free(made);
            return STATUS_CORRUPT;
        }
    }
    *out = made;
    return STATUS_OK;
}

enum status funnel_progress_read(struct str text, struct funnel_progress **out) {
    struct funnel_progress **link = out;
    enum status status = STATUS_OK;
    *out = NULL;
    if (text.len > 0 && text.data[text.len - 1] != ';') {
        return STATUS_CORRUPT;
    }
    for (size_t left = count_of(text, ';'); left > 0 && status == STATUS_OK; left--) {
        status = read_one(str_cut(&text, ';'), link);
        link = status == STATUS_OK ? &(*link)->next : link;
    }
    while (status != STATUS_OK && *out) {
        struct funnel_progress *next = (*out)->next;
        funnel_progress_free(*out);
        *out = next;
    }
    return status;
}
