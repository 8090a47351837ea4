// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// An ordered map of byte strings with atomic batches: what the embedded engines (RocksDB, memory) stand on.
//
//   store.c -> kv/*.c (the domain, written once) -> struct kv -> rocksdb/ or memory/
//
// Keys are compared bytewise. All functions may be called from any thread; a scan or a batch belongs to one thread at a time.
// While a scan is open its thread must not call get, multi_get, write, or open another scan: an engine may hold a lock for it.
#ifndef FOOTFALL_STORE_KV_KV_H
#define FOOTFALL_STORE_KV_KV_H

#include "store/store.h"

// Rows that are read and written alike share a family, so that an engine may store each family in its own way.
enum kv_family {
    KV_MAIN,     // what people wrote, totals, links, offsets: few and small
    KV_ACTORS,   // states, days, sessions: overwritten again and again
    KV_TIMELINE, // events: written once, read by actor
    KV_FAMILIES,
};

struct kv;
struct kv_scan;
struct kv_batch {
    struct kv *kv;
};

struct kv_engine {
    // NOT_FOUND, or OK and a copy in the arena.
    enum status (*get)(struct kv *kv, enum kv_family family, struct str key, struct arena *arena,
                       struct str *value);
    // values[i].data NULL: that key is absent.
    enum status (*multi_get)(struct kv *kv, enum kv_family family, const struct str *keys,
                             size_t count, struct arena *arena, struct str *values);

    // As get, but never waits: UNAVAILABLE when only the disk could tell.
    enum status (*peek)(struct kv *kv, enum kv_family family, struct str key, struct arena *arena,
                        struct str *value);

    // Ascending over lower <= key < upper, one consistent view. Both bounds must outlive the scan.
    // Timeline bounds that share one actor prefix (see kv/keys.h) make the scan cheaper.
    enum status (*scan_open)(struct kv *kv, enum kv_family family, struct str lower,
                             struct str upper, struct kv_scan **out);
    // False at the end or on failure; *key and *value are valid until the scan moves or closes.
    bool (*scan_entry)(struct kv_scan *scan, struct str *key, struct str *value);
    void (*scan_next)(struct kv_scan *scan);                 // only while scan_entry gives true
    void (*scan_seek)(struct kv_scan *scan, struct str key); // to the first entry >= key
    enum status (*scan_close)(struct kv_scan *scan);         // tells how the scan went; frees it

    // Later operations on the same key win.
    enum status (*batch_make)(struct kv *kv, struct kv_batch **out);
    enum status (*batch_put)(struct kv_batch *batch, enum kv_family family, struct str key,
                             struct str value);
    enum status (*batch_delete)(struct kv_batch *batch, enum kv_family family, struct str key);
    size_t (*batch_bytes)(const struct kv_batch *batch);
    void (*batch_free)(struct kv_batch *batch);
    // All or nothing; seen by every read that begins afterwards. Does not free the batch.
    enum status (*write)(struct kv *kv, struct kv_batch *batch);
    // Everything written before the call survives a power cut when it returns OK.
    enum status (*sync)(struct kv *kv);

    void (*stats)(struct kv *kv, struct store_stats *out);
    void (*close)(struct kv *kv);
};

// First member of an engine's own object.
struct kv {
    const struct kv_engine *engine;
};

// The engines' own makers; the store's tests use them to look below a store.
MUST_CHECK enum status kv_memory_make(struct kv **out, struct error *err);
MUST_CHECK enum status kv_rocksdb_make(const char *directory, const struct store_config *config,
                                       struct kv **out, struct error *err);

// Takes kv over, also on failure: brings its schema up to date and makes a store of it.
struct store_engine;
MUST_CHECK enum status kv_store_open(struct kv *kv, const struct store_engine *engine,
                                     struct store **out, struct error *err);

#endif
