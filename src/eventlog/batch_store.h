// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What holds the encoded batches below the embedded log: RocksDB or plain memory.
//
// The log above it (embedded.h) groups, encodes, caches, coordinates and decides; a store only keeps. Writing functions are called
// by one thread at a time (the log's write_mutex). Cursors are called from consumers' threads, between pin and unpin.
#ifndef FOOTFALL_EVENTLOG_BATCH_STORE_H
#define FOOTFALL_EVENTLOG_BATCH_STORE_H

#include <stdbool.h>

#include "base/error.h"
#include "base/str.h"
#include "eventlog/segment.h"

struct batch_store;

// A place in one partition; belongs to one consumer. Every store's own cursor begins with it.
struct batch_cursor {
    struct batch_store *store;
    unsigned partition;
    int64_t next; // set by the reader: the offset behind the batch it was given
};

// What is found when a log is opened. Any but OK stops the loading and is handed on.
struct batch_store_loader {
    void *context;
    enum status (*segment)(void *context, unsigned partition, const struct segment *segment);
    enum status (*begin)(void *context, unsigned partition, int64_t begin);
    enum status (*last)(void *context, unsigned partition,
                        struct str encoded); // after segment and begin
    enum status (*committed)(void *context, unsigned partition, struct str group, int64_t offset);
};

struct batch_store_engine {
    // --- A transaction: puts, then commit (all or nothing, on stable storage before it returns) or discard.
    void (*put_batch)(struct batch_store *store, unsigned partition, int64_t base,
                      struct str encoded);
    void (*put_segment)(struct batch_store *store, unsigned partition,
                        const struct segment *segment);
    void (*put_begin)(struct batch_store *store, unsigned partition, int64_t begin);
    void (*drop_segment)(struct batch_store *store, unsigned partition, int64_t base);
    // UNAVAILABLE: nothing was kept and nothing is wrong with the store. Any other trouble: the store must be recovered before
    // anything else is written, and may then hold the transaction or not.
    enum status (*commit)(struct batch_store *store, struct error *err);
    void (*discard)(struct batch_store *store);

    // Gives back the room of everything below begin, which nobody will ask for again. Failure costs room only. now: make room
    // even if that takes a while.
    enum status (*reclaim)(struct batch_store *store, unsigned partition, int64_t begin, bool now,
                           struct error *err);
    // A consumer group's place. Any thread. Survives a crash of the process, perhaps not of the machine.
    enum status (*put_committed)(struct batch_store *store, unsigned partition, struct str group,
                                 int64_t offset);
    enum status (*load)(struct batch_store *store, const struct batch_store_loader *loader,
                        struct error *err);
    // After commit said that it is needed. Cursors stay valid. load again afterwards.
    enum status (*recover)(struct batch_store *store, struct error *err);
    uint64_t (*used_bytes)(struct batch_store *store); // what counts against the quota
    uint64_t (*free_bytes)(
        struct batch_store *store); // of the file system; UINT64_MAX where there is none

    // --- Reading
    struct batch_cursor *(*cursor_open)(struct batch_store *store,
                                        unsigned partition); // NULL: no memory
    void (*cursor_rest)(
        struct batch_cursor *cursor); // gives up what it holds on to; used again later
    void (*cursor_close)(struct batch_cursor *cursor);
    enum status (*pin)(struct batch_store *store); // OK, or UNAVAILABLE while the store is away
    void (*unpin)(struct batch_store *store);
    // The batch with the greatest base not above offset, readable until unpin. END: none. CORRUPT, IO.
    enum status (*cursor_read)(struct batch_cursor *cursor, int64_t offset, struct str *encoded,
                               struct error *err);
    void (*close)(struct batch_store *store);
};

struct batch_store {
    const struct batch_store_engine *engine;
};

#endif
