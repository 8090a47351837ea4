// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The wrappers that count allocations down to the one that fails.
#include "support/failing_malloc.h"

#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);

static atomic_bool armed;
static atomic_bool failed;
static atomic_long left;

void failing_malloc_arm(long successes) {
    atomic_store(&left, successes);
    atomic_store(&failed, false);
    atomic_store(&armed, true);
}

bool failing_malloc_disarm(void) {
    atomic_store(&armed, false);
    return atomic_load(&failed);
}

static bool must_fail(size_t size) {
    if (size > PTRDIFF_MAX) {
        return true; // glibc refuses it as well, but a sanitizer stops the process
    }
    if (!atomic_load(&armed) || atomic_fetch_sub(&left, 1) != 0) {
        return false;
    }
    atomic_store(&failed, true);
    errno = ENOMEM;
    return true;
}

void *__wrap_malloc(size_t size) {
    return must_fail(size) ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size) {
    return must_fail(count) ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *memory, size_t size) {
    return must_fail(size) ? NULL : __real_realloc(memory, size);
}
