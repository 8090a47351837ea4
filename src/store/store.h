// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The store: the contract that RocksDB, the in-memory twin and Cassandra all keep. It speaks the domain, not rows.
//
// Every function blocks until it is done and may be called from any thread but an HTTP loop (handlers go through
// http_exchange_offload first); store_user_get has a form for loops. Results live in the arena that is passed in. Strings of a
// project, actor, name or id are valid UTF-8 without NUL, at most 512 bytes; that is checked by whoever takes them from outside.
//
// Two kinds of data:
//   - what people and their applications wrote: profiles, projects, keys, accounts (durable when the call returns);
//   - what the processor derived from the event log: everything written through store_batch_*. It can be made again from the log, so
//     it need not be fsynced, but a batch is atomic together with the offset up to which it stands (store_batch_commit).
// What a store holds as a whole, and writing that into another: store/walk.h. Dead letters, for people: store/letters.h. What tokens stand on: store/tokens.h.
// Statuses all functions may give besides those named: NO_MEMORY, IO, UNAVAILABLE, CORRUPT (a stored value that does not decode), INVALID
// (an empty or longer id, a NUL in it, a partition above 65535: what would blur two rows; of a bad batch call, at commit).
#ifndef FOOTFALL_STORE_H
#define FOOTFALL_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/str.h"

struct clock;
struct random_source;
struct store;

// --- Actors ---------------------------------------------------------------------------------------------------------
// Who did something: a user by userId, else a browser or device by anonymousId. The two never mix, even with equal ids.
enum store_actor_kind { STORE_ACTOR_USER = 'u', STORE_ACTOR_ANONYMOUS = 'a' };
struct store_actor {
    enum store_actor_kind kind;
    struct str id;
};

// --- Profiles -------------------------------------------------------------------------------------------------------
struct store_profile {
    struct str id;
    struct str
        email; // data NULL: none. Unique in its project, compared as stored (the role normalises it)
    struct str name;   // data NULL: none
    struct str traits; // a JSON object
    // 1 when made, +1 with each write. Never given twice: who is made where profiles were deleted, in a project or in a part of it that
    // the id belongs to, begins above every version those had (the store keeps that highest one, and no trace of the id).
    uint64_t version;
    int64_t created_ms;
    int64_t updated_ms;
};
enum store_expect {
    STORE_EXPECT_ANY,     // create or replace
    STORE_EXPECT_ABSENT,  // create only: EXISTS otherwise
    STORE_EXPECT_PRESENT, // replace only: NOT_FOUND otherwise
    STORE_EXPECT_VERSION, // replace that version only: PRECONDITION otherwise (also when absent)
};
// Reads profile->id..traits, created_ms (used when it did not exist; else the stored one is kept) and updated_ms; sets version and
// created_ms. CONFLICT: the email belongs to another profile. *created (may be NULL): true when it did not exist.
MUST_CHECK enum status store_profile_put(struct store *store, struct str project,
                                         struct store_profile *profile, enum store_expect expect,
                                         uint64_t version, bool *created);
MUST_CHECK enum status store_profile_get(struct store *store, struct str project, struct str id,
                                         struct arena *arena,
                                         struct store_profile *out); // NOT_FOUND
MUST_CHECK enum status store_profile_find_email(struct store *store, struct str project,
                                                struct str email, struct arena *arena,
                                                struct str *id); // NOT_FOUND
// expect ANY: deleting what is absent is NOT_FOUND. Removes the email claim with it.
MUST_CHECK enum status store_profile_delete(struct store *store, struct str project, struct str id,
                                            enum store_expect expect, uint64_t version);
// Ids in bytewise order behind `after` (data NULL: from the start), at most limit; *more: there are further ones.
MUST_CHECK enum status store_profile_list(struct store *store, struct str project, struct str after,
                                          unsigned limit, struct arena *arena,
                                          struct store_profile **out, size_t *count, bool *more);

// --- Timeline -------------------------------------------------------------------------------------------------------
struct store_timeline_row {
    struct str event_id;
    uint8_t type;    // enum event_type of event/event.h
    struct str name; // may be empty
    int64_t timestamp_ms;
    int64_t received_ms;
    struct str anonymous_id; // as the event had it; data NULL: none
    struct str properties;   // JSON object, or data NULL
    struct str traits;       // JSON object, or data NULL
    struct str context;      // JSON object, or data NULL
    struct str
        extra; // JSON object of members Footfall does not know, group and previous ids; or data NULL
};
struct store_timeline_query {
    const struct store_actor *actors; // merged into one timeline
    size_t actor_count;
    int64_t from_ms, to_ms; // from <= timestamp < to
    struct str name;        // data NULL: any
    unsigned limit;
    bool resume; // begin behind this position
    int64_t after_ms;
    struct str after_id;
};
// Newest first; equal timestamps by event id, lower-case UUIDs before all others, each descending bytewise. *more: there are further
// ones. Rows past retention may still come: who must not see them says so with from_ms.
MUST_CHECK enum status store_timeline_read(struct store *store, struct str project,
                                           const struct store_timeline_query *query,
                                           struct arena *arena, struct store_timeline_row **out,
                                           size_t *count, bool *more);

// --- What is known about an actor ---------------------------------------------------------------------------------
struct store_session {
    int64_t start_ms; // of its first event by event time; identifies the session within the actor
    int64_t end_ms;   // of its last event
    uint32_t events;
    uint32_t page_views;
};
struct store_actor_state {
    int64_t first_seen_ms;
    int64_t last_seen_ms;
    uint64_t events;
    uint64_t sessions; // in all, the current one included
    struct store_session
        current;       // the newest session; events 0: none yet. Older ones are rows of their own
    struct str traits; // observed traits, a JSON object; data NULL: none
    // Progress in funnels, text as of processor/funnel_progress.h; data NULL: never was in one, and a row that has one keeps it, be it empty.
    struct str funnels;
    int32_t activity_first_day; // day of bit 0 of activity, local to the project
    struct str activity;        // bitmap, least significant bit first: days with at least one event
};
struct store_name_count {
    struct str name;
    uint32_t events;
};
struct store_actor_day {
    int32_t day; // days since 1970-01-01, in the project's time zone
    int64_t first_ms, last_ms;
    uint32_t events;
    uint32_t sessions; // that started on this day
    uint32_t by_type[6];
    struct store_name_count *names; // ascending by name
    size_t name_count;
};
MUST_CHECK enum status store_actor_get(struct store *store, struct str project,
                                       struct store_actor actor, struct arena *arena,
                                       struct store_actor_state *out); // NOT_FOUND
// Days from <= day <= to, ascending.
MUST_CHECK enum status store_actor_days(struct store *store, struct str project,
                                        struct store_actor actor, int32_t from, int32_t to,
                                        struct arena *arena, struct store_actor_day **out,
                                        size_t *count);
// Sessions with from <= start_ms < to, ascending; without the current one of the state.
MUST_CHECK enum status store_actor_sessions(struct store *store, struct str project,
                                            struct store_actor actor, int64_t from_ms,
                                            int64_t to_ms, struct arena *arena,
                                            struct store_session **out, size_t *count);
// Removes sessions of actors, not the current one of a state, that ended before before_ms - STORE_SESSION_KEEP_MS. It looks at `limit` rows, from
// *position on, and leaves in it where to go on: empty at first, and again at the end. The processor needs a session for as long
// as it takes an event that was younger when it was received: what comes later than that touches none of these (processor.h, session_age_ms).
// A store that forgets by itself (store_cassandra_config.session_age_ms) has nothing to remove.
#define STORE_SESSION_KEEP_MS                                                                      \
    (8 * INT64_C(86400000)) // the processor may be as far behind as the log goes back, by default
MUST_CHECK enum status store_sessions_age(struct store *store, int64_t before_ms, size_t limit,
                                          struct buffer *position, uint64_t *removed);
// For the processor: many at once. found says whether it is there; *state or *day is filled then.
struct store_actor_request {
    struct str project;
    struct store_actor actor;
    bool want_day; // false: state; true: the day in `day.day`
    bool found;
    struct store_actor_state state;
    struct store_actor_day day;
};
MUST_CHECK enum status store_actors_load(struct store *store, struct store_actor_request *requests,
                                         size_t count, struct arena *arena);

// --- Identity links -------------------------------------------------------------------------------------------------
// An anonymous id belongs to the user whose link has the earliest time (then the bytewise least user id): a rule that does not
// depend on the order in which partitions are processed.
MUST_CHECK enum status store_link_owner(struct store *store, struct str project,
                                        struct str anonymous_id, struct arena *arena,
                                        struct str *user_id); // NOT_FOUND
// Anonymous ids that belong to the user, bytewise ascending, at most 1000.
MUST_CHECK enum status store_links_of(struct store *store, struct str project, struct str user_id,
                                      struct arena *arena, struct str **anonymous_ids,
                                      size_t *count);

// --- A user as a whole ----------------------------------------------------------------------------------------------
enum store_reach {
    STORE_REACH_ALL,
    // Never waits and is never long, so an HTTP loop may call it: UNAVAILABLE when the disk has to be asked, or when anonymous ids
    // were linked to the user, which need scans. An engine that has to ask other machines always says UNAVAILABLE (see
    // store_user_ask).
    STORE_REACH_MEMORY,
};
struct store_user {
    bool has_profile;
    struct store_profile profile;
    struct store_actor *actors; // the user, then the anonymous ids of store_links_of
    size_t actor_count;
    struct store_actor_state *states; // one an actor; all zero when not found
    bool *found;
};
// NOT_FOUND: neither a profile nor a state of any of the actors.
MUST_CHECK enum status store_user_get(struct store *store, struct str project, struct str id,
                                      enum store_reach reach, struct arena *arena,
                                      struct store_user *out);

// The same for a thread that must not wait, such as an HTTP loop, where the engine asks other machines: returns at once and calls done
// when the answer is there, once, on any thread and perhaps before it returns; done must not block. Until then the question, its arena and
// what its texts point to are the store's. UNSUPPORTED, in both places: only store_user_get can answer this; returned, done is not called.
struct store_user_question {
    struct str project, id;
    struct arena *arena;
    void (*done)(struct store_user_question *question);
    void *context; // the asker's

    enum status status; // set before done: as of store_user_get
    struct store_user user;
};
MUST_CHECK enum status store_user_ask(struct store *store, struct store_user_question *question);

// --- Day totals -----------------------------------------------------------------------------------------------------
// X(symbol, number, name, what the value is). Numbers are stored: never change or reuse one.
#define STORE_METRIC_LIST(X)                                                                        \
    X(EVENTS, 1, "events", "empty")                                                                 \
    X(TYPE, 2, "type", "event type")                                                                \
    X(NAME, 3, "name", "event or page name")                                                        \
    X(NAME_ACTORS, 4, "name_actors", "event or page name; amount is distinct actors")               \
    X(PAGE, 5, "page", "path of a page view")                                                       \
    X(REFERRER, 6, "referrer", "host that sent the visitor")                                        \
    X(COUNTRY, 7, "country", "ISO 3166-1 alpha-2")                                                  \
    X(DEVICE, 8, "device", "desktop, mobile, tablet, other")                                        \
    X(BROWSER, 9, "browser", "family")                                                              \
    X(OS, 10, "os", "family")                                                                       \
    X(HOUR, 11, "hour", "00..23, local")                                                            \
    X(ACTIVE_USERS, 12, "active_users", "empty; distinct users this day")                           \
    X(ACTIVE_ANONYMOUS, 13, "active_anonymous", "empty; distinct anonymous actors this day")        \
    X(ACTIVE_USERS_7, 14, "active_users_7", "empty; distinct users in the 7 days ending this day")  \
    X(ACTIVE_USERS_30, 15, "active_users_30", "empty; the same with 30 days")                       \
    X(NEW_USERS, 16, "new_users", "empty; users first seen this day")                               \
    X(SESSIONS, 17, "sessions", "empty; sessions started this day")                                 \
    X(BOUNCES, 18, "bounces", "empty; of those, with a single event")                               \
    X(SESSION_SECONDS, 19, "session_seconds",                                                       \
      "length in whole seconds, decimal; amount is sessions")                                       \
    X(TOP_ACTORS, 20, "top_actors", "user id; amount is events; only the leaders")                  \
    X(BOTS, 21, "bots", "bot family; events dropped")                                               \
    X(FILTERED, 22, "filtered", "reason; events dropped by a rule")                                 \
    X(REGION, 23, "region", "country and region, ISO 3166-2")                                       \
    X(CHANNEL, 24, "channel", "direct, internal, search, social, email, campaign, referral")        \
    X(CAMPAIGN_SOURCE, 25, "campaign_source", "who sent the visitor, by campaign or known host")    \
    X(CAMPAIGN_MEDIUM, 26, "campaign_medium", "medium of a campaign")                               \
    X(CAMPAIGN, 27, "campaign", "name of a campaign")                                               \
    X(DIMENSION, 28, "dimension", "NAME=value of a declared dimension")                             \
    X(RETENTION_DAY, 29, "retention_day",                                                           \
      "days since they were first seen, decimal; amount is active users")                           \
    X(RETENTION_WEEK, 30, "retention_week",                                                         \
      "of a Monday: weeks since they were first seen, decimal; amount is active users of the week") \
    X(FUNNEL, 31, "funnel",                                                                         \
      "of a day of entry: \"NAME ID STEP\"; amount is actors who reached it")                       \
    X(FUNNEL_SECONDS, 32, "funnel_seconds",                                                         \
      "\"NAME ID STEP SECONDS\" since the step before, see processor/funnels.h; amount is actors")  \
    X(BROWSER_VERSION, 35, "browser_version", "family and major version")                           \
    X(OS_VERSION, 36, "os_version", "family and version")                                           \
    X(LINKS, 37, "links", "type; events received this day that link an anonymous id to a user")     \
    X(FOLDED, 60, "folded", "breakdown; amount is about how many values are in its (other)")        \
    X(FOLDING, 61, "folding", "state of a breakdown that is full: see processor/folding.h")
enum store_metric {
#define X(symbol, number, name, what) STORE_METRIC_##symbol = number,
    STORE_METRIC_LIST(X)
#undef X
        STORE_METRIC_END // above every number
};
_Static_assert(STORE_METRIC_END <= 64, "metrics are asked for as bits of 64");
struct store_total {
    int32_t day;
    enum store_metric metric;
    struct str value; // at most 1024 bytes
    int64_t amount;   // absolute; 0 removes the row
};
// Sums over partitions that are not 0, ordered by day, metric, value (bytewise). metrics: bit set of UINT64_C(1) << enum store_metric.
MUST_CHECK enum status store_totals_read(struct store *store, struct str project, int32_t from,
                                         int32_t to, uint64_t metrics, struct arena *arena,
                                         struct store_total **out, size_t *count);
// For the processor: what one partition has for one day, all metrics.
MUST_CHECK enum status store_totals_load(struct store *store, unsigned partition,
                                         struct str project, int32_t day, struct arena *arena,
                                         struct store_total **out, size_t *count);

// --- Processing -----------------------------------------------------------------------------------------------------
// Where the derived data of a partition stands: everything below *next_offset is in it. epoch is eventlog_epoch(); a store that was
// filled from another life of the log gives CONFLICT. A new partition gives OK and 0.
MUST_CHECK enum status store_partition_offset(struct store *store, int64_t epoch,
                                              unsigned partition, int64_t *next_offset);
// The caller gives the partition up, or trusts nothing that it knows of it any more: where it stands is asked afresh from now on. An engine
// whose other writers are other processes remembers where its own last commit led; without this call it would go on from there after
// the partition had been somewhere else.
void store_partition_release(struct store *store, unsigned partition);
// The dedupe window: chunks of id hashes in the order written. visit returns false to stop.
MUST_CHECK enum status store_seen_load(struct store *store, unsigned partition,
                                       bool (*visit)(int64_t chunk, int64_t last_ms,
                                                     const uint64_t *hashes, size_t count,
                                                     void *context),
                                       void *context);

struct store_dead_letter {
    unsigned partition;
    int64_t offset;
    int64_t received_ms;
    struct str stage; // "decode", "apply", "rule"
    struct str reason;
    struct str record;  // the value of the log record
    struct str project; // when it is read; putting one does not look at it
};

// A batch belongs to one thread and one partition. Calls copy what they are given. The first failure sticks and is given by commit.
// A later put of the same row within the batch replaces the earlier one; only of links the earliest time of a pair stands, ever.
// Rows come cheaper the more events are in a batch (an actor seen twice is written once): 5 000 to 20 000 are good. A batch
// takes about three times its bytes of memory while it is committed.
struct store_batch;
MUST_CHECK enum status store_batch_begin(struct store *store, int64_t epoch, unsigned partition,
                                         struct store_batch **out);
void store_batch_timeline(struct store_batch *batch, struct str project, struct store_actor actor,
                          const struct store_timeline_row *row);
void store_batch_actor(struct store_batch *batch, struct str project, struct store_actor actor,
                       const struct store_actor_state *state);
void store_batch_actor_day(struct store_batch *batch, struct str project, struct store_actor actor,
                           const struct store_actor_day *day);
void store_batch_session(struct store_batch *batch, struct str project, struct store_actor actor,
                         const struct store_session *session);
void store_batch_session_remove(struct store_batch *batch, struct str project,
                                struct store_actor actor, int64_t start_ms);
void store_batch_link(struct store_batch *batch, struct str project, struct str anonymous_id,
                      struct str user_id, int64_t linked_ms);
void store_batch_total(struct store_batch *batch, struct str project,
                       const struct store_total *total);
// chunk: any number that grows (the first offset it covers).
void store_batch_seen(struct store_batch *batch, int64_t chunk, int64_t last_ms,
                      const uint64_t *hashes, size_t count);
void store_batch_seen_forget(struct store_batch *batch,
                             int64_t below_chunk); // chunks below are dropped
void store_batch_dead_letter(struct store_batch *batch, struct str project,
                             const struct store_dead_letter *letter);
size_t store_batch_bytes(const struct store_batch *batch);
// Writes everything and next_offset atomically, and frees the batch, also on failure. CONFLICT: the partition's stored offset is
// not the one this batch began from (another processor took over, or the store lost its newest writes when it was opened again).
// INVALID: next_offset is below that one.
MUST_CHECK enum status store_batch_commit(struct store_batch *batch, int64_t next_offset);
void store_batch_discard(struct store_batch *batch);
// Makes what was committed durable (fsync). Called before the log may forget the records.
MUST_CHECK enum status store_flush(struct store *store);

// Newest first. project data NULL: all. Page by page, and what people do about them: store/letters.h.
MUST_CHECK enum status store_dead_letters(struct store *store, struct str project, unsigned limit,
                                          struct arena *arena, struct store_dead_letter **out,
                                          size_t *count);

// --- Projects, keys, accounts -----------------------------------------------------------------------------------------
struct store_project {
    struct str id; // 1..64 of [a-z0-9_-]
    struct str name;
    struct str time_zone; // IANA; fixed when the project is made
    int64_t created_ms;
};
struct store_key {
    struct str id;      // public handle, for listing and revoking
    struct str project; // empty: all projects (admin API keys)
    struct str kind;    // "write" or "api"
    struct str role;    // "write", "viewer", "editor", "admin"
    struct str secret;  // write key: the key itself (it is public); API key: hash in hex
    struct str label;
    int64_t created_ms;
};
struct store_account {
    struct str email;
    struct str password_hash; // argon2id string
    struct str role;
    struct str project; // empty: all
    int64_t created_ms;
    struct str name; // of a person; may be empty
    bool disabled;
    int64_t version; // the caller's; grows with each change, and is never given twice to one email
};
// put creates; EXISTS when the id (email) is taken. Lists are complete, ordered by id.
MUST_CHECK enum status store_project_put(struct store *store, const struct store_project *project);
MUST_CHECK enum status store_projects(struct store *store, struct arena *arena,
                                      struct store_project **out, size_t *count);
MUST_CHECK enum status store_key_put(struct store *store, const struct store_key *key);
MUST_CHECK enum status store_key_delete(struct store *store, struct str id); // NOT_FOUND
MUST_CHECK enum status store_keys(struct store *store, struct arena *arena, struct store_key **out,
                                  size_t *count);
MUST_CHECK enum status store_account_put(struct store *store, const struct store_account *account);
// Replaces all but email and created_ms: PRECONDITION when the stored version is not `version`, NOT_FOUND.
MUST_CHECK enum status store_account_replace(struct store *store,
                                             const struct store_account *account, int64_t version);
MUST_CHECK enum status store_account_delete(struct store *store, struct str email); // NOT_FOUND
MUST_CHECK enum status store_accounts(struct store *store, struct arena *arena,
                                      struct store_account **out, size_t *count);

// --- Closed daily reports -----------------------------------------------------------------------------------------------
struct store_report {
    int32_t day;
    uint32_t revision; // 1 when first closed
    int64_t closed_ms;
    uint64_t digest; // of the totals it was made from: tells whether late events changed the day
    struct str body; // the report as JSON
};
// Newest revision. NOT_FOUND when the day was never closed.
MUST_CHECK enum status store_report_get(struct store *store, struct str project, int32_t day,
                                        struct arena *arena, struct store_report *out);
MUST_CHECK enum status store_report_put(
    struct store *store, struct str project,
    const struct store_report *report); // EXISTS: that revision is there

// --- Looking and closing ---------------------------------------------------------------------------------------------
struct store_stats {
    uint64_t disk_bytes;
    uint64_t memory_bytes; // caches and write buffers
    bool
        writable; // false after a failed write (a full disk); true again with the first write there is room for
};
void store_stats(struct store *store, struct store_stats *out);
void store_close(struct store *store); // NULL is fine

// --- Engines ---------------------------------------------------------------------------------------------------------
struct store_config {
    // 0: keep for ever. Rows older than this go (by their timestamp and the machine's clock), at the latest a tenth of this time
    // later, or a week when that is less: files are written anew without them.
    int64_t timeline_retention_ms;
    size_t cache_bytes;        // block cache; 0: 16 MiB
    size_t write_buffer_bytes; // 0: 16 MiB; twice that is used while one half is being written out
};
// directory: created (0700) when missing; CONFLICT when another process has it open; UNSUPPORTED when a newer Footfall wrote it (err says
// which schema versions). Older schemas are migrated step by step, each step atomic.
MUST_CHECK enum status store_open_rocksdb(const char *directory, const struct store_config *config,
                                          struct store **out, struct error *err);
// A copy of the store as it is now into a directory that is not there yet: hard links where the file system can. UNSUPPORTED: not a store
// of store_open_rocksdb.
MUST_CHECK enum status store_rocksdb_checkpoint(struct store *store, const char *directory,
                                                struct error *err);
MUST_CHECK enum status store_open_memory(struct store **out, struct error *err);

// Apache Cassandra 4.0 or newer; docs/cassandra.md has the tables, the consistency levels, and what to set on a cluster.
// Every text is copied.
struct store_cassandra_config {
    struct str contact_points; // "host,host:port"
    struct str local_dc;       // empty: that of the contact point that answers first
    struct str keyspace;       // empty: "footfall"
    struct str username, password;
    unsigned replication; // of a keyspace that is made; 0: 3, or as many nodes as there are
    bool tls;
    struct str tls_ca, tls_certificate, tls_key; // PEM files
    bool tls_verify;
    bool create_schema; // make and migrate the schema, one process at a time; false: only check it
    int64_t timeline_retention_ms; // 0: keep for ever; counted from an event's own time
    // 0: keep for ever. Rows are written with what is left of this, so that Cassandra forgets them: sessions STORE_SESSION_KEEP_MS later, and not
    // before that time has passed since they were written; letters, by receipt, that are too old already after an hour.
    int64_t session_age_ms, letter_age_ms;
    unsigned connections, threads; // 0: the client's defaults
    size_t in_flight;              // most requests of one call that are under way at once; 0: 64
    struct clock *clock;
    struct random_source *random;
};
// UNAVAILABLE: no node answers, try again; DENIED: credentials; UNSUPPORTED: a newer Footfall made the schema, or the servers are too
// old; NOT_FOUND: there is no schema and create_schema is false; INVALID: a setting. err says what to do.
MUST_CHECK enum status store_open_cassandra(const struct store_cassandra_config *config,
                                            struct store **out, struct error *err);

// What an operator should know about a cluster: versions, schema, replication and what it means, settings that lose data, clocks.
enum store_finding_severity { STORE_FINDING_FINE, STORE_FINDING_WARNING, STORE_FINDING_PROBLEM };
struct store_finding {
    enum store_finding_severity severity;
    struct str subject; // "schema", "replication", ...
    struct str text;    // a sentence, with what to do
};
// Calls visit with one finding after another; they live until it returns. Changes nothing. The statuses of opening.
MUST_CHECK enum status store_cassandra_check(const struct store_cassandra_config *config,
                                             void (*visit)(const struct store_finding *finding,
                                                           void *context),
                                             void *context, struct error *err);

#endif
