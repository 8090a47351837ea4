// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Memory that a thread keeps from one request to the next.
#include "activity/reader.h"

#define SCRATCH_CHUNK ((size_t)64 * 1024)
// The largest event that configuration allows is 512 KiB; with its batch's context and escapes it stays below this.
#define ITEM_MAX ((size_t)8 * 1024 * 1024)

enum status activity_worker_init(struct activity_worker *worker) {
    *worker = (struct activity_worker){.parser = NULL};
    arena_init(&worker->scratch, SCRATCH_CHUNK, 0);
    buffer_init(&worker->encoded, ITEM_MAX);
    buffer_init(&worker->extra, ITEM_MAX);
    buffer_init(&worker->reserved, ITEM_MAX);
    return json_parser_make(&worker->parser);
}

void activity_worker_free(struct activity_worker *worker) {
    json_parser_free(worker->parser);
    arena_free(&worker->scratch);
    buffer_free(&worker->encoded);
    buffer_free(&worker->extra);
    buffer_free(&worker->reserved);
}
