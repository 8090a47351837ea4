// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Each distinct name, path, host or id once in memory, counted by who holds it; equal strings are equal pointers.
//
// Belongs to one thread. What nobody holds is freed, so memory follows the caches that hold values and never the history.
#ifndef FOOTFALL_PROCESSOR_INTERN_H
#define FOOTFALL_PROCESSOR_INTERN_H

#include "base/status.h"
#include "base/str.h"

struct intern_value {
    struct intern_value *next; // in its slot
    uint64_t hash;
    uint32_t holders;
    uint32_t len;
    char text[]; // NUL-terminated
};

struct intern {
    struct intern_value **slots;
    size_t slot_count; // a power of two, or 0
    size_t count;
    size_t bytes; // taken from malloc
};

void intern_init(struct intern *intern); // allocates nothing
void intern_free(struct intern *intern); // nothing may be held any more

// NULL when it is not there. The caller does not hold it.
struct intern_value *intern_find(const struct intern *intern, struct str text);
// Finds or adds, and holds it for the caller. NULL: no memory.
struct intern_value *intern_take(struct intern *intern, struct str text);
void intern_drop(struct intern *intern, struct intern_value *value);

static inline struct intern_value *intern_hold(struct intern_value *value) {
    value->holders++;
    return value;
}
static inline struct str intern_str(const struct intern_value *value) {
    return str_make(value->text, value->len);
}

#endif
