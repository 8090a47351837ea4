// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Counts rows and adds up digests of them.
#include "migrate/tally.h"

#include <stdlib.h>
#include <string.h>

#define ENCODED_MAX ((size_t)64 << 20)

void tally_init(struct tally *tally) {
    memset(tally, 0, sizeof *tally);
    arena_init(&tally->arena, (size_t)64 << 10, 0);
    buffer_init(&tally->encoded, ENCODED_MAX);
}

void tally_free(struct tally *tally) {
    buffer_free(&tally->encoded);
    arena_free(&tally->arena);
}

void tally_sum_add(struct tally_sum *sum, struct str bytes) {
    sum->count++;
    sum->digest[0] += str_hash(bytes, 1);
    sum->digest[1] += str_hash(bytes, 2);
}

bool tally_sum_equal(const struct tally_sum *a, const struct tally_sum *b) {
    return a->count == b->count && a->digest[0] == b->digest[0] && a->digest[1] == b->digest[1];
}

static bool same_group(const struct tally_group *a, const struct tally_group *b) {
    return a->kind == b->kind && a->day == b->day && str_equal(a->project, b->project);
}

static size_t bucket_of(const struct tally_group *group) {
    uint64_t seed = (uint64_t)group->kind << 32 | (uint32_t)group->day;
    return (size_t)(str_hash(group->project, seed) % TALLY_BUCKETS);
}

static struct tally_group *find(const struct tally *tally, const struct tally_group *wanted) {
    struct tally_group *group = tally->buckets[bucket_of(wanted)];
    while (group && !same_group(group, wanted)) {
        group = group->next;
    }
    return group;
}

static struct tally_group *add_group(struct tally *tally, const struct tally_group *wanted) {
    struct tally_group *group = arena_alloc_zero(&tally->arena, sizeof *group);
    struct str project = arena_copy(&tally->arena, wanted->project);
    if (!group || !project.data) {
        return NULL;
    }
    size_t bucket = bucket_of(wanted);
    *group = (struct tally_group){.next = tally->buckets[bucket],
                                  .kind = wanted->kind,
                                  .project = project,
                                  .day = wanted->day};
    tally->buckets[bucket] = group;
    tally->groups++;
    return group;
}

enum status tally_add(struct tally *tally, const struct store_row *row) {
    struct tally_group wanted = {.kind = row->kind,
                                 .project = row->project.data ? row->project : STR(""),
                                 .day = row->kind == STORE_ROW_TOTAL ? row->as.total.day : 0};
    struct tally_group *group = find(tally, &wanted);
    if (!group) {
        group = add_group(tally, &wanted);
    }
    if (!group) {
        return STATUS_NO_MEMORY;
    }
    if (row->kind == STORE_ROW_VERSION_FLOOR) {
        tally->rows += group->sum.count == 0;
        group->sum.count = 1;
        if (row->as.version_floor > group->sum.digest[0]) {
            group->sum.digest[0] = row->as.version_floor;
        }
        return STATUS_OK;
    }
    buffer_clear(&tally->encoded);
    tally_encode(&tally->encoded, row);
    tally_sum_add(&group->sum, buffer_str(&tally->encoded));
    tally->rows++;
    return buffer_status(&tally->encoded);
}

struct tally_sum tally_find(const struct tally *tally, const struct tally_group *group) {
    const struct tally_group *found = find(tally, group);
    return found ? found->sum : (struct tally_sum){.count = 0};
}

static int compare_groups(const void *a_memory, const void *b_memory) {
    const struct tally_group *a = a_memory;
    const struct tally_group *b = b_memory;
    if (a->kind != b->kind) {
        return a->kind < b->kind ? -1 : 1;
    }
    int order = str_compare(a->project, b->project);
    return order != 0 ? order : a->day == b->day ? 0 : a->day < b->day ? -1 : 1;
}

static void collect(const struct tally *from, const struct tally *without, struct tally_group *out,
                    size_t *count) {
    for (size_t i = 0; i < TALLY_BUCKETS; i++) {
        for (const struct tally_group *group = from->buckets[i]; group; group = group->next) {
            if (!without || !find(without, group)) {
                out[(*count)++] = *group;
            }
        }
    }
}

struct tally_group *tally_merge(const struct tally *a, const struct tally *b, struct arena *arena,
                                size_t *count) {
    struct tally_group *groups =
        arena_alloc_array(arena, a->groups + b->groups + 1, sizeof *groups);
    *count = 0;
    if (!groups) {
        return NULL;
    }
    collect(a, NULL, groups, count);
    collect(b, a, groups, count);
    qsort(groups, *count, sizeof *groups, compare_groups);
    return groups;
}
