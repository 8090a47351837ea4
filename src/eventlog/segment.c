// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The list of a partition's segments.
#include "eventlog/segment.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"

enum status segment_list_reserve(struct segment_list *list, size_t more) {
    if (list->capacity - list->end >= more) {
        return STATUS_OK;
    }
    size_t count = segment_list_count(list);
    size_t capacity = 2 * (count + more) + 8;
    struct segment *items = malloc(capacity * sizeof *items);
    if (items == NULL) {
        return STATUS_NO_MEMORY;
    }
    if (count > 0) {
        memcpy(items, list->items + list->first, count * sizeof *items);
    }
    free(list->items);
    *list = (struct segment_list){.items = items, .end = count, .capacity = capacity};
    return STATUS_OK;
}

void segment_list_push(struct segment_list *list, const struct segment *segment) {
    CHECK(list->end < list->capacity);
    list->items[list->end++] = *segment;
}

void segment_list_drop_front(struct segment_list *list, size_t count) {
    CHECK(count <= segment_list_count(list));
    list->first += count;
}

void segment_list_free(struct segment_list *list) {
    free(list->items);
    *list = (struct segment_list){0};
}
