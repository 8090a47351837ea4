// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Interned strings: a chained hash table whose entries count their holders.
#include "processor/intern.h"

#include <stdlib.h>

#include "base/check.h"

#define FIRST_SLOTS 256

void intern_init(struct intern *intern) {
    *intern = (struct intern){0};
}

void intern_free(struct intern *intern) {
    CHECK(intern->count == 0);
    free(intern->slots);
    *intern = (struct intern){0};
}

static struct intern_value *find(const struct intern *intern, struct str text, uint64_t hash) {
    if (intern->slot_count == 0) {
        return NULL;
    }
    struct intern_value *value = intern->slots[hash & (intern->slot_count - 1)];
    while (value && (value->hash != hash || !str_equal(intern_str(value), text))) {
        value = value->next;
    }
    return value;
}

struct intern_value *intern_find(const struct intern *intern, struct str text) {
    return find(intern, text, str_hash(text, 0));
}

static bool grow(struct intern *intern) {
    size_t count = intern->slot_count ? intern->slot_count * 2 : FIRST_SLOTS;
    struct intern_value **slots = calloc(count, sizeof(struct intern_value *));
    if (!slots) {
        return false;
    }
    for (size_t i = 0; i < intern->slot_count; i++) {
        for (struct intern_value *value = intern->slots[i], *next; value; value = next) {
            next = value->next;
            struct intern_value **slot = &slots[value->hash & (count - 1)];
            value->next = *slot;
            *slot = value;
        }
    }
    intern->bytes += (count - intern->slot_count) * sizeof(struct intern_value *);
    free(intern->slots);
    intern->slots = slots;
    intern->slot_count = count;
    return true;
}

static size_t value_bytes(size_t len) {
    return sizeof(struct intern_value) + len + 1;
}

struct intern_value *intern_take(struct intern *intern, struct str text) {
    uint64_t hash = str_hash(text, 0);
    struct intern_value *value = find(intern, text, hash);
    if (value) {
        return intern_hold(value);
    }
    if (text.len > UINT32_MAX || (intern->count >= intern->slot_count && !grow(intern))) {
        return NULL;
    }
    value = malloc(value_bytes(text.len));
    if (!value) {
        return NULL;
    }
    struct intern_value **slot = &intern->slots[hash & (intern->slot_count - 1)];
    *value = (struct intern_value){*slot, hash, 1, (uint32_t)text.len};
    if (text.len > 0) {
        memcpy(value->text, text.data, text.len);
    }
    value->text[text.len] = '\0';
    *slot = value;
    intern->count++;
    intern->bytes += value_bytes(text.len);
    return value;
}

void intern_drop(struct intern *intern, struct intern_value *value) {
    CHECK(value->holders > 0);
    if (--value->holders > 0) {
        return;
    }
    struct intern_value **at = &intern->slots[value->hash & (intern->slot_count - 1)];
    while (*at != value) {
        at = &(*at)->next;
    }
    *at = value->next;
    intern->count--;
    intern->bytes -= value_bytes(value->len);
    free(value);
}
