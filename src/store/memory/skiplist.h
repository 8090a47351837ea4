// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// An ordered map in memory: a skip list (W. Pugh, "Skip Lists: A Probabilistic Alternative to Balanced Trees", CACM 33(6), 1990).
//
// Keys and values are copied. Not thread-safe. Changing it never fails: memory is asked for beforehand, by skiplist_node_make.
#ifndef FOOTFALL_STORE_MEMORY_SKIPLIST_H
#define FOOTFALL_STORE_MEMORY_SKIPLIST_H

#include "base/str.h"

#define SKIPLIST_LEVELS 20

struct skiplist_node {
    struct str key, value; // in the same allocation
    unsigned levels;
    struct skiplist_node *next[];
};

struct skiplist {
    struct skiplist_node *head[SKIPLIST_LEVELS];
    size_t bytes;
};

void skiplist_init(struct skiplist *list);
void skiplist_free(struct skiplist *list);
// The first node whose key is at least this; NULL when there is none.
const struct skiplist_node *skiplist_seek(const struct skiplist *list, struct str key);
// A node that is not in the list yet; NULL: no memory. Give it to put or to node_free.
// How high it stands follows from its key, so that the same rows always make the same list.
struct skiplist_node *skiplist_node_make(struct str key, struct str value);
void skiplist_node_free(struct skiplist_node *node);
void skiplist_put(struct skiplist *list, struct skiplist_node *node); // replaces an equal key
void skiplist_delete(struct skiplist *list, struct str key);          // absent: nothing happens

#endif
