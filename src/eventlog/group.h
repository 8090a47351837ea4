// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Consumer groups within the process: who owns which partition, who should, and how far each group has come.
//
// Partitions are dealt in ranges, in the order in which the members joined. A change takes effect in the members' own polls: the
// owner gives up (revoked), only then the new owner gets it (assigned). The log's mutex guards everything here.
#ifndef FOOTFALL_EVENTLOG_GROUP_H
#define FOOTFALL_EVENTLOG_GROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "base/str.h"

struct group_member; // only compared
struct group_share {
    const struct group_member *owner;  // reads it now; NULL: nobody
    const struct group_member *target; // should read it
    int64_t committed;                 // -1: never
};
struct group {
    struct group *next;
    const struct group_member **members;
    size_t member_count;
    size_t member_capacity;
    unsigned partitions;
    bool looks;                 // holds nothing back
    struct group_share *shares; // one a partition
    size_t name_len;
    char name[];
};

struct group *group_find(struct group *first, struct str name);
// Finds or makes. NULL when there is no memory.
struct group *group_obtain(struct group **first, struct str name, unsigned partitions);
void group_free_all(struct group **first);

MUST_CHECK enum status group_join(struct group *group, const struct group_member *member);
// What it owned is nobody's from here on.
void group_leave(struct group *group, const struct group_member *member);
// A partition the member must give up, or one it may take; false: none.
bool group_next_revoked(const struct group *group, const struct group_member *member,
                        unsigned *partition);
bool group_next_assigned(const struct group *group, const struct group_member *member,
                         unsigned *partition);

#endif
