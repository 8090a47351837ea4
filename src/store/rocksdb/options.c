// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// How RocksDB keeps each family: buffers, compression, filters. The figures behind the choices are in
// docs/adr/0002-embedded-store-layout.md.
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "store/kv/keys.h"
#include "store/rocksdb/rocks.h"

#define CACHE_BYTES ((size_t)16 << 20)
#define WRITE_BUFFER_BYTES ((size_t)16 << 20)
#define TIMELINE_RUNS 12

const char *const rocks_family_names[KV_FAMILIES] = {
    [KV_MAIN] = "default", [KV_ACTORS] = "actors", [KV_TIMELINE] = "timeline"};

// Seeks in the timeline are always within one actor: a filter by actor spares the files that know nothing of it.
static char *prefix_transform(void *state, const char *key, size_t length, size_t *prefix) {
    (void)state;
    *prefix = keys_timeline_prefix(str_make(key, length));
    return (char *)(uintptr_t)key; // the C API wants it mutable, and does not change it
}

static unsigned char prefix_always(void *state, const char *key, size_t length) {
    (void)state;
    (void)key;
    (void)length;
    return 1;
}

static const char *prefix_name(void *state) {
    (void)state;
    return "footfall.timeline.actor";
}

static void free_nothing(void *state) {
    (void)state;
}

static unsigned char retention_drop(void *state, int level, const char *key, size_t key_length,
                                    const char *value, size_t value_length, char **new_value,
                                    size_t *new_length, unsigned char *changed) {
    (void)level;
    (void)value;
    (void)value_length;
    (void)new_value;
    (void)new_length;
    (void)changed;
    const int64_t *cutoff = state;
    int64_t timestamp_ms = 0;
    return keys_timeline_time(str_make(key, key_length), &timestamp_ms) && timestamp_ms < *cutoff;
}

static const char *retention_name(void *state) {
    (void)state;
    return "footfall.timeline.retention";
}

// A filter for each compaction, so that the clock is read once in it. NULL is no filter.
static rocksdb_compactionfilter_t *retention_make(void *state,
                                                  rocksdb_compactionfiltercontext_t *context) {
    (void)context;
    const _Atomic int64_t *retention_ms = state;
    int64_t *cutoff = malloc(sizeof *cutoff);
    if (cutoff == NULL) {
        return NULL;
    }
    struct clock *clock = clock_system();
    *cutoff = clock->wall_ms(clock) - atomic_load(retention_ms);
    return rocksdb_compactionfilter_create(cutoff, free, retention_drop, retention_name);
}

static rocksdb_options_t *make_database(size_t write_buffer) {
    rocksdb_options_t *options = rocksdb_options_create();
    rocksdb_options_set_create_if_missing(options, 1);
    rocksdb_options_set_create_missing_column_families(options, 1);
    rocksdb_options_set_max_open_files(options, 128);
    rocksdb_options_set_max_file_opening_threads(options, 1);
    rocksdb_options_set_skip_stats_update_on_db_open(options, 1);
    rocksdb_options_set_max_background_jobs(options, 2);
    // Bounds the time a start after a crash takes to read it.
    rocksdb_options_set_max_total_wal_size(options, 3 * (uint64_t)write_buffer);
    rocksdb_options_set_recycle_log_file_num(options, 0);
    // Silent, below even fatal: RocksDB 7.8 writes its own log on the same disk, and its assertions, which Debian builds in, end the
    // process at the second line that does not fit. What fails is in our log.
    rocksdb_options_set_info_log_level(options, 6);
    rocksdb_options_set_max_log_file_size(options, 1 << 20);
    rocksdb_options_set_keep_log_file_num(options, 2);
    rocksdb_options_set_stats_dump_period_sec(options, 0);
    rocksdb_options_set_stats_persist_period_sec(options, 0);
    rocksdb_options_set_max_manifest_file_size(options, 4 << 20);
    return options;
}

static void set_table(rocksdb_options_t *options, rocksdb_cache_t *cache, size_t block_size,
                      unsigned char whole_keys) {
    rocksdb_block_based_table_options_t *table = rocksdb_block_based_options_create();
    rocksdb_block_based_options_set_block_cache(table, cache);
    rocksdb_block_based_options_set_block_size(table, block_size);
    rocksdb_block_based_options_set_format_version(table, 5);
    rocksdb_block_based_options_set_cache_index_and_filter_blocks(table, 1);
    rocksdb_block_based_options_set_cache_index_and_filter_blocks_with_high_priority(table, 1);
    rocksdb_block_based_options_set_pin_l0_filter_and_index_blocks_in_cache(table, 1);
    rocksdb_block_based_options_set_filter_policy(table,
                                                  rocksdb_filterpolicy_create_bloom_full(10));
    rocksdb_block_based_options_set_whole_key_filtering(table, whole_keys);
    // Filters in pieces: with a million actors a whole one is half a megabyte, of which a look-up needs one cache line.
    rocksdb_block_based_options_set_index_type(
        table, rocksdb_block_based_table_index_type_two_level_index_search);
    rocksdb_block_based_options_set_partition_filters(table, 1);
    rocksdb_block_based_options_set_metadata_block_size(table, 8192);
    rocksdb_block_based_options_set_pin_top_level_index_and_filter(table, 1);
    rocksdb_options_set_block_based_table_factory(options, table);
    rocksdb_block_based_options_destroy(table);
}

// What the C API has no setter for. Batches come sorted: a search that begins at the last insert of the same table, and goes no
// higher in the skip list than it must, halves the cost of an insert.
static rocksdb_options_t *with_insert_hints(rocksdb_options_t *options) {
    rocksdb_options_t *hinted = rocksdb_options_create();
    char *message = NULL;
    rocksdb_get_options_from_string(
        options, "memtable_insert_with_hint_prefix_extractor=rocksdb.FixedPrefix.1", hinted,
        &message);
    if (message != NULL) {
        LOG_WARN("store", "inserts are slower than they could be", LOG_CSTR("reason", message));
        rocksdb_free(message);
        rocksdb_options_destroy(hinted);
        return options;
    }
    rocksdb_options_destroy(options);
    return hinted;
}

static rocksdb_options_t *make_family(struct rocks_options *all, size_t write_buffer,
                                      size_t block_size, unsigned char whole_keys) {
    rocksdb_options_t *options = with_insert_hints(rocksdb_options_create_copy(all->database));
    rocksdb_options_set_write_buffer_size(options, write_buffer);
    rocksdb_options_set_max_write_buffer_number(options, 2);
    rocksdb_options_set_level_compaction_dynamic_level_bytes(options, 1);
    rocksdb_options_set_target_file_size_base(options, (uint64_t)16 << 20);
    rocksdb_options_set_max_bytes_for_level_base(options, (uint64_t)32 << 20);
    rocksdb_options_set_compression(options, rocksdb_lz4_compression);
    rocksdb_options_set_bottommost_compression(options, rocksdb_zstd_compression);
    rocksdb_options_set_bottommost_compression_options(options, -14, 3, 0, 0, 1);
    rocksdb_options_set_level0_file_num_compaction_trigger(options, 8);
    set_table(options, all->cache, block_size, whole_keys);
    return options;
}

// Its state is its own, and atomic: RocksDB hands it to its threads in ways ThreadSanitizer cannot follow.
static enum status drop_after(rocksdb_options_t *options, int64_t retention_ms) {
    _Atomic int64_t *state = malloc(sizeof *state);
    if (state == NULL) {
        return STATUS_NO_MEMORY;
    }
    atomic_store(state, retention_ms);
    rocksdb_options_set_compaction_filter_factory(
        options,
        rocksdb_compactionfilterfactory_create(state, free, retention_make, retention_name));
    return STATUS_OK;
}

static void shape_timeline(rocksdb_options_t *options) {
    // Rows are written once and never change: levels would move each row ten times for nothing.
    rocksdb_options_set_compaction_style(options, rocksdb_universal_compaction);
    // For the same reason zstd's quickest level from the start: a file lives long before it is compacted.
    rocksdb_options_set_compression(options, rocksdb_zstd_compression);
    rocksdb_options_set_compression_options(options, -14, 1, 0, 0);
    // Runs are merged twelve at a time: a quarter less of RocksDB's CPU for each event than eight at a time. Who reads looks into runs
    // that know the actor, by their filters.
    rocksdb_options_set_level0_file_num_compaction_trigger(options, TIMELINE_RUNS);
    rocksdb_options_set_level0_slowdown_writes_trigger(options, 3 * TIMELINE_RUNS);
    rocksdb_options_set_level0_stop_writes_trigger(options, 5 * TIMELINE_RUNS);
    rocksdb_options_set_prefix_extractor(
        options, rocksdb_slicetransform_create(NULL, free_nothing, prefix_transform, prefix_always,
                                               prefix_always, prefix_name));
}

// Few shards: by default each would be 512 KiB, less than a filter, which then would be read anew for each look-up.
static rocksdb_cache_t *make_cache(size_t bytes) {
    rocksdb_lru_cache_options_t *options = rocksdb_lru_cache_options_create();
    rocksdb_lru_cache_options_set_capacity(options, bytes);
    rocksdb_lru_cache_options_set_num_shard_bits(options, 2);
    rocksdb_cache_t *cache = rocksdb_cache_create_lru_opts(options);
    rocksdb_lru_cache_options_destroy(options);
    return cache;
}

enum status rocks_options_make(struct rocks_options *options, const struct store_config *config) {
    size_t buffer =
        config->write_buffer_bytes == 0 ? WRITE_BUFFER_BYTES : config->write_buffer_bytes;
    size_t cache = config->cache_bytes == 0 ? CACHE_BYTES : config->cache_bytes;
    options->timeline_retention_ms = config->timeline_retention_ms;
    options->cache = make_cache(cache);
    options->database = make_database(buffer);
    // Two buffers each: 2 x 16 MiB in all. Actors' rows are overwritten again and again, the more in memory the better.
    options->families[KV_MAIN] = make_family(options, buffer / 8, (size_t)16 << 10, 1);
    options->families[KV_ACTORS] = make_family(options, buffer / 2, (size_t)16 << 10, 1);
    options->families[KV_TIMELINE] = make_family(options, buffer * 3 / 8, (size_t)32 << 10, 0);
    // A fifth less than LZ4 keeps. No more than the quickest level: these rows are rewritten soon.
    rocksdb_options_set_compression(options->families[KV_ACTORS], rocksdb_zstd_compression);
    rocksdb_options_set_compression_options(options->families[KV_ACTORS], -14, 1, 0, 0);
    rocksdb_options_set_bottommost_compression_options(options->families[KV_ACTORS], -14, 1, 0, 0,
                                                       1);
    // Most actors that are looked up are not in the buffers: a filter tells so without a search in each.
    rocksdb_options_set_memtable_prefix_bloom_size_ratio(options->families[KV_ACTORS], 0.03);
    rocksdb_options_set_memtable_whole_key_filtering(options->families[KV_ACTORS], 1);
    shape_timeline(options->families[KV_TIMELINE]);
    return config->timeline_retention_ms <= 0
               ? STATUS_OK
               : drop_after(options->families[KV_TIMELINE], config->timeline_retention_ms);
}

void rocks_options_free(struct rocks_options *options) {
    for (size_t i = 0; i < KV_FAMILIES; i++) {
        if (options->families[i] != NULL) {
            rocksdb_options_destroy(options->families[i]);
        }
    }
    if (options->database != NULL) {
        rocksdb_options_destroy(options->database);
    }
    if (options->cache != NULL) {
        rocksdb_cache_destroy(options->cache);
    }
}
