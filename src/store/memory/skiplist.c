// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// An ordered map in memory: nodes linked at one or more levels, each level skipping about three of four of the one below.
#include "store/memory/skiplist.h"

#include <stdlib.h>

void skiplist_init(struct skiplist *list) {
    *list = (struct skiplist){0};
}

void skiplist_node_free(struct skiplist_node *node) {
    free(node);
}

void skiplist_free(struct skiplist *list) {
    struct skiplist_node *node = list->head[0];
    while (node != NULL) {
        struct skiplist_node *next = node->next[0];
        skiplist_node_free(node);
        node = next;
    }
    skiplist_init(list);
}

// The links that lead to the first node whose key is at least this, on every level.
static void find(struct skiplist *list, struct str key,
                 struct skiplist_node **links[SKIPLIST_LEVELS]) {
    struct skiplist_node **level = list->head;
    for (size_t i = SKIPLIST_LEVELS; i-- > 0;) {
        while (level[i] != NULL && str_compare(level[i]->key, key) < 0) {
            level = level[i]->next;
        }
        links[i] = &level[i];
    }
}

const struct skiplist_node *skiplist_seek(const struct skiplist *list, struct str key) {
    struct skiplist_node *const *level = list->head;
    for (size_t i = SKIPLIST_LEVELS; i-- > 0;) {
        while (level[i] != NULL && str_compare(level[i]->key, key) < 0) {
            level = level[i]->next;
        }
    }
    return level[0];
}

// Two bits of a hash a level.
static unsigned choose_levels(struct str key) {
    unsigned levels = 1;
    for (uint64_t bits = str_hash(key, 0); (bits & 3) == 0 && levels < SKIPLIST_LEVELS;
         bits >>= 2) {
        levels++;
    }
    return levels;
}

struct skiplist_node *skiplist_node_make(struct str key, struct str value) {
    unsigned levels = choose_levels(key);
    size_t links = levels * sizeof(struct skiplist_node *);
    struct skiplist_node *node = malloc(sizeof *node + links + key.len + value.len + 1);
    if (node == NULL) {
        return NULL;
    }
    char *bytes = (char *)(node->next + levels);
    if (key.len > 0) {
        memcpy(bytes, key.data, key.len);
    }
    if (value.len > 0) {
        memcpy(bytes + key.len, value.data, value.len);
    }
    node->key = str_make(bytes, key.len);
    node->value = str_make(bytes + key.len, value.len);
    node->levels = levels;
    return node;
}

static size_t size_of(const struct skiplist_node *node) {
    return sizeof *node + node->levels * sizeof node->next[0] + node->key.len + node->value.len;
}

void skiplist_delete(struct skiplist *list, struct str key) {
    struct skiplist_node **links[SKIPLIST_LEVELS];
    find(list, key, links);
    struct skiplist_node *node = *links[0];
    if (node == NULL || !str_equal(node->key, key)) {
        return;
    }
    for (unsigned i = 0; i < node->levels; i++) {
        *links[i] = node->next[i];
    }
    list->bytes -= size_of(node);
    skiplist_node_free(node);
}

void skiplist_put(struct skiplist *list, struct skiplist_node *node) {
    skiplist_delete(list, node->key);
    struct skiplist_node **links[SKIPLIST_LEVELS];
    find(list, node->key, links);
    for (unsigned i = 0; i < node->levels; i++) {
        node->next[i] = *links[i];
        *links[i] = node;
    }
    list->bytes += size_of(node);
}
