// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The key-value engine on RocksDB: reads, scans, batches, the shared fsync.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "store/kv/kv_store.h"
#include "store/rocksdb/rocks.h"

#define GET_AT_ONCE 128

struct kv_scan {
    struct rocks *rocks;
    rocksdb_readoptions_t *options;
    rocksdb_iterator_t *iterator;
};

static struct rocks *rocks_of(struct kv *kv) {
    return (struct rocks *)kv;
}

static enum status copy_pinned(rocksdb_pinnableslice_t *pinned, struct arena *arena,
                               struct str *value) {
    size_t len = 0;
    const char *data = rocksdb_pinnableslice_value(pinned, &len);
    *value = arena_copy(arena, str_make(data, len));
    rocksdb_pinnableslice_destroy(pinned);
    return value->data == NULL ? STATUS_NO_MEMORY : STATUS_OK;
}

// Inside the lock.
static enum status get_one(struct rocks *rocks, const rocksdb_readoptions_t *options,
                           enum kv_family family, struct str key, struct arena *arena,
                           struct str *value) {
    char *message = NULL;
    rocksdb_pinnableslice_t *pinned = rocksdb_get_pinned_cf(
        rocks->db, options, rocks->families[family], key.data, key.len, &message);
    enum status status = rocks_status(message);
    if (status == STATUS_OK) {
        status = pinned == NULL ? STATUS_NOT_FOUND : copy_pinned(pinned, arena, value);
    }
    return status;
}

static enum status rocks_get(struct kv *kv, enum kv_family family, struct str key,
                             struct arena *arena, struct str *value) {
    struct rocks *rocks = rocks_of(kv);
    enum status status = rocks_enter(rocks);
    if (status == STATUS_OK) {
        status = get_one(rocks, rocks->read, family, key, arena, value);
        rocks_leave(rocks);
    }
    return status;
}

static enum status rocks_peek(struct kv *kv, enum kv_family family, struct str key,
                              struct arena *arena, struct str *value) {
    struct rocks *rocks = rocks_of(kv);
    enum status status = rocks_try_enter(rocks);
    if (status == STATUS_OK) {
        status = get_one(rocks, rocks->peek, family, key, arena, value);
        rocks_leave(rocks);
    }
    return status;
}

// At most GET_AT_ONCE, inside the lock.
static enum status get_some(struct rocks *rocks, enum kv_family family, const struct str *keys,
                            size_t count, struct arena *arena, struct str *values) {
    const char *data[GET_AT_ONCE];
    size_t lengths[GET_AT_ONCE];
    rocksdb_pinnableslice_t *pinned[GET_AT_ONCE] = {NULL};
    char *messages[GET_AT_ONCE] = {NULL};
    for (size_t i = 0; i < count; i++) {
        data[i] = keys[i].data;
        lengths[i] = keys[i].len;
    }
    rocksdb_batched_multi_get_cf(rocks->db, rocks->read, rocks->families[family], count, data,
                                 lengths, pinned, messages, false);
    enum status status = STATUS_OK;
    for (size_t i = 0; i < count; i++) {
        enum status got = rocks_status(messages[i]);
        values[i] = STR_EMPTY;
        if (pinned[i] != NULL) {
            got = copy_pinned(pinned[i], arena, &values[i]);
        }
        status = status == STATUS_OK ? got : status;
    }
    return status;
}

static enum status rocks_multi_get(struct kv *kv, enum kv_family family, const struct str *keys,
                                   size_t count, struct arena *arena, struct str *values) {
    struct rocks *rocks = rocks_of(kv);
    enum status status = rocks_enter(rocks);
    if (status != STATUS_OK) {
        return status;
    }
    for (size_t done = 0; done < count && status == STATUS_OK; done += GET_AT_ONCE) {
        size_t some = count - done < GET_AT_ONCE ? count - done : GET_AT_ONCE;
        status = get_some(rocks, family, keys + done, some, arena, values + done);
    }
    rocks_leave(rocks);
    return status;
}

// Within one actor of the timeline, where the filters by actor help. A seek that uses them sees no other actor's rows.
static bool of_one_actor(struct str lower, struct str upper) {
    size_t prefix = keys_timeline_prefix(lower);
    return prefix < lower.len && str_starts_with(upper, str_make(lower.data, prefix));
}

static enum status rocks_scan_open(struct kv *kv, enum kv_family family, struct str lower,
                                   struct str upper, struct kv_scan **out) {
    struct rocks *rocks = rocks_of(kv);
    struct kv_scan *scan = malloc(sizeof *scan);
    if (scan == NULL) {
        return STATUS_NO_MEMORY;
    }
    enum status status = rocks_enter(rocks); // left by scan_close
    if (status != STATUS_OK) {
        free(scan);
        return status;
    }
    scan->rocks = rocks;
    scan->options = rocksdb_readoptions_create();
    rocksdb_readoptions_set_iterate_upper_bound(scan->options, upper.data, upper.len);
    rocksdb_readoptions_set_total_order_seek(scan->options,
                                             family == KV_TIMELINE && !of_one_actor(lower, upper));
    scan->iterator = rocksdb_create_iterator_cf(rocks->db, scan->options, rocks->families[family]);
    rocksdb_iter_seek(scan->iterator, lower.data, lower.len);
    *out = scan;
    return STATUS_OK;
}

static bool rocks_scan_entry(struct kv_scan *scan, struct str *key, struct str *value) {
    if (!rocksdb_iter_valid(scan->iterator)) {
        return false;
    }
    key->data = rocksdb_iter_key(scan->iterator, &key->len);
    value->data = rocksdb_iter_value(scan->iterator, &value->len);
    return true;
}

static void rocks_scan_next(struct kv_scan *scan) {
    rocksdb_iter_next(scan->iterator);
}

static void rocks_scan_seek(struct kv_scan *scan, struct str key) {
    rocksdb_iter_seek(scan->iterator, key.data, key.len);
}

static enum status rocks_scan_close(struct kv_scan *scan) {
    char *message = NULL;
    rocksdb_iter_get_error(scan->iterator, &message);
    rocksdb_iter_destroy(scan->iterator);
    rocksdb_readoptions_destroy(scan->options);
    rocks_leave(scan->rocks);
    free(scan);
    return rocks_status(message);
}

// What one thread does for all that wait.
static enum status sync_log(struct rocks *rocks) {
    // After an fsync that failed the next one may succeed without the pages in question (Rebello et al., Can Applications Recover
    // from fsync Failures?, 2020): only what the database opened anew still has can be promised.
    enum status status = rocks_recover(rocks);
    if (status == STATUS_OK) {
        status = rocks_enter(rocks);
    }
    if (status != STATUS_OK) {
        return status;
    }
    char *message = NULL;
    rocksdb_flush_wal(rocks->db, 1, &message);
    rocks_leave(rocks);
    return message == NULL ? STATUS_OK : rocks_write_failed(rocks, message);
}

static enum status rocks_sync(struct kv *kv) {
    struct rocks *rocks = rocks_of(kv);
    enum status status = STATUS_OK;
    pthread_mutex_lock(&rocks->sync_lock);
    uint64_t ticket = ++rocks->asked;
    while (rocks->synced < ticket && status == STATUS_OK) {
        if (rocks->syncing) {
            pthread_cond_wait(&rocks->sync_done, &rocks->sync_lock);
            continue;
        }
        rocks->syncing = true;
        uint64_t covered = rocks->asked; // all these were written before now
        pthread_mutex_unlock(&rocks->sync_lock);
        status = sync_log(rocks);
        pthread_mutex_lock(&rocks->sync_lock);
        rocks->syncing = false;
        rocks->synced = status == STATUS_OK ? covered : rocks->synced;
        pthread_cond_broadcast(&rocks->sync_done);
    }
    pthread_mutex_unlock(&rocks->sync_lock);
    return status;
}

static uint64_t directory_bytes(const char *path) {
    DIR *directory = opendir(path);
    if (directory == NULL) {
        return 0;
    }
    uint64_t bytes = 0;
    struct dirent *entry;
    while ((entry = readdir(directory)) != NULL) {
        struct stat file;
        // Allocated blocks, not lengths: RocksDB allocates its write-ahead log in advance.
        if (fstatat(dirfd(directory), entry->d_name, &file, AT_SYMLINK_NOFOLLOW) == 0 &&
            S_ISREG(file.st_mode)) {
            bytes += (uint64_t)file.st_blocks * 512;
        }
    }
    closedir(directory);
    return bytes;
}

static void rocks_stats(struct kv *kv, struct store_stats *out) {
    struct rocks *rocks = rocks_of(kv);
    *out = (struct store_stats){.disk_bytes = directory_bytes(rocks->directory),
                                .memory_bytes = rocksdb_cache_get_usage(rocks->options.cache),
                                .writable = atomic_load(&rocks->writable)};
    if (rocks_enter(rocks) != STATUS_OK) {
        return;
    }
    for (size_t i = 0; i < KV_FAMILIES; i++) {
        uint64_t bytes = 0;
        if (rocksdb_property_int_cf(rocks->db, rocks->families[i],
                                    "rocksdb.cur-size-all-mem-tables", &bytes) == 0) {
            out->memory_bytes += bytes;
        }
    }
    rocks_leave(rocks);
}

static void free_rocks(struct rocks *rocks) {
    rocks_batch_free_kept(rocks);
    rocks_options_free(&rocks->options);
    if (rocks->read != NULL) {
        rocksdb_readoptions_destroy(rocks->read);
    }
    if (rocks->peek != NULL) {
        rocksdb_readoptions_destroy(rocks->peek);
    }
    if (rocks->write != NULL) {
        rocksdb_writeoptions_destroy(rocks->write);
    }
    pthread_rwlock_destroy(&rocks->lock);
    pthread_mutex_destroy(&rocks->recovery);
    pthread_mutex_destroy(&rocks->kept_lock);
    pthread_mutex_destroy(&rocks->sync_lock);
    pthread_cond_destroy(&rocks->sync_done);
    pthread_mutex_destroy(&rocks->retention_lock);
    pthread_cond_destroy(&rocks->retention_wake);
    free(rocks->directory);
    free(rocks);
}

// So that the next start has no log to read. What fails here is in the log.
static void flush_families(struct rocks *rocks) {
    rocksdb_flushoptions_t *options = rocksdb_flushoptions_create();
    rocksdb_flushoptions_set_wait(options, 1);
    for (size_t i = 0; i < KV_FAMILIES; i++) {
        char *message = NULL;
        rocksdb_flush_cf(rocks->db, options, rocks->families[i], &message);
        if (message != NULL) {
            rocksdb_free(message);
        }
    }
    rocksdb_flushoptions_destroy(options);
}

static void rocks_close(struct kv *kv) {
    struct rocks *rocks = rocks_of(kv);
    rocks_retention_stop(rocks);
    if (rocks->db != NULL && atomic_load(&rocks->writable)) {
        flush_families(rocks);
    }
    rocks_shut(rocks);
    free_rocks(rocks);
}

static const struct kv_engine rocks_engine = {
    .get = rocks_get,
    .peek = rocks_peek,
    .multi_get = rocks_multi_get,
    .scan_open = rocks_scan_open,
    .scan_entry = rocks_scan_entry,
    .scan_next = rocks_scan_next,
    .scan_seek = rocks_scan_seek,
    .scan_close = rocks_scan_close,
    .batch_make = rocks_batch_make,
    .batch_put = rocks_batch_put,
    .batch_delete = rocks_batch_delete,
    .batch_bytes = rocks_batch_bytes,
    .batch_free = rocks_batch_free,
    .write = rocks_write,
    .sync = rocks_sync,
    .stats = rocks_stats,
    .close = rocks_close,
};

// With its parents, each for this user only.
static enum status make_directory(const char *path, struct error *err) {
    char *partial = strdup(path);
    if (partial == NULL) {
        return error_set(err, STATUS_NO_MEMORY, "no memory to open the store");
    }
    enum status status = STATUS_OK;
    size_t len = strlen(partial);
    for (size_t i = 1; i <= len && status == STATUS_OK; i++) {
        if (partial[i] != '/' && partial[i] != '\0') {
            continue;
        }
        char kept = partial[i];
        partial[i] = '\0';
        if (mkdir(partial, 0700) != 0 && errno != EEXIST) {
            status = error_set(err, STATUS_IO, "the directory %s cannot be made: %s", partial,
                               strerror(errno));
        }
        partial[i] = kept;
    }
    free(partial);
    return status;
}

static void init_locks(struct rocks *rocks) {
    pthread_rwlockattr_t attributes;
    pthread_rwlockattr_init(&attributes);
    pthread_rwlockattr_setkind_np(&attributes, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
    pthread_rwlock_init(&rocks->lock, &attributes);
    pthread_rwlockattr_destroy(&attributes);
    pthread_mutex_init(&rocks->recovery, NULL);
    pthread_mutex_init(&rocks->kept_lock, NULL);
    pthread_mutex_init(&rocks->sync_lock, NULL);
    pthread_cond_init(&rocks->sync_done, NULL);
    pthread_mutex_init(&rocks->retention_lock, NULL);
    thread_cond_init(&rocks->retention_wake);
}

enum status kv_rocksdb_make(const char *directory, const struct store_config *config,
                            struct kv **out, struct error *err) {
    static const struct store_config defaults;
    config = config == NULL ? &defaults : config;
    enum status status = make_directory(directory, err);
    if (status != STATUS_OK) {
        return status;
    }
    struct rocks *rocks = calloc(1, sizeof *rocks);
    char *own_directory = strdup(directory);
    if (rocks == NULL || own_directory == NULL) {
        free(rocks);
        free(own_directory);
        return error_set(err, STATUS_NO_MEMORY, "no memory to open the store");
    }
    rocks->kv.engine = &rocks_engine;
    rocks->directory = own_directory;
    atomic_init(&rocks->writable, true);
    init_locks(rocks);
    rocks->read = rocksdb_readoptions_create();
    rocks->peek = rocksdb_readoptions_create();
    rocksdb_readoptions_set_read_tier(rocks->peek, 1); // kBlockCacheTier: that and write buffers
    rocks->write = rocksdb_writeoptions_create();
    status = rocks_options_make(&rocks->options, config);
    // Enough for the buffers to be written out and a small compaction.
    rocks->room_bytes = (uint64_t)32 << 20;
    if (status != STATUS_OK) {
        error_set(err, status, "no memory to open the store");
    } else {
        status = rocks_open(rocks, err);
    }
    if (status != STATUS_OK) {
        free_rocks(rocks);
        return status;
    }
    status = rocks_retention_start(rocks);
    if (status != STATUS_OK) {
        rocks_shut(rocks);
        free_rocks(rocks);
        return error_set(err, status, "no thread for the store in %s", directory);
    }
    *out = &rocks->kv;
    return STATUS_OK;
}

enum status store_open_rocksdb(const char *directory, const struct store_config *config,
                               struct store **out, struct error *err) {
    struct kv *kv = NULL;
    enum status status = kv_rocksdb_make(directory, config, &kv, err);
    return status == STATUS_OK ? kv_store_open(kv, &kv_store_engine_rocksdb, out, err) : status;
}
