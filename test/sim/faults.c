// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The wrapped calls: each may fail, and commits may also succeed and report failure.
#include "faults.h"

#include "base/random.h"
#include "eventlog/eventlog.h"
#include "store/erasure.h"

struct faults faults;
struct faults_watch faults_watch;
static struct random_seeded chance;

void faults_seed(uint64_t seed) {
    random_seeded_init(&chance, seed);
    faults = (struct faults){0};
}

enum verdict { GO_ON, FAIL_BEFORE, FAIL_AFTER };

static enum verdict next_verdict(void) {
    if (faults.crashed) {
        return FAIL_BEFORE;
    }
    faults.calls++;
    bool crash = faults.crash_at != 0 && faults.calls >= faults.crash_at;
    if (crash ||
        (faults.fail_one_in != 0 && random_below(&chance.source, faults.fail_one_in) == 0)) {
        faults.crashed = crash;
        return random_below(&chance.source, 2) ? FAIL_AFTER : FAIL_BEFORE;
    }
    return GO_ON;
}

// X(name, parameters, arguments): calls that fail with IO before or after they took effect.
#define WRAPPED_LIST(X)                                                                            \
    X(store_actors_load,                                                                           \
      (struct store * store, struct store_actor_request * requests, size_t count,                  \
       struct arena * arena),                                                                      \
      (store, requests, count, arena))                                                             \
    X(store_actor_days,                                                                            \
      (struct store * store, struct str project, struct store_actor actor, int32_t from,           \
       int32_t to, struct arena * arena, struct store_actor_day * *out, size_t * count),           \
      (store, project, actor, from, to, arena, out, count))                                        \
    X(store_actor_sessions,                                                                        \
      (struct store * store, struct str project, struct store_actor actor, int64_t from_ms,        \
       int64_t to_ms, struct arena * arena, struct store_session * *out, size_t * count),          \
      (store, project, actor, from_ms, to_ms, arena, out, count))                                  \
    X(store_totals_load,                                                                           \
      (struct store * store, unsigned partition, struct str project, int32_t day,                  \
       struct arena *arena, struct store_total **out, size_t *count),                              \
      (store, partition, project, day, arena, out, count))                                         \
    X(store_partition_offset,                                                                      \
      (struct store * store, int64_t epoch, unsigned partition, int64_t *next_offset),             \
      (store, epoch, partition, next_offset))                                                      \
    X(store_seen_load,                                                                             \
      (struct store * store, unsigned partition,                                                   \
       bool (*visit)(int64_t chunk, int64_t last_ms, const uint64_t *hashes, size_t count,         \
                     void *context),                                                               \
       void *context),                                                                             \
      (store, partition, visit, context))                                                          \
    X(store_actor_get,                                                                             \
      (struct store * store, struct str project, struct store_actor actor, struct arena * arena,   \
       struct store_actor_state * out),                                                            \
      (store, project, actor, arena, out))                                                         \
    X(store_batch_erase,                                                                           \
      (struct store_batch * batch, struct str project, struct store_actor actor, unsigned limit,   \
       struct store_erased *removed, bool *more),                                                  \
      (batch, project, actor, limit, removed, more))                                               \
    X(store_batch_letters_remove,                                                                  \
      (struct store_batch * batch, struct str project, struct str needle,                          \
       struct store_erased * removed),                                                             \
      (batch, project, needle, removed))                                                           \
    X(store_erasure_parts,                                                                         \
      (struct store * store, struct str id, struct arena * arena,                                  \
       struct store_erasure_part * *out, size_t * count),                                          \
      (store, id, arena, out, count))                                                              \
    X(store_refusals,                                                                              \
      (struct store * store, struct arena * arena, struct store_refusal * *out, size_t * count),   \
      (store, arena, out, count))                                                                  \
    X(store_secret, (struct store * store, struct str name, uint8_t * secret),                     \
      (store, name, secret))                                                                       \
    X(store_flush, (struct store * store), (store))                                                \
    X(store_projects,                                                                              \
      (struct store * store, struct arena * arena, struct store_project * *out, size_t * count),   \
      (store, arena, out, count))                                                                  \
    X(eventlog_seek, (struct eventlog_consumer * consumer, unsigned partition, int64_t offset),    \
      (consumer, partition, offset))                                                               \
    X(eventlog_commit,                                                                             \
      (struct eventlog_consumer * consumer, unsigned partition, int64_t next_offset),              \
      (consumer, partition, next_offset))

#define X(name, parameters, arguments)                                                             \
    enum status __real_##name parameters;                                                          \
    enum status __wrap_##name parameters;                                                          \
    enum status __wrap_##name parameters {                                                         \
        enum verdict verdict = next_verdict();                                                     \
        enum status status = verdict == FAIL_BEFORE ? STATUS_IO : __real_##name arguments;         \
        return verdict == GO_ON ? status : STATUS_IO;                                              \
    }
WRAPPED_LIST(X)
#undef X

// A failed begin gives no batch, and a commit frees its batch whatever comes of it.
enum status __real_store_batch_begin(struct store *store, int64_t epoch, unsigned partition,
                                     struct store_batch **out);
enum status __wrap_store_batch_begin(struct store *store, int64_t epoch, unsigned partition,
                                     struct store_batch **out);
enum status __wrap_store_batch_begin(struct store *store, int64_t epoch, unsigned partition,
                                     struct store_batch **out) {
    enum status status = next_verdict() == GO_ON
                             ? __real_store_batch_begin(store, epoch, partition, out)
                             : STATUS_IO;
    if (status == STATUS_OK && faults_watch.begun) {
        faults_watch.begun(partition, *out);
    }
    return status;
}

enum status __real_store_batch_commit(struct store_batch *batch, int64_t next_offset);
enum status __wrap_store_batch_commit(struct store_batch *batch, int64_t next_offset);
enum status __wrap_store_batch_commit(struct store_batch *batch, int64_t next_offset) {
    enum verdict verdict = next_verdict();
    if (verdict == FAIL_BEFORE) {
        store_batch_discard(batch);
        return STATUS_IO;
    }
    enum status status = __real_store_batch_commit(batch, next_offset);
    if (status == STATUS_OK && faults_watch.committed) {
        faults_watch.committed(batch, next_offset); // by its address alone: it is freed
    }
    return verdict == GO_ON ? status : STATUS_IO;
}
