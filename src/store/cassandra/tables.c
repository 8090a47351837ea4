// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The tables, as they are made, and the steps from one version of the schema to the next. '#' stands for the keyspace and a dot.
#include "store/cassandra/tables.h"

// Every statement of a step may be run again: a step that was interrupted is repeated from its beginning.
static const char *const first_version[] = {
    // --- What people wrote
    "CREATE TABLE IF NOT EXISTS #users (project text, bucket int, user_id text, "
    "floor bigint static, guard uuid static, email text, name text, traits text, version bigint, "
    "created timestamp, updated timestamp, writes frozen<map<uuid, bigint>>, "
    "PRIMARY KEY ((project, bucket), user_id)) "
    "WITH comment = 'Profiles, 64 buckets a project by a hash of the id. floor: the highest version "
    "of a deleted profile of the bucket. writes: which version was the last of a writer'",
    "CREATE TABLE IF NOT EXISTS #users_by_email (project text, email text, user_id text, "
    "claim uuid, PRIMARY KEY ((project, email))) "
    "WITH comment = 'Who claims an email; it counts when the profile has it'",
    "CREATE TABLE IF NOT EXISTS #projects (realm text, id text, name text, time_zone text, "
    "created timestamp, PRIMARY KEY ((realm), id))",
    "CREATE TABLE IF NOT EXISTS #api_keys (realm text, id text, project text, kind text, "
    "role text, secret text, label text, created timestamp, PRIMARY KEY ((realm), id)) "
    "WITH comment = 'secret: a write key itself, which is public; of an API key its hash'",
    "CREATE TABLE IF NOT EXISTS #accounts (realm text, email text, password_hash text, role text, "
    "project text, created timestamp, PRIMARY KEY ((realm), email))",
    "CREATE TABLE IF NOT EXISTS #reports (project text, day date, revision int, closed timestamp, "
    "digest bigint, body text, PRIMARY KEY ((project, day), revision)) "
    "WITH CLUSTERING ORDER BY (revision DESC) AND comment = 'Closed daily reports'",

    // --- What was derived of actors: one partition key, so that an actor's rows are written together
    "CREATE TABLE IF NOT EXISTS #actor_state (project text, kind text, actor text, epoch bigint, "
    "log_partition int, first_seen timestamp, last_seen timestamp, events bigint, sessions bigint, "
    "session_start timestamp, session_end timestamp, session_events int, session_page_views int, "
    "traits text, activity_first_day date, activity blob, "
    "PRIMARY KEY ((project, kind, actor), epoch, log_partition)) "
    "WITH comment = 'activity: a bit a day from activity_first_day on, least significant first'",
    "CREATE TABLE IF NOT EXISTS #actor_days (project text, kind text, actor text, epoch bigint, "
    "day date, log_partition int, first_seen timestamp, last_seen timestamp, events int, "
    "sessions int, by_type frozen<map<text, int>>, names frozen<map<text, int>>, "
    "PRIMARY KEY ((project, kind, actor), epoch, day, log_partition)) "
    "WITH CLUSTERING ORDER BY (epoch ASC, day DESC, log_partition ASC)",
    "CREATE TABLE IF NOT EXISTS #sessions_by_actor (project text, kind text, actor text, "
    "epoch bigint, started timestamp, log_partition int, ended timestamp, events int, "
    "page_views int, PRIMARY KEY ((project, kind, actor), epoch, started, log_partition)) "
    "WITH CLUSTERING ORDER BY (epoch ASC, started DESC, log_partition ASC) "
    "AND comment = 'Sessions that are over; the one in progress is in actor_state'",
    "CREATE TABLE IF NOT EXISTS #activity_by_actor (project text, kind text, actor text, "
    "time timestamp, uuid_id boolean, event_id text, type text, name text, "
    "received timestamp, anonymous_id text, properties text, traits text, context text, extra text, "
    "PRIMARY KEY ((project, kind, actor), time, uuid_id, event_id)) "
    "WITH CLUSTERING ORDER BY (time DESC, uuid_id DESC, event_id DESC) "
    "AND compaction = {'class': 'TimeWindowCompactionStrategy', 'compaction_window_unit': 'DAYS', "
    "'compaction_window_size': '7'} AND comment = 'The timeline, a row an event. kind: user or anonymous; "
    "user+1 and so on after each 50 000 events of an actor'",

    // --- Links, totals
    "CREATE TABLE IF NOT EXISTS #identity_links (project text, anonymous_id text, epoch bigint, "
    "user_id text, linked timestamp, PRIMARY KEY ((project, anonymous_id), epoch, user_id)) "
    "WITH comment = 'The earliest link of each pair; the earliest of an anonymous id owns it'",
    "CREATE TABLE IF NOT EXISTS #links_by_user (project text, user_id text, epoch bigint, "
    "anonymous_id text, PRIMARY KEY ((project, user_id), epoch, anonymous_id))",
    "CREATE TABLE IF NOT EXISTS #day_totals (project text, day date, epoch bigint, metric text, "
    "value text, log_partition int, amount bigint, "
    "PRIMARY KEY ((project, day), epoch, metric, value, log_partition)) "
    "WITH comment = 'Absolute; to be summed over log_partition'",
    "CREATE TABLE IF NOT EXISTS #project_days (project text, epoch bigint, day date, "
    "PRIMARY KEY ((project), epoch, day)) WITH comment = 'Days for which there are day_totals'",

    // --- Processing
    "CREATE TABLE IF NOT EXISTS #epochs (name text PRIMARY KEY, epoch bigint, claimed timestamp) "
    "WITH comment = 'current: the life of the event log that derived rows come from'",
    "CREATE TABLE IF NOT EXISTS #partitions (epoch bigint, log_partition int, next_offset bigint, "
    "stamp bigint, writer uuid, number bigint, chunks int, bytes int, checksum int, journal blob, "
    "applied bigint, before_writer uuid, before_number bigint, "
    "PRIMARY KEY ((epoch, log_partition))) "
    "WITH comment = 'Everything below next_offset is in the other tables. writer, number: which "
    "batch was the last; stamp: the timestamp of its rows'",
    "CREATE TABLE IF NOT EXISTS #journal (epoch bigint, log_partition int, writer uuid, "
    "number bigint, chunk int, data blob, "
    "PRIMARY KEY ((epoch, log_partition, writer), number, chunk)) WITH gc_grace_seconds = 3600 "
    "AND default_time_to_live = 7776000 "
    "AND comment = 'What the last batch of a partition writes, until the next one'",
    "CREATE TABLE IF NOT EXISTS #seen_ids (epoch bigint, log_partition int, chunk bigint, "
    "last timestamp, ids int, hashes blob, PRIMARY KEY ((epoch, log_partition), chunk)) "
    "WITH comment = 'The dedupe window: hashes of event ids, 8 bytes each, a chunk a batch'",
    "CREATE TABLE IF NOT EXISTS #dead_letters (project text, day date, epoch bigint, "
    "received timestamp, log_partition int, log_offset bigint, stage text, reason text, "
    "record blob, PRIMARY KEY ((project, day), epoch, received, log_partition, log_offset)) "
    "WITH CLUSTERING ORDER BY (epoch ASC, received DESC, log_partition ASC, log_offset DESC)",
    "CREATE TABLE IF NOT EXISTS #dead_letter_days (epoch bigint, day date, project text, "
    "PRIMARY KEY ((epoch), day, project)) WITH CLUSTERING ORDER BY (day DESC, project ASC)",
    NULL,
};

static const char *const second_version[] = {
    "CREATE TABLE IF NOT EXISTS #audit_log (month int, time timestamp, id text, project text, "
    "entry text, PRIMARY KEY ((month), time, id)) WITH CLUSTERING ORDER BY (time DESC, id DESC) "
    "AND comment = 'Who administered what. month: since the year 0. Rows are never changed'",
    "CREATE TABLE IF NOT EXISTS #usage (day date, project text, counter text, events bigint, "
    "PRIMARY KEY ((day), project, counter)) WITH default_time_to_live = 34560000 "
    "AND comment = 'Events that were let in, a row for each process that counted; 400 days'",
    NULL,
};

// Accounts get a version; what tokens of people stand on.
static const char *const third_version[] = {
    "ALTER TABLE #accounts ADD (name text, disabled boolean, version bigint)",
    "CREATE TABLE IF NOT EXISTS #signing_keys (realm text, number bigint, kid text, "
    "algorithm text, secret blob, created timestamp, signs_from timestamp, "
    "PRIMARY KEY ((realm), number)) WITH comment = 'Private keys; sealed when tokens.seal is set'",
    "CREATE TABLE IF NOT EXISTS #refresh_families (id text PRIMARY KEY, hash text, account text, "
    "version bigint, role text, project text, subject text, created timestamp, expires timestamp) "
    "WITH comment = 'A row a login. hash: of the newest refresh token'",
    "CREATE TABLE IF NOT EXISTS #revocations (hour bigint, id text, until timestamp, "
    "PRIMARY KEY ((hour), id)) WITH gc_grace_seconds = 3600 "
    "AND comment = 'By the hour in which the revoked token would have ended'",
    NULL,
};

// Erasing a person.
static const char *const fourth_version[] = {
    "CREATE TABLE IF NOT EXISTS #erasures (realm text, id text, project text, person text, "
    "requested timestamp, parts int, keep_refusing boolean, failed boolean, "
    "PRIMARY KEY ((realm), id)) WITH comment = 'Receipts. person: a keyed hash of who it was'",
    "CREATE TABLE IF NOT EXISTS #erasure_parts (id text, part int, done boolean, "
    "finished timestamp, removed frozen<map<text, bigint>>, PRIMARY KEY ((id), part)) "
    "WITH comment = 'What each record of an erasure removed'",
    "CREATE TABLE IF NOT EXISTS #refusals (epoch bigint, log_partition int, project text, "
    "person text, since timestamp, PRIMARY KEY ((epoch), log_partition, project, person)) "
    "WITH comment = 'Erased persons whose events are dropped'",
    "CREATE TABLE IF NOT EXISTS #holds (realm text, project text, person text, name text, "
    "created timestamp, PRIMARY KEY ((realm), project, person)) "
    "WITH comment = 'Who must not be erased'",
    "CREATE TABLE IF NOT EXISTS #secrets (name text PRIMARY KEY, secret blob)",
    "CREATE TABLE IF NOT EXISTS #link_ages (epoch bigint, log_partition int, age bigint, "
    "PRIMARY KEY ((epoch, log_partition))) "
    "WITH comment = 'How often links of users of the partition were erased'",
    NULL,
};

// Reports that are delivered.
static const char *const fifth_version[] = {
    "CREATE TABLE IF NOT EXISTS #deliveries (name text, due timestamp, state int, attempts int, "
    "next timestamp, changed timestamp, error text, version bigint, PRIMARY KEY ((name), due)) "
    "WITH CLUSTERING ORDER BY (due DESC) AND default_time_to_live = 8640000 "
    "AND comment = 'State: 1 waiting, 2 under way until next, 3 delivered, 4 given up; 100 days'",
    NULL,
};

// What people did about dead letters.
static const char *const sixth_version[] = {
    "CREATE TABLE IF NOT EXISTS #dead_letter_marks (epoch bigint, log_partition int, "
    "log_offset bigint, outcome int, marked timestamp, target int, target_end bigint, "
    "PRIMARY KEY ((epoch, log_partition), log_offset)) "
    "WITH comment = 'outcome 1: being taken again, 2: taken, 3: discarded'",
    NULL,
};

// Progress in funnels, text as of processor/funnel_progress.h.
static const char *const seventh_version[] = {
    "ALTER TABLE #actor_state ADD funnels text",
    NULL,
};

// Generations of derived data.
static const char *const eighth_version[] = {
    "CREATE TABLE IF NOT EXISTS #generations (name text PRIMARY KEY, number bigint, filled bigint, "
    "last bigint, reserved boolean, closing bigint, closings bigint, unswept boolean, note text, "
    "past text, guard uuid, changed timestamp) "
    "WITH comment = 'number: the generation of derived rows that is read, filled: the one a replay "
    "makes. Their rows have the epoch of the log plus the number for an epoch'",
    "CREATE TABLE IF NOT EXISTS #generation_signs (number bigint, process text, sign text, "
    "PRIMARY KEY ((number), process)) WITH gc_grace_seconds = 3600 "
    "AND comment = 'What each process that fills a generation says of itself; rows of the living'",
    "ALTER TABLE #partitions ADD closed bigint",
    NULL,
};

// Step i leads to version i + 1.
static const char *const *const steps[] = {first_version,   second_version, third_version,
                                           fourth_version,  fifth_version,  sixth_version,
                                           seventh_version, eighth_version};
_Static_assert(sizeof steps / sizeof steps[0] == CASSANDRA_SCHEMA_VERSION, "a step a version");

const char *const *tables_step(int32_t from_version) {
    return steps[from_version];
}

// The only ones that are made without the lock, since they are the lock. Two nodes that make a table of one name at the same time make two
// tables, unless its id is given.
const char tables_lock[] =
    "CREATE TABLE IF NOT EXISTS #schema_lock (name text PRIMARY KEY, owner uuid) WITH ID = ";
const char tables_version[] =
    "CREATE TABLE IF NOT EXISTS #schema_version (name text PRIMARY KEY, version int, "
    "changed timestamp)";

void tables_expand(struct buffer *out, const char *text, const char *keyspace) {
    for (const char *at = text; *at != '\0'; at++) {
        if (*at == '#') {
            buffer_append_str(out, str_from_c(keyspace));
            buffer_append_char(out, '.');
        } else {
            buffer_append_char(out, *at);
        }
    }
}
