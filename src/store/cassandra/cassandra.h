// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The store on Cassandra: its object, how statements are sent, and what the files of this folder share. Private to the folder.
//
//   engine callbacks (profiles.c, timeline.c, ...) ─→ requests.c ─→ cql/ ─→ nodes
//   store_batch_* ─→ batch.c ─→ changes.c (one buffer: also the journal) ─→ commit.c ─→ journal.c, place.c, apply.c
//
// Nearly every callback blocks its own thread; the client's loop only puts finished requests on that thread's queue. So rows are decoded
// by who asked for them, and an arena needs no lock. user_ask blocks nobody: its rows are decoded on a loop of the client's, by the last
// reply to come (reads_untended.c).
#ifndef FOOTFALL_STORE_CASSANDRA_CASSANDRA_H
#define FOOTFALL_STORE_CASSANDRA_CASSANDRA_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/queue.h"
#include "base/random.h"
#include "base/thread.h"
#include "cql/cql.h"
#include "store/cassandra/statements.h"
#include "store/engine.h"

#define CASSANDRA_ID_BYTES 16      // of a writer, a claim, a guard
#define CASSANDRA_KEYSPACE_MAX 48  // Cassandra's own limit
#define CASSANDRA_COLUMNS_MAX 17   // of one row that is read
#define CASSANDRA_PLACE_BLOCKS 256 // of as many partitions each
#define CASSANDRA_VALUES_MAX                                                                       \
    (4 << 10) // values of one statement that is no change and has no document
#define CASSANDRA_BATCH_MAX ((size_t)256 << 20)

// Where a partition stands: its row in `partitions`.
struct cassandra_place {
    int64_t epoch; // as rows have it: of a generation
    bool own;      // this instance made the last commit, and nothing has failed since
    bool applied_noted;
    int64_t next_offset;
    int64_t stamp; // timestamp of the last batch's rows; grows with each batch
    bool has_writer;
    uint8_t writer
        [CASSANDRA_ID_BYTES]; // who made the last batch, and which of its batches it was: the batch's name
    int64_t number;
    int32_t chunks; // of its journal beside the row; 0: it is in the row
    // Which attempt to switch closed it: nothing is committed here then. 0: none did.
    int64_t closed;
};

struct cassandra_store {
    struct store store;
    struct cql_session *session;
    const struct cql_prepared *statements[STATEMENT_COUNT];
    char keyspace[CASSANDRA_KEYSPACE_MAX + 1];
    struct clock *clock;
    struct random_source *random;
    int64_t timeline_age_ms, session_age_ms, letter_age_ms; // 0: rows stay
    size_t in_flight;                                       // most requests of one call
    uint8_t writer[CASSANDRA_ID_BYTES];
    _Atomic int64_t batches; // numbers of this writer
    atomic_bool failed;      // the last write did
    _Atomic int64_t complained_us;

    pthread_mutex_t mutex;           // writers, places
    struct profiles_writer *writers; // names that are free: writers.c
    struct cassandra_place *places[CASSANDRA_PLACE_BLOCKS];
    atomic_bool epoch_known;
    _Atomic int64_t epoch; // of the log

    // Generations: era.c, generations.c
    struct cassandra_store *
        main; // NULL: this is it. Else this is a handle of one generation, with main's session and statements
    _Atomic int64_t generation;    // the one that is read; a handle's own never changes
    _Atomic int64_t generation_us; // when it was last asked for
    _Atomic int64_t noticed_us;    // when another one was first seen; 0: never
    struct thread watcher;         // asks, in main
    bool watching;
    atomic_bool closing;
    struct queue_waker waker;
    struct cassandra_sweep *sweep; // NULL: none is under way
};

static inline struct cassandra_store *cassandra_of(struct store *store) {
    return (struct cassandra_store *)store;
}

// --- Values ---------------------------------------------------------------------------------------------------------
// The values of one small statement, on the caller's stack.
struct cassandra_values {
    struct cql_values list;
    struct buffer buffer;
    char bytes[CASSANDRA_VALUES_MAX];
};
struct cql_values *cassandra_values_begin(struct cassandra_values *values);

struct str cassandra_kind_name(enum store_actor_kind kind);
#define CASSANDRA_KIND_MAX 64
// Rows of an actor that a replay made have the generation behind the kind: "user@2".
bool cassandra_kind_read(struct str text, enum store_actor_kind *kind, int64_t *generation);
// The timeline of an actor is cut into parts of so many events, so that no partition grows for ever. The first has the partition key of all
// its other rows, and so is written together with them: nearly every actor has no other. Part n is the actor's kind and "+n".
#define CASSANDRA_PART_EVENTS 50000
// The earlier a link, the greater its timestamp; those of a later age (batch.c) are above all of those before.
#define CASSANDRA_LINK_TIME_MAX (INT64_C(1) << 52)
#define CASSANDRA_LINK_AGE (INT64_C(1) << 42) // more milliseconds than there are until 2100
#define CASSANDRA_LINK_AGES_MAX (INT64_C(1) << 20)
struct str cassandra_part_name(enum store_actor_kind kind, int64_t generation, uint64_t part,
                               char out[CASSANDRA_KIND_MAX]);
void cassandra_bind_actor(struct cql_values *values, int64_t generation, struct str project,
                          struct store_actor actor);
void cassandra_new_id(struct cassandra_store *store, uint8_t id[CASSANDRA_ID_BYTES]);
void cassandra_bind_id(struct cql_values *values, const uint8_t *id); // NULL: null
struct str cassandra_metric_name(enum store_metric metric);           // empty: there is none
enum store_metric cassandra_metric_from_name(struct str name);        // 0: there is none
// Bytes that are no UTF-8 become '?'. The text, or a copy in the arena (data NULL: no memory).
struct str cassandra_readable(struct str text, struct arena *arena);
bool cassandra_is_uuid(
    struct str id); // of the 36 lower-case characters that stand before all other ids of one time
int32_t cassandra_utc_day(int64_t ms);
// What a row of this time has left of its age, as Cassandra takes it, which has a limit; 0: it is too old already.
int64_t cassandra_seconds_left(const struct cassandra_store *store, int64_t timestamp_ms,
                               int64_t age_ms);

// What rows decode to, growing in an arena.
struct cassandra_rows {
    char *items;
    size_t count, capacity, size;
};
void *cassandra_rows_add(struct cassandra_rows *rows,
                         struct arena *arena); // zeroed; NULL: no memory
// A text column, copied: data NULL for null.
MUST_CHECK enum status cassandra_get_text(struct cql_value value, struct arena *arena,
                                          struct str *out);
MUST_CHECK enum status cassandra_get_u32(struct cql_value value, uint32_t *out);
MUST_CHECK enum status cassandra_get_u64(struct cql_value value, uint64_t *out);
MUST_CHECK enum status cassandra_get_hashes(struct cql_value value, struct arena *arena,
                                            const uint64_t **hashes, size_t *count);

// --- requests.c: sending -----------------------------------------------------------------------------------------------
// One statement, waited for. *result may be NULL when nobody looks at rows. On failure *unknown (may be NULL) says whether it may have
// been applied.
MUST_CHECK enum status cassandra_run(struct cassandra_store *store, enum statement statement,
                                     const struct cql_values *values, struct cql_result **result,
                                     bool *unknown);
// A conditional statement, or several on one partition: *applied.
MUST_CHECK enum status cassandra_decide(struct cassandra_store *store, enum statement statement,
                                        const struct cql_values *values, bool *applied,
                                        bool *unknown);
MUST_CHECK enum status cassandra_decide_two(struct cassandra_store *store,
                                            const enum statement statements[2],
                                            const struct cql_values *const values[2], bool *applied,
                                            bool *unknown);
// The first row of a statement: NOT_FOUND when there is none. *result keeps the columns alive; free it whatever the status.
MUST_CHECK enum status cassandra_run_row(struct cassandra_store *store, enum statement statement,
                                         const struct cql_values *values,
                                         struct cql_result **result, struct cql_value *columns,
                                         unsigned count);

// One page of a statement without values: whether there are more, and where the next one begins, is in the result.
MUST_CHECK enum status cassandra_run_page(struct cassandra_store *store, enum statement statement,
                                          int32_t page_rows, struct str paging_state,
                                          struct cql_result **result);

// Reads all pages of many statements, side by side; rows of one read come in order, on the caller's thread.
struct cassandra_read {
    enum statement statement;
    struct str values; // alive until the call returns
    uint16_t value_count;
    unsigned columns;
    enum status (*row)(struct cassandra_read *read, const struct cql_value *columns);
    void *context;
    int32_t page_rows; // 0: a default
    bool enough;       // set by row: it wants no more
};
MUST_CHECK enum status cassandra_read_many(struct cassandra_store *store,
                                           struct cassandra_read *reads, size_t count);
// The rows of one reply.
MUST_CHECK enum status cassandra_read_visit(struct cassandra_read *read, struct cql_result *result);
// Makes a request of the statement, without values.
void cassandra_request_make(struct cassandra_store *store, enum statement statement,
                            struct cql_request *request);
// What its outcome means for the store's contract; complains.
MUST_CHECK enum status cassandra_request_settle(struct cassandra_store *store,
                                                const struct cql_request *request, bool is_write);

// --- reads_untended.c: reads that nobody waits for
// Sends the reads, of one page each, and returns; all of it, and what their values point to, lives in the arena or longer. done is
// called once, on a loop thread of the session, after the rows of all were visited there, unless NO_MEMORY is returned.
#define CASSANDRA_UNTENDED_MAX 4
MUST_CHECK enum status cassandra_reads_send(struct cassandra_store *store,
                                            struct cassandra_read *reads, size_t count,
                                            struct arena *arena,
                                            void (*done)(enum status status, void *context),
                                            void *context);
// Copies the values into the arena.
MUST_CHECK enum status cassandra_read_make(struct cassandra_read *read, enum statement statement,
                                           const struct cql_values *values, unsigned columns,
                                           struct arena *arena);

// Requests that are under way together. Owned by one thread, which is woken for many of them at once: a wake-up costs more than
// what it has to do for one.
struct cassandra_flight_request;
struct cassandra_flight {
    struct cassandra_store *store;
    size_t most; // under way at once
    struct cassandra_flight_request *requests, *free;
    struct queue_node *taken; // landed, and looked at one by one
    size_t under_way;
    enum status status; // the first failure

    pthread_mutex_t mutex; // guards what follows
    pthread_cond_t enough;
    struct queue_node *landed; // the last first
    size_t landed_count;
    size_t wanted; // so many must have landed before the owner is woken
};
MUST_CHECK enum status cassandra_flight_init(struct cassandra_flight *flight,
                                             struct cassandra_store *store, size_t most,
                                             struct arena *arena);
// Waits for room when there is none. What is pointed to stays alive until cassandra_flight_finish.
void cassandra_flight_batch(struct cassandra_flight *flight, const struct cql_batch_entry *entries,
                            size_t count);
void cassandra_flight_send(struct cassandra_flight *flight, enum statement statement,
                           struct str values, uint16_t value_count);
MUST_CHECK enum status cassandra_flight_finish(struct cassandra_flight *flight); // waits for all

// --- changes.c: the statements of a batch, in the form of the journal --------------------------------------------------
struct changes {
    struct buffer bytes;
    struct changes_slot *slots; // by primary key: which change stands
    size_t slot_count, used;
    struct cql_values values; // of the change being made
    enum statement statement;
    size_t at; // where it begins
};
void changes_init(struct changes *changes);
void changes_free(struct changes *changes);
// Between the two, values are bound in the layout of statements.h; timestamps of the batch are bound by these two.
struct cql_values *changes_begin(struct changes *changes, enum statement statement);
MUST_CHECK enum status changes_end(struct changes *changes);
// Takes back the changes of a statement for which drop gives true.
void changes_drop(struct changes *changes, enum statement statement,
                  bool (*drop)(struct str values, void *context), void *context);
void changes_stamp(struct changes *changes, int64_t stamp);
// Gives the changes of a statement that have this partition key, [project, kind, actor], another kind.
MUST_CHECK enum status changes_move(struct changes *changes, enum statement statement,
                                    struct str partition_key, struct str kind);

struct change {
    enum statement statement;
    uint16_t value_count;
    struct str values;
    struct str partition_key; // of the values
};
// Moves over one change: END after the last; CORRUPT.
MUST_CHECK enum status changes_next(struct str *in, struct change *out);

// --- apply.c, journal.c, place.c, commit.c ------------------------------------------------------------------------------
// Writes all rows of a journal's content; returns when a quorum has them all.
MUST_CHECK enum status cassandra_apply(struct cassandra_store *store, struct str changes);

struct cassandra_journal {
    int64_t epoch;
    unsigned partition;
    uint8_t writer[CASSANDRA_ID_BYTES];
    int64_t number;
    int32_t chunks;     // 0: inline
    int32_t bytes;      // of the content
    int32_t checksum;   // CRC-32C of the content
    struct str inline_; // the content, compressed
    // The batch before, whose journal is not needed once this one is applied.
    bool has_before;
    uint8_t before_writer[CASSANDRA_ID_BYTES];
    int64_t before_number;
};
// Compresses into the arena; writes the chunks when it is too large for the row. Fills chunks, bytes, checksum, inline_.
MUST_CHECK enum status cassandra_journal_write(struct cassandra_store *store,
                                               struct cassandra_journal *journal,
                                               struct str content, struct arena *arena);
// NOT_FOUND: (part of) it is gone, so a later batch was decided meanwhile.
MUST_CHECK enum status cassandra_journal_read(struct cassandra_store *store,
                                              const struct cassandra_journal *journal,
                                              struct arena *arena, struct str *content);
// Removes what a writer's batches up to this number have beside the row.
MUST_CHECK enum status cassandra_journal_remove(struct cassandra_store *store, int64_t epoch,
                                                unsigned partition,
                                                const uint8_t writer[CASSANDRA_ID_BYTES],
                                                int64_t number);

// Where the partition stands; applies what was decided and perhaps not applied. CONFLICT: the store belongs to another epoch.
MUST_CHECK enum status cassandra_place_get(struct cassandra_store *store, int64_t epoch,
                                           unsigned partition, struct cassandra_place *out);
// What SERIAL says, without applying anything. *journal may be NULL; what it points to is in the arena.
MUST_CHECK enum status cassandra_place_read(struct cassandra_store *store, int64_t epoch,
                                            unsigned partition, struct arena *arena,
                                            struct cassandra_place *out,
                                            struct cassandra_journal *journal);
void cassandra_place_remember(struct cassandra_store *store, unsigned partition,
                              const struct cassandra_place *place);
void cassandra_place_forget(struct cassandra_store *store, unsigned partition);
void cassandra_places_free(struct cassandra_store *store);

// --- era.c: which rows this store reads and writes -----------------------------------------------------------------------
// The epoch in the keys of derived rows: that of the log, and the number of the generation added. A call takes it once. NOT_FOUND: no
// batch was ever committed.
MUST_CHECK enum status cassandra_epoch(struct cassandra_store *store, int64_t *epoch);
// The same without asking: false when it is not known, or not well enough.
bool cassandra_epoch_known(struct cassandra_store *store, int64_t *epoch);
// The generation of such an epoch, which must have come from this store.
int64_t cassandra_generation_of(const struct cassandra_store *store, int64_t epoch);
// Of the log, as the table `epochs` has it: for what is outside of generations.
MUST_CHECK enum status cassandra_log_epoch(struct cassandra_store *store, int64_t *epoch);
// As cassandra_epoch, for a caller who knows the log's. CONFLICT: the store belongs to another one.
MUST_CHECK enum status cassandra_epoch_in(struct cassandra_store *store, int64_t log_epoch,
                                          int64_t *epoch);
MUST_CHECK enum status cassandra_epoch_claim(struct cassandra_store *store, int64_t log_epoch);
// Readers of main are told; a lower one than that which is read is passed over.
void cassandra_generation_set(struct cassandra_store *main, int64_t generation);
MUST_CHECK enum status cassandra_era_start(struct cassandra_store *main, struct error *err);
void cassandra_era_stop(struct cassandra_store *main);
// A handle that has a generation for good. NO_MEMORY.
MUST_CHECK enum status cassandra_handle_open(struct cassandra_store *store, int64_t generation,
                                             struct store **out);

// --- generations.c, sweep.c
// The row of the table `generations`; what is text lives in the arena it was read into.
struct cassandra_generations {
    int64_t number;  // read
    int64_t filled;  // 0: none
    int64_t last;    // highest that was given out
    bool reserved;   // the last one is being made ready to be filled
    int64_t closing; // the attempt to switch that is under way; 0: none
    int64_t closings;
    bool unswept; // there may be rows of old ones
    struct str note, past;
    bool has_guard;
    uint8_t guard[CASSANDRA_ID_BYTES]; // another one after each change
};
MUST_CHECK enum status cassandra_generations_read(struct cassandra_store *store,
                                                  struct arena *arena,
                                                  struct cassandra_generations *out);
// CONFLICT: it was changed since `before` was read.
MUST_CHECK enum status cassandra_generations_change(struct cassandra_store *store,
                                                    const struct cassandra_generations *before,
                                                    const struct cassandra_generations *after);
// Changes the row by a step that looks at it and says what it is to become, again when somebody else was faster. A step's status other
// than OK is the end of it, and the answer; END: it is so already, which is OK.
typedef enum status (*cassandra_row_step)(struct cassandra_generations *row, void *context);
MUST_CHECK enum status cassandra_generations_step(struct cassandra_store *store,
                                                  cassandra_row_step step, void *context);
// NULL: whatever the version.
bool cassandra_generations_are(const struct cassandra_generations *row, const uint8_t *version);
// Copies the links and refusals that are read into the generation.
MUST_CHECK enum status cassandra_generation_carry(struct cassandra_store *store,
                                                  int64_t generation);
void cassandra_sweep_free(struct cassandra_store *store);

static inline struct cassandra_store *cassandra_main(struct cassandra_store *store) {
    return store->main != NULL ? store->main : store;
}

// --- writers.c
void cassandra_writers_free(struct cassandra_store *store);

// --- schema.c ---------------------------------------------------------------------------------------------------------
#define CASSANDRA_SCHEMA_VERSION 8
MUST_CHECK enum status cassandra_schema_open(struct cassandra_store *store,
                                             const struct store_cassandra_config *config,
                                             struct error *err);
// 0: there is none.
MUST_CHECK enum status cassandra_schema_version(struct cql_session *session, const char *keyspace,
                                                int32_t *version, struct error *err);

// --- cassandra.c ------------------------------------------------------------------------------------------------------
MUST_CHECK enum status cassandra_session_open(const struct store_cassandra_config *config,
                                              struct cql_session **out, struct error *err);
MUST_CHECK enum status cassandra_keyspace_name(const struct store_cassandra_config *config,
                                               char out[CASSANDRA_KEYSPACE_MAX + 1],
                                               struct error *err);

// --- Rows, each in the file of its subject -----------------------------------------------------------------------------
// Columns as STATEMENT_STATE_COLUMNS, STATEMENT_DAY_COLUMNS, STATEMENT_TIMELINE_COLUMNS, STATEMENT_LETTER_COLUMNS have them; of a
// session: started, ended, events, page_views.
MUST_CHECK enum status cassandra_get_state(const struct cql_value *columns, struct arena *arena,
                                           struct store_actor_state *out);
MUST_CHECK enum status cassandra_get_day(const struct cql_value *columns, struct arena *arena,
                                         struct store_actor_day *out);
MUST_CHECK enum status cassandra_get_session(const struct cql_value *columns,
                                             struct store_session *out);
MUST_CHECK enum status cassandra_get_entry(const struct cql_value *columns, struct arena *arena,
                                           struct store_timeline_row *row);
MUST_CHECK enum status cassandra_get_mark(const struct cql_value *columns,
                                          struct store_letter_mark *out);
MUST_CHECK enum status cassandra_get_letter(const struct cql_value *columns, struct arena *arena,
                                            struct store_dead_letter *letter);

MUST_CHECK enum status cassandra_get_delivery(const struct cql_value *columns, struct arena *arena,
                                              struct store_delivery *row); // all but the name
MUST_CHECK enum status cassandra_get_account(const struct cql_value *columns, struct arena *arena,
                                             struct store_account *out);

// --- actors.c ----------------------------------------------------------------------------------------------------------
// One of several reads: fills *state and sets *found (false beforehand) when it is there. What it needs meanwhile is in scratch.
MUST_CHECK enum status cassandra_state_read(const struct cassandra_store *store,
                                            struct cassandra_read *read, struct str project,
                                            struct store_actor actor, int64_t epoch,
                                            struct store_actor_state *state, bool *found,
                                            struct arena *arena, struct arena *scratch);
MUST_CHECK enum status cassandra_states_get(struct cassandra_store *store, struct str project,
                                            const struct store_actor *actors, size_t count,
                                            struct arena *arena, struct store_actor_state *states,
                                            bool *found);

#endif
