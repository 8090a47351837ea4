// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Deals partitions to members in ranges, as Kafka's range assignor does.
#include "eventlog/group.h"

#include <stdlib.h>

struct group *group_find(struct group *first, struct str name) {
    while (first != NULL && !str_equal(str_make(first->name, first->name_len), name)) {
        first = first->next;
    }
    return first;
}

struct group *group_obtain(struct group **first, struct str name, unsigned partitions) {
    struct group *group = group_find(*first, name);
    if (group != NULL) {
        return group;
    }
    group = calloc(1, sizeof *group + name.len);
    struct group_share *shares = calloc(partitions, sizeof *shares);
    if (group == NULL || shares == NULL) {
        free(group);
        free(shares);
        return NULL;
    }
    for (unsigned i = 0; i < partitions; i++) {
        shares[i].committed = -1;
    }
    group->shares = shares;
    group->partitions = partitions;
    group->name_len = name.len;
    memcpy(group->name, name.data, name.len);
    group->next = *first;
    *first = group;
    return group;
}

void group_free_all(struct group **first) {
    while (*first != NULL) {
        struct group *group = *first;
        *first = group->next;
        free(group->members);
        free(group->shares);
        free(group);
    }
}

// The first (partitions mod members) members get one more than the others.
static void deal(struct group *group) {
    unsigned partition = 0;
    for (size_t i = 0; i < group->member_count; i++) {
        size_t share = group->partitions / group->member_count;
        share += i < group->partitions % group->member_count;
        for (; share > 0; share--) {
            group->shares[partition++].target = group->members[i];
        }
    }
}

enum status group_join(struct group *group, const struct group_member *member) {
    if (group->member_count == group->member_capacity) {
        size_t capacity = 2 * group->member_capacity + 4;
        void *members = realloc(group->members, capacity * sizeof(const struct group_member *));
        if (members == NULL) {
            return STATUS_NO_MEMORY;
        }
        group->members = members;
        group->member_capacity = capacity;
    }
    group->members[group->member_count++] = member;
    deal(group);
    return STATUS_OK;
}

void group_leave(struct group *group, const struct group_member *member) {
    size_t kept = 0;
    for (size_t i = 0; i < group->member_count; i++) {
        if (group->members[i] != member) {
            group->members[kept++] = group->members[i];
        }
    }
    group->member_count = kept;
    for (unsigned i = 0; i < group->partitions; i++) {
        struct group_share *share = &group->shares[i];
        share->owner = share->owner == member ? NULL : share->owner;
        share->target = NULL;
    }
    deal(group);
}

bool group_next_revoked(const struct group *group, const struct group_member *member,
                        unsigned *partition) {
    for (unsigned i = 0; i < group->partitions; i++) {
        if (group->shares[i].owner == member && group->shares[i].target != member) {
            *partition = i;
            return true;
        }
    }
    return false;
}

bool group_next_assigned(const struct group *group, const struct group_member *member,
                         unsigned *partition) {
    for (unsigned i = 0; i < group->partitions; i++) {
        if (group->shares[i].owner == NULL && group->shares[i].target == member) {
            *partition = i;
            return true;
        }
    }
    return false;
}
