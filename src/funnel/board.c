// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The set of funnels of the moment.
#include <stdlib.h>

#include "base/thread.h"
#include "funnel/funnel.h"

struct funnel_board {
    pthread_mutex_t mutex;
    struct funnel_set *set;
};

enum status funnel_board_make(struct funnel_set *set, struct funnel_board **out) {
    struct funnel_board *board = calloc(1, sizeof *board);
    if (!board) {
        funnel_set_release(set);
        return STATUS_NO_MEMORY;
    }
    thread_must(pthread_mutex_init(&board->mutex, NULL));
    board->set = set;
    *out = board;
    return STATUS_OK;
}

void funnel_board_free(struct funnel_board *board) {
    if (board) {
        funnel_set_release(board->set);
        thread_must(pthread_mutex_destroy(&board->mutex));
        free(board);
    }
}

void funnel_board_change(struct funnel_board *board, struct funnel_set *set) {
    thread_must(pthread_mutex_lock(&board->mutex));
    struct funnel_set *old = board->set;
    board->set = set;
    thread_must(pthread_mutex_unlock(&board->mutex));
    funnel_set_release(old);
}

struct funnel_set *funnel_board_hold(struct funnel_board *board) {
    if (!board) {
        return NULL;
    }
    thread_must(pthread_mutex_lock(&board->mutex));
    bool any = funnel_set_count(board->set) > 0;
    struct funnel_set *set = any ? funnel_set_hold(board->set) : NULL;
    thread_must(pthread_mutex_unlock(&board->mutex));
    return set;
}
