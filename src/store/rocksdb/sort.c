// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Radix sort by the first bytes that keys of a table do not share; keys that are alike in those are compared whole.
#include "store/rocksdb/sort.h"

#include <stdlib.h>

#define DIGITS 8 // of an order, a byte each: the table, then seven bytes of the key
#define VALUES 256

struct sort {
    sort_key_fn key_of;
    const void *context;
    size_t count;
    struct sort_item *items, *other;
};

static struct str key_at(const struct sort *sort, const struct sort_item *item) {
    return sort->key_of(sort->context, item->number);
}

static unsigned table_of(struct str key) {
    return key.len == 0 ? 0 : (uint8_t)key.data[0] % SORT_TABLES;
}

static uint32_t shared_bytes(struct str a, struct str b, uint32_t most) {
    most = a.len < most ? (uint32_t)a.len : most;
    most = b.len < most ? (uint32_t)b.len : most;
    uint32_t n = 0;
    while (n < most && a.data[n] == b.data[n]) {
        n++;
    }
    return n;
}

// The table, then seven bytes behind the prefix that all keys of the table share here. Shorter keys are filled with zeros.
static uint64_t order_of(struct str key, uint32_t prefix) {
    uint64_t order = table_of(key);
    for (uint32_t i = 0; i < DIGITS - 1; i++) {
        uint32_t at = prefix + i;
        order = order << 8 | (at < key.len ? (uint8_t)key.data[at] : 0);
    }
    return order;
}

static void set_orders(struct sort *sort) {
    struct str first[SORT_TABLES] = {{NULL, 0}};
    uint32_t prefix[SORT_TABLES];
    for (size_t i = 0; i < sort->count; i++) {
        sort->items[i].number = (uint32_t)i;
        struct str key = key_at(sort, &sort->items[i]);
        unsigned table = table_of(key);
        if (first[table].data == NULL) {
            first[table] = key;
            prefix[table] = (uint32_t)key.len;
        }
        prefix[table] = shared_bytes(first[table], key, prefix[table]);
    }
    for (size_t i = 0; i < sort->count; i++) {
        struct str key = key_at(sort, &sort->items[i]);
        sort->items[i].order = order_of(key, prefix[table_of(key)]);
    }
}

// Stable, the least digit first; a digit that all share is passed over.
static void sort_orders(struct sort *sort) {
    uint32_t counts[DIGITS][VALUES] = {{0}}; // as numbers of keys are
    for (size_t i = 0; i < sort->count; i++) {
        for (unsigned digit = 0; digit < DIGITS; digit++) {
            counts[digit][sort->items[i].order >> (8 * digit) & 0xFF]++;
        }
    }
    for (unsigned digit = 0; digit < DIGITS; digit++) {
        uint32_t *count = counts[digit];
        if (count[sort->items[0].order >> (8 * digit) & 0xFF] == sort->count) {
            continue;
        }
        uint32_t at = 0;
        for (unsigned value = 0; value < VALUES; value++) {
            uint32_t here = count[value];
            count[value] = at;
            at += here;
        }
        for (size_t i = 0; i < sort->count; i++) {
            sort->other[count[sort->items[i].order >> (8 * digit) & 0xFF]++] = sort->items[i];
        }
        struct sort_item *sorted = sort->other;
        sort->other = sort->items;
        sort->items = sorted;
    }
}

static int compare_whole(const void *a_memory, const void *b_memory, void *context) {
    const struct sort_item *a = a_memory;
    const struct sort_item *b = b_memory;
    int order = str_compare(key_at(context, a), key_at(context, b));
    return order != 0 ? order : a->number < b->number ? -1 : a->number > b->number;
}

// A run of one order. An actor's events come oldest first and are kept newest first: then it is the wrong way round exactly.
static void sort_run(struct sort *sort, struct sort_item *run, size_t count) {
    size_t falling = 1;
    while (falling < count && compare_whole(&run[falling - 1], &run[falling], sort) > 0) {
        falling++;
    }
    if (falling < count) {
        qsort_r(run, count, sizeof *run, compare_whole, sort);
        return;
    }
    for (size_t i = 0; i < count / 2; i++) {
        struct sort_item kept = run[i];
        run[i] = run[count - 1 - i];
        run[count - 1 - i] = kept;
    }
}

enum status sort_keys(struct buffer *memory, size_t count, sort_key_fn key_of, const void *context,
                      struct sort_item **sorted) {
    buffer_clear(memory);
    enum status status = buffer_reserve(memory, 2 * (count + 1) * sizeof(struct sort_item));
    if (status != STATUS_OK) {
        return status;
    }
    struct sort sort = {.key_of = key_of, .context = context, .count = count};
    sort.items = (struct sort_item *)(void *)memory->data;
    sort.other = sort.items + count;
    if (count > 1) {
        set_orders(&sort);
        sort_orders(&sort);
    } else {
        sort.items[0] = (struct sort_item){0};
    }
    for (size_t i = 0; i < count;) {
        size_t end = i + 1;
        while (end < count && sort.items[end].order == sort.items[i].order) {
            end++;
        }
        if (end - i > 1) {
            sort_run(&sort, &sort.items[i], end - i);
        }
        i = end;
    }
    *sorted = sort.items;
    return STATUS_OK;
}
