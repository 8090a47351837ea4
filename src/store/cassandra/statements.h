// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Every statement that is sent with values: its number, how it is sent, how its values are laid out, and its text.
//
// Values come in the order of the markers. A change, that is a statement of a processing batch, has them so:
//
//   [timestamp] partition key, clustering columns, other columns, [timestamp]
//
// with the timestamp where `stamp` says. '#' in a text stands for the keyspace and a dot. Numbers of changes are stored in journals:
// never change or reuse one, nor the order of its values.
#ifndef FOOTFALL_STORE_CASSANDRA_STATEMENTS_H
#define FOOTFALL_STORE_CASSANDRA_STATEMENTS_H

#define STATEMENT_ACCOUNT_COLUMNS 8
#define STATEMENT_PROFILE_COLUMNS                                                                  \
    "user_id, email, name, traits, version, created, updated, writes, floor, guard"
#define STATEMENT_ACTOR "project, kind, actor"
#define STATEMENT_ACTOR_IS "project = ? AND kind = ? AND actor = ?"
#define STATEMENT_STATE_COLUMNS                                                                    \
    "log_partition, first_seen, last_seen, events, sessions, session_start, session_end, "         \
    "session_events, session_page_views, traits, activity_first_day, activity"
#define STATEMENT_STATE_READ_COLUMNS STATEMENT_STATE_COLUMNS ", funnels"
#define STATEMENT_DAY_COLUMNS                                                                      \
    "day, log_partition, first_seen, last_seen, events, sessions, by_type, names"
#define STATEMENT_TIMELINE_COLUMNS                                                                 \
    "time, uuid_id, event_id, type, name, received, anonymous_id, properties, traits, context, "   \
    "extra"
#define STATEMENT_LETTER_COLUMNS "received, log_partition, log_offset, stage, reason, record"
#define STATEMENT_PLACE_COLUMNS                                                                    \
    "next_offset, stamp, writer, number, chunks, bytes, checksum, journal, applied, "              \
    "before_writer, before_number, closed"
#define STATEMENT_GENERATION_COLUMNS                                                               \
    "number, filled, last, reserved, closing, closings, unswept, note, past"

// Changes. C(symbol, number, table, partition key columns, primary key columns, stamp, text)
//   table: changes of one table replace one another within a batch when their primary keys are equal; NONE: both stand
//   stamp: LAST, FIRST: where the batch's timestamp goes; BEFORE: first, and one less; OWN: it has its own, last, and
//   OWN_FIRST: its own, first: the caller binds it
#define STATEMENT_CHANGES(C)                                                                       \
    C(STATE_PUT, 1, STATES, 3, 5, LAST,                                                            \
      "INSERT INTO #actor_state (" STATEMENT_ACTOR ", epoch, " STATEMENT_STATE_COLUMNS             \
      ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) USING TIMESTAMP ?")               \
    C(DAY_PUT, 2, DAYS, 3, 6, LAST,                                                                \
      "INSERT INTO #actor_days (" STATEMENT_ACTOR ", epoch, " STATEMENT_DAY_COLUMNS                \
      ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) USING TIMESTAMP ?")                           \
    C(SESSION_PUT, 3, SESSIONS, 3, 6, LAST,                                                        \
      "INSERT INTO #sessions_by_actor (" STATEMENT_ACTOR                                           \
      ", epoch, started, log_partition, ended, events, page_views) "                               \
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) USING TIMESTAMP ?")                                      \
    C(SESSION_REMOVE, 4, SESSIONS, 3, 6, FIRST,                                                    \
      "DELETE FROM #sessions_by_actor USING TIMESTAMP ? WHERE " STATEMENT_ACTOR_IS                 \
      " AND epoch = ? AND started = ? AND log_partition = ?")                                      \
    C(TIMELINE_PUT, 5, TIMELINE, 3, 6, OWN,                                                        \
      "INSERT INTO #activity_by_actor (" STATEMENT_ACTOR ", " STATEMENT_TIMELINE_COLUMNS           \
      ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) USING TIMESTAMP ? AND TTL ?")           \
    C(LINK_PUT, 6, NONE, 2, 4, OWN,                                                                \
      "INSERT INTO #identity_links (project, anonymous_id, epoch, user_id, linked) "               \
      "VALUES (?, ?, ?, ?, ?) USING TIMESTAMP ?")                                                  \
    C(LINK_OF_USER_PUT, 7, NONE, 2, 4, OWN,                                                        \
      "INSERT INTO #links_by_user (project, user_id, epoch, anonymous_id) VALUES (?, ?, ?, ?) "    \
      "USING TIMESTAMP ?")                                                                         \
    C(TOTAL_PUT, 8, TOTALS, 2, 6, LAST,                                                            \
      "INSERT INTO #day_totals (project, day, epoch, metric, value, log_partition, amount) "       \
      "VALUES (?, ?, ?, ?, ?, ?, ?) USING TIMESTAMP ?")                                            \
    C(TOTAL_REMOVE, 9, TOTALS, 2, 6, FIRST,                                                        \
      "DELETE FROM #day_totals USING TIMESTAMP ? WHERE project = ? AND day = ? AND epoch = ? "     \
      "AND metric = ? AND value = ? AND log_partition = ?")                                        \
    C(TOTAL_DAY_PUT, 10, TOTAL_DAYS, 1, 3, LAST,                                                   \
      "INSERT INTO #project_days (project, epoch, day) VALUES (?, ?, ?) USING TIMESTAMP ?")        \
    C(SEEN_PUT, 11, SEEN, 2, 3, LAST,                                                              \
      "INSERT INTO #seen_ids (epoch, log_partition, chunk, last, ids, hashes) "                    \
      "VALUES (?, ?, ?, ?, ?, ?) USING TIMESTAMP ?")                                               \
    C(SEEN_FORGET, 12, NONE, 2, 3, BEFORE,                                                         \
      "DELETE FROM #seen_ids USING TIMESTAMP ? WHERE epoch = ? AND log_partition = ? AND chunk < " \
      "?")                                                                                         \
    C(LETTER_PUT, 13, LETTERS, 2, 6, LAST,                                                         \
      "INSERT INTO #dead_letters (project, day, epoch, " STATEMENT_LETTER_COLUMNS                  \
      ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) USING TIMESTAMP ?")                                    \
    C(LETTER_DAY_PUT, 14, LETTER_DAYS, 1, 3, LAST,                                                 \
      "INSERT INTO #dead_letter_days (epoch, day, project) VALUES (?, ?, ?) USING TIMESTAMP ?")    \
    C(STATE_FUNNELS_PUT, 23, STATES, 3, 5, LAST,                                                   \
      "INSERT INTO #actor_state (" STATEMENT_ACTOR ", epoch, " STATEMENT_STATE_READ_COLUMNS        \
      ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) USING TIMESTAMP ?")            \
    C(SESSION_AGED_PUT, 24, SESSIONS, 3, 6, LAST,                                                  \
      "INSERT INTO #sessions_by_actor (" STATEMENT_ACTOR                                           \
      ", epoch, started, log_partition, ended, events, page_views) "                               \
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) USING TTL ? AND TIMESTAMP ?")                            \
    C(LETTER_AGED_PUT, 25, LETTERS, 2, 6, LAST,                                                    \
      "INSERT INTO #dead_letters (project, day, epoch, " STATEMENT_LETTER_COLUMNS                  \
      ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) USING TTL ? AND TIMESTAMP ?")                          \
    C(TIMELINE_REMOVE, 30, TIMELINE, 3, 6, OWN_FIRST,                                              \
      "DELETE FROM #activity_by_actor USING TIMESTAMP ? WHERE " STATEMENT_ACTOR_IS                 \
      " AND time = ? AND uuid_id = ? AND event_id = ?")                                            \
    C(SESSIONS_REMOVE, 31, NONE, 3, 4, FIRST,                                                      \
      "DELETE FROM #sessions_by_actor USING TIMESTAMP ? WHERE " STATEMENT_ACTOR_IS                 \
      " AND epoch = ?")                                                                            \
    C(DAYS_REMOVE, 32, NONE, 3, 4, FIRST,                                                          \
      "DELETE FROM #actor_days USING TIMESTAMP ? WHERE " STATEMENT_ACTOR_IS " AND epoch = ?")      \
    C(STATE_REMOVE, 33, NONE, 3, 4, FIRST,                                                         \
      "DELETE FROM #actor_state USING TIMESTAMP ? WHERE " STATEMENT_ACTOR_IS " AND epoch = ?")     \
    C(LINK_REMOVE, 34, NONE, 2, 4, OWN_FIRST,                                                      \
      "DELETE FROM #identity_links USING TIMESTAMP ? WHERE project = ? AND anonymous_id = ? "      \
      "AND epoch = ? AND user_id = ?")                                                             \
    C(LINK_OF_USER_REMOVE, 35, NONE, 2, 4, OWN_FIRST,                                              \
      "DELETE FROM #links_by_user USING TIMESTAMP ? WHERE project = ? AND user_id = ? "            \
      "AND epoch = ? AND anonymous_id = ?")                                                        \
    C(LINK_AGE_PUT, 36, LINK_AGES, 2, 2, LAST,                                                     \
      "INSERT INTO #link_ages (epoch, log_partition, age) VALUES (?, ?, ?) USING TIMESTAMP ?")     \
    C(LETTER_REMOVE, 37, LETTERS, 2, 6, FIRST,                                                     \
      "DELETE FROM #dead_letters USING TIMESTAMP ? WHERE project = ? AND day = ? AND epoch = ? "   \
      "AND received = ? AND log_partition = ? AND log_offset = ?")                                 \
    C(ERASURE_PART_PUT, 38, ERASURE_PARTS, 1, 2, LAST,                                             \
      "INSERT INTO #erasure_parts (id, part, done, finished, removed) VALUES (?, ?, ?, ?, ?) "     \
      "USING TIMESTAMP ?")                                                                         \
    C(REFUSAL_PUT, 39, REFUSALS, 1, 4, LAST,                                                       \
      "INSERT INTO #refusals (epoch, log_partition, project, person, since) "                      \
      "VALUES (?, ?, ?, ?, ?) USING TIMESTAMP ?")                                                  \
    C(REFUSAL_REMOVE, 40, REFUSALS, 1, 4, FIRST,                                                   \
      "DELETE FROM #refusals USING TIMESTAMP ? WHERE epoch = ? AND log_partition = ? "             \
      "AND project = ? AND person = ?")

// The others. S(symbol, way, text)
//   way: READ, WRITE: at LOCAL_QUORUM, may be sent twice. SERIAL: a read that first finishes what is being decided.
//   DECIDE: conditional; has an id of its own in the row, by which it is told that it was applied, so it may be sent twice too.
//   ONCE: conditional, without such an id.
#define STATEMENT_OTHERS(S)                                                                          \
    S(STATE_GET, READ,                                                                               \
      "SELECT " STATEMENT_STATE_READ_COLUMNS " FROM #actor_state WHERE " STATEMENT_ACTOR_IS          \
      " AND epoch = ?")                                                                              \
    S(DAY_GET, READ,                                                                                 \
      "SELECT " STATEMENT_DAY_COLUMNS " FROM #actor_days WHERE " STATEMENT_ACTOR_IS                  \
      " AND epoch = ? AND day = ?")                                                                  \
    S(DAYS_GET, READ,                                                                                \
      "SELECT " STATEMENT_DAY_COLUMNS " FROM #actor_days WHERE " STATEMENT_ACTOR_IS                  \
      " AND epoch = ? AND day >= ? AND day <= ? ORDER BY epoch DESC, day ASC, log_partition DESC")   \
    S(SESSIONS_GET, READ,                                                                            \
      "SELECT started, log_partition, ended, events, page_views FROM #sessions_by_actor "            \
      "WHERE " STATEMENT_ACTOR_IS " AND epoch = ? AND started >= ? AND started < ? "                 \
      "ORDER BY epoch DESC, started ASC, log_partition DESC")                                        \
    S(PARTS_GET, READ,                                                                               \
      "SELECT events, last_seen FROM #actor_state WHERE " STATEMENT_ACTOR_IS " AND epoch = ?")       \
    S(TIMELINE_GET, READ,                                                                            \
      "SELECT " STATEMENT_TIMELINE_COLUMNS " FROM #activity_by_actor WHERE " STATEMENT_ACTOR_IS      \
      " AND (time, uuid_id, event_id) < (?, ?, ?) AND (time) >= (?) LIMIT ?")                        \
    S(TIMELINE_GET_NAMED, READ,                                                                      \
      "SELECT " STATEMENT_TIMELINE_COLUMNS " FROM #activity_by_actor WHERE " STATEMENT_ACTOR_IS      \
      " AND (time, uuid_id, event_id) < (?, ?, ?) AND (time) >= (?) AND name = ? "                   \
      "LIMIT ? ALLOW FILTERING")                                                                     \
    S(LINKS_GET, READ,                                                                               \
      "SELECT user_id, linked FROM #identity_links WHERE project = ? AND anonymous_id = ? "          \
      "AND epoch = ?")                                                                               \
    S(LINKS_OF_USER_GET, READ,                                                                       \
      "SELECT anonymous_id FROM #links_by_user WHERE project = ? AND user_id = ? AND epoch = ? "     \
      "AND anonymous_id > ? LIMIT ?")                                                                \
    S(TOTAL_DAYS_GET, READ,                                                                          \
      "SELECT day FROM #project_days WHERE project = ? AND epoch = ? AND day >= ? AND day <= ?")     \
    S(TOTALS_GET, READ,                                                                              \
      "SELECT metric, value, log_partition, amount FROM #day_totals WHERE project = ? "              \
      "AND day = ? AND epoch = ? AND metric IN ?")                                                   \
    S(TOTALS_GET_OWN, READ,                                                                          \
      "SELECT metric, value, log_partition, amount FROM #day_totals WHERE project = ? "              \
      "AND day = ? AND epoch = ? AND log_partition = ? ALLOW FILTERING")                             \
    S(SEEN_GET, READ,                                                                                \
      "SELECT chunk, last, hashes FROM #seen_ids WHERE epoch = ? AND log_partition = ?")             \
    S(LETTER_DAYS_GET, READ, "SELECT day, project FROM #dead_letter_days WHERE epoch = ?")           \
    S(LETTERS_GET, READ,                                                                             \
      "SELECT " STATEMENT_LETTER_COLUMNS " FROM #dead_letters WHERE project = ? AND day = ? "        \
      "AND epoch = ? AND received <= ?")                                                             \
    S(LETTER_MARK_GET, READ,                                                                         \
      "SELECT outcome, marked, target, target_end FROM #dead_letter_marks "                          \
      "WHERE epoch = ? AND log_partition = ? AND log_offset = ?")                                    \
    S(LETTER_MARK_PUT, WRITE,                                                                        \
      "INSERT INTO #dead_letter_marks (epoch, log_partition, log_offset, outcome, marked, target, "  \
      "target_end) VALUES (?, ?, ?, ?, ?, ?, ?)")                                                    \
    S(EPOCH_GET, READ, "SELECT epoch FROM #epochs WHERE name = 'current'")                           \
    S(GENERATION_GET, READ, "SELECT number FROM #generations WHERE name = 'current'")                \
    S(GENERATIONS_GET, SERIAL,                                                                       \
      "SELECT " STATEMENT_GENERATION_COLUMNS ", guard FROM #generations WHERE name = 'current'")     \
    S(GENERATIONS_CHANGE, DECIDE,                                                                    \
      "UPDATE #generations SET number = ?, filled = ?, last = ?, reserved = ?, closing = ?, "        \
      "closings = ?, unswept = ?, note = ?, past = ?, guard = ?, changed = ? "                       \
      "WHERE name = 'current' IF guard = ?")                                                         \
    S(SIGN_PUT, WRITE,                                                                               \
      "INSERT INTO #generation_signs (number, process, sign) VALUES (?, ?, ?) USING TTL ?")          \
    S(SIGNS_GET, READ, "SELECT sign FROM #generation_signs WHERE number = ?")                        \
    S(PLACE_GLANCE, READ,                                                                            \
      "SELECT next_offset FROM #partitions WHERE epoch = ? AND log_partition = ?")                   \
    S(PLACE_CLOSE, DECIDE,                                                                           \
      "UPDATE #partitions SET closed = ? WHERE epoch = ? AND log_partition = ? IF closed = ?")       \
    S(SWEEP_STATES, READ, "SELECT DISTINCT " STATEMENT_ACTOR " FROM #actor_state")                   \
    S(SWEEP_DAYS, READ, "SELECT DISTINCT " STATEMENT_ACTOR " FROM #actor_days")                      \
    S(SWEEP_SESSIONS, READ, "SELECT DISTINCT " STATEMENT_ACTOR " FROM #sessions_by_actor")           \
    S(SWEEP_TIMELINE, READ, "SELECT DISTINCT " STATEMENT_ACTOR " FROM #activity_by_actor")           \
    S(SWEEP_LINKS, READ, "SELECT project, anonymous_id, epoch FROM #identity_links")                 \
    S(SWEEP_LINKS_OF_USER, READ, "SELECT project, user_id, epoch FROM #links_by_user")               \
    S(SWEEP_TOTALS, READ, "SELECT project, day, epoch FROM #day_totals")                             \
    S(SWEEP_TOTAL_DAYS, READ, "SELECT project, epoch FROM #project_days")                            \
    S(SWEEP_LETTERS, READ, "SELECT project, day, epoch FROM #dead_letters")                          \
    S(SWEEP_LETTER_DAYS, READ, "SELECT DISTINCT epoch FROM #dead_letter_days")                       \
    S(SWEEP_SEEN, READ, "SELECT DISTINCT epoch, log_partition FROM #seen_ids")                       \
    S(SWEEP_REFUSALS, READ, "SELECT DISTINCT epoch FROM #refusals")                                  \
    S(SWEEP_LINK_AGES, READ, "SELECT DISTINCT epoch, log_partition FROM #link_ages")                 \
    S(SWEEP_JOURNAL, READ, "SELECT DISTINCT epoch, log_partition, writer FROM #journal")             \
    S(SWEPT_STATES, WRITE, "DELETE FROM #actor_state USING TIMESTAMP ? WHERE " STATEMENT_ACTOR_IS)   \
    S(SWEPT_DAYS, WRITE, "DELETE FROM #actor_days USING TIMESTAMP ? WHERE " STATEMENT_ACTOR_IS)      \
    S(SWEPT_SESSIONS, WRITE,                                                                         \
      "DELETE FROM #sessions_by_actor USING TIMESTAMP ? WHERE " STATEMENT_ACTOR_IS)                  \
    S(SWEPT_TIMELINE, WRITE,                                                                         \
      "DELETE FROM #activity_by_actor USING TIMESTAMP ? WHERE " STATEMENT_ACTOR_IS)                  \
    S(SWEPT_LINKS, WRITE,                                                                            \
      "DELETE FROM #identity_links USING TIMESTAMP ? WHERE project = ? AND anonymous_id = ? "        \
      "AND epoch = ?")                                                                               \
    S(SWEPT_LINKS_OF_USER, WRITE,                                                                    \
      "DELETE FROM #links_by_user USING TIMESTAMP ? WHERE project = ? AND user_id = ? "              \
      "AND epoch = ?")                                                                               \
    S(SWEPT_TOTALS, WRITE,                                                                           \
      "DELETE FROM #day_totals USING TIMESTAMP ? WHERE project = ? AND day = ? AND epoch = ?")       \
    S(SWEPT_TOTAL_DAYS, WRITE,                                                                       \
      "DELETE FROM #project_days USING TIMESTAMP ? WHERE project = ? AND epoch = ?")                 \
    S(SWEPT_LETTERS, WRITE,                                                                          \
      "DELETE FROM #dead_letters USING TIMESTAMP ? WHERE project = ? AND day = ? AND epoch = ?")     \
    S(SWEPT_LETTER_DAYS, WRITE, "DELETE FROM #dead_letter_days USING TIMESTAMP ? WHERE epoch = ?")   \
    S(SWEPT_SEEN, WRITE,                                                                             \
      "DELETE FROM #seen_ids USING TIMESTAMP ? WHERE epoch = ? AND log_partition = ?")               \
    S(SWEPT_REFUSALS, WRITE, "DELETE FROM #refusals USING TIMESTAMP ? WHERE epoch = ?")              \
    S(SWEPT_LINK_AGES, WRITE,                                                                        \
      "DELETE FROM #link_ages USING TIMESTAMP ? WHERE epoch = ? AND log_partition = ?")              \
    S(SWEPT_JOURNAL, WRITE,                                                                          \
      "DELETE FROM #journal USING TIMESTAMP ? WHERE epoch = ? AND log_partition = ? "                \
      "AND writer = ?")                                                                              \
    S(EPOCH_CLAIM, ONCE,                                                                             \
      "INSERT INTO #epochs (name, epoch, claimed) VALUES ('current', ?, ?) IF NOT EXISTS")           \
    S(PLACE_GET, SERIAL,                                                                             \
      "SELECT " STATEMENT_PLACE_COLUMNS " FROM #partitions WHERE epoch = ? AND log_partition = ?")   \
    S(PLACE_DECIDE, DECIDE,                                                                          \
      "UPDATE #partitions SET next_offset = ?, stamp = ?, writer = ?, number = ?, chunks = ?, "      \
      "bytes = ?, checksum = ?, journal = ?, before_writer = ?, before_number = ? "                  \
      "WHERE epoch = ? AND log_partition = ? "                                                       \
      "IF writer = ? AND number = ? AND closed = null")                                              \
    S(PLACE_APPLIED, WRITE,                                                                          \
      "UPDATE #partitions USING TIMESTAMP ? SET applied = ? WHERE epoch = ? AND log_partition = "    \
      "?")                                                                                           \
    S(JOURNAL_PUT, WRITE,                                                                            \
      "INSERT INTO #journal (epoch, log_partition, writer, number, chunk, data) "                    \
      "VALUES (?, ?, ?, ?, ?, ?) USING TIMESTAMP ?")                                                 \
    S(JOURNAL_GET, READ,                                                                             \
      "SELECT chunk, data FROM #journal WHERE epoch = ? AND log_partition = ? AND writer = ? "       \
      "AND number = ?")                                                                              \
    S(JOURNAL_REMOVE, WRITE,                                                                         \
      "DELETE FROM #journal USING TIMESTAMP ? WHERE epoch = ? AND log_partition = ? "                \
      "AND writer = ?")                                                                              \
    S(PROFILE_GET, READ,                                                                             \
      "SELECT " STATEMENT_PROFILE_COLUMNS                                                            \
      " FROM #users WHERE project = ? AND bucket = ? AND user_id = ?")                               \
    S(PROFILE_GET_SERIAL, SERIAL,                                                                    \
      "SELECT " STATEMENT_PROFILE_COLUMNS                                                            \
      " FROM #users WHERE project = ? AND bucket = ? AND user_id = ?")                               \
    S(BUCKET_GET, READ,                                                                              \
      "SELECT DISTINCT project, bucket, floor, guard FROM #users WHERE project = ? AND bucket = ?")  \
    S(PROFILE_PUT, DECIDE,                                                                           \
      "UPDATE #users SET email = ?, name = ?, traits = ?, version = ?, created = ?, updated = ?, "   \
      "writes = ? WHERE project = ? AND bucket = ? AND user_id = ? "                                 \
      "IF version = ? AND floor = ? AND guard = ?")                                                  \
    S(PROFILE_DELETE, ONCE,                                                                          \
      "DELETE FROM #users WHERE project = ? AND bucket = ? AND user_id = ? IF version = ?")          \
    S(FLOOR_RAISE, ONCE,                                                                             \
      "UPDATE #users SET floor = ? WHERE project = ? AND bucket = ? IF floor = ?")                   \
    S(GUARD_CHANGE, DECIDE,                                                                          \
      "UPDATE #users SET guard = ? WHERE project = ? AND bucket = ? IF guard = ?")                   \
    S(PROFILE_LIST, READ,                                                                            \
      "SELECT " STATEMENT_PROFILE_COLUMNS                                                            \
      " FROM #users WHERE project = ? AND bucket = ? AND user_id > ? LIMIT ?")                       \
    S(CLAIM_GET, READ,                                                                               \
      "SELECT user_id, claim FROM #users_by_email WHERE project = ? AND email = ?")                  \
    S(CLAIM_GET_SERIAL, SERIAL,                                                                      \
      "SELECT user_id, claim FROM #users_by_email WHERE project = ? AND email = ?")                  \
    S(CLAIM_PUT, DECIDE,                                                                             \
      "UPDATE #users_by_email SET user_id = ?, claim = ? WHERE project = ? AND email = ? "           \
      "IF claim = ?")                                                                                \
    S(CLAIM_REMOVE, DECIDE,                                                                          \
      "DELETE FROM #users_by_email WHERE project = ? AND email = ? IF claim = ?")                    \
    S(PROJECT_PUT, ONCE,                                                                             \
      "INSERT INTO #projects (realm, id, name, time_zone, created) VALUES ('all', ?, ?, ?, ?) "      \
      "IF NOT EXISTS")                                                                               \
    S(PROJECTS_GET, READ,                                                                            \
      "SELECT id, name, time_zone, created FROM #projects WHERE realm = 'all'")                      \
    S(KEY_PUT, ONCE,                                                                                 \
      "INSERT INTO #api_keys (realm, id, project, kind, role, secret, label, created) "              \
      "VALUES ('all', ?, ?, ?, ?, ?, ?, ?) IF NOT EXISTS")                                           \
    S(KEY_DELETE, ONCE, "DELETE FROM #api_keys WHERE realm = 'all' AND id = ? IF EXISTS")            \
    S(KEYS_GET, READ,                                                                                \
      "SELECT id, project, kind, role, secret, label, created FROM #api_keys WHERE realm = 'all'")   \
    S(ACCOUNT_PUT, ONCE,                                                                             \
      "INSERT INTO #accounts (realm, email, password_hash, role, project, created, name, "           \
      "disabled, version) VALUES ('all', ?, ?, ?, ?, ?, ?, ?, ?) IF NOT EXISTS")                     \
    S(ACCOUNT_REPLACE, ONCE,                                                                         \
      "UPDATE #accounts SET password_hash = ?, role = ?, project = ?, name = ?, disabled = ?, "      \
      "version = ? WHERE realm = 'all' AND email = ? IF version = ? AND created != null")            \
    S(ACCOUNT_DELETE, ONCE, "DELETE FROM #accounts WHERE realm = 'all' AND email = ? IF EXISTS")     \
    S(SIGNING_KEY_PUT, ONCE,                                                                         \
      "INSERT INTO #signing_keys (realm, number, kid, algorithm, secret, created, signs_from) "      \
      "VALUES ('all', ?, ?, ?, ?, ?, ?) IF NOT EXISTS")                                              \
    S(SIGNING_KEY_DELETE, ONCE,                                                                      \
      "DELETE FROM #signing_keys WHERE realm = 'all' AND number = ? IF EXISTS")                      \
    S(SIGNING_KEYS_GET, READ,                                                                        \
      "SELECT number, kid, algorithm, secret, created, signs_from FROM #signing_keys "               \
      "WHERE realm = 'all'")                                                                         \
    S(FAMILY_PUT, ONCE,                                                                              \
      "INSERT INTO #refresh_families (id, hash, account, version, role, project, subject, "          \
      "created, expires) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) IF NOT EXISTS USING TTL ?")              \
    S(FAMILY_GET, SERIAL,                                                                            \
      "SELECT hash, account, role, project, subject, version, created, expires "                     \
      "FROM #refresh_families WHERE id = ?")                                                         \
    S(FAMILY_TURN, ONCE,                                                                             \
      "UPDATE #refresh_families USING TTL ? SET hash = ? WHERE id = ? IF hash = ?")                  \
    S(FAMILY_DELETE, ONCE, "DELETE FROM #refresh_families WHERE id = ? IF EXISTS")                   \
    S(REVOCATION_PUT, WRITE,                                                                         \
      "INSERT INTO #revocations (hour, id, until) VALUES (?, ?, ?) USING TTL ?")                     \
    S(REVOCATIONS_GET, READ, "SELECT id, until FROM #revocations WHERE hour = ?")                    \
    S(DELIVERY_PUT, ONCE,                                                                            \
      "INSERT INTO #deliveries (state, attempts, next, changed, error, version, name, due) "         \
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?) IF NOT EXISTS")                                               \
    S(DELIVERY_CHANGE, ONCE,                                                                         \
      "UPDATE #deliveries SET state = ?, attempts = ?, next = ?, changed = ?, error = ?, "           \
      "version = ? WHERE name = ? AND due = ? IF version = ?")                                       \
    S(DELIVERIES_GET, READ,                                                                          \
      "SELECT due, next, changed, version, state, attempts, error FROM #deliveries "                 \
      "WHERE name = ?")                                                                              \
    S(ACCOUNTS_GET, READ,                                                                            \
      "SELECT email, password_hash, role, project, name, created, disabled, version "                \
      "FROM #accounts WHERE realm = 'all'")                                                          \
    S(REPORT_PUT, ONCE,                                                                              \
      "INSERT INTO #reports (project, day, revision, closed, digest, body) "                         \
      "VALUES (?, ?, ?, ?, ?, ?) IF NOT EXISTS")                                                     \
    S(AUDIT_PUT, WRITE,                                                                              \
      "INSERT INTO #audit_log (month, time, id, project, entry) VALUES (?, ?, ?, ?, ?)")             \
    S(AUDIT_GET, READ,                                                                               \
      "SELECT time, id, project, entry FROM #audit_log WHERE month = ? AND (time, id) < (?, ?) "     \
      "AND (time) >= (?) LIMIT ?")                                                                   \
    S(USAGE_PUT, WRITE, "INSERT INTO #usage (day, project, counter, events) VALUES (?, ?, ?, ?)")    \
    S(USAGE_GET, READ, "SELECT project, counter, events FROM #usage WHERE day = ?")                  \
    S(PROFILE_RESTORE, WRITE,                                                                        \
      "UPDATE #users USING TIMESTAMP ? SET email = ?, name = ?, traits = ?, version = ?, "           \
      "created = ?, updated = ? WHERE project = ? AND bucket = ? AND user_id = ?")                   \
    S(CLAIM_RESTORE, WRITE,                                                                          \
      "UPDATE #users_by_email USING TIMESTAMP ? SET user_id = ?, claim = ? "                         \
      "WHERE project = ? AND email = ?")                                                             \
    S(ERASURE_PUT, WRITE,                                                                            \
      "INSERT INTO #erasures (realm, id, project, person, requested, parts, keep_refusing, failed) " \
      "VALUES ('all', ?, ?, ?, ?, ?, ?, ?)")                                                         \
    S(ERASURES_GET, READ,                                                                            \
      "SELECT id, project, person, requested, parts, keep_refusing, failed FROM #erasures "          \
      "WHERE realm = 'all'")                                                                         \
    S(ERASURE_PARTS_GET, READ,                                                                       \
      "SELECT part, done, finished, removed FROM #erasure_parts WHERE id = ?")                       \
    S(REFUSALS_GET, READ,                                                                            \
      "SELECT log_partition, project, person, since FROM #refusals WHERE epoch = ?")                 \
    S(LINK_AGE_GET, READ, "SELECT age FROM #link_ages WHERE epoch = ? AND log_partition = ?")        \
    S(HOLD_PUT, ONCE,                                                                                \
      "INSERT INTO #holds (realm, project, person, name, created) VALUES ('all', ?, ?, ?, ?) "       \
      "IF NOT EXISTS")                                                                               \
    S(HOLD_DELETE, ONCE,                                                                             \
      "DELETE FROM #holds WHERE realm = 'all' AND project = ? AND person = ? IF EXISTS")             \
    S(HOLDS_GET, READ, "SELECT project, person, name, created FROM #holds WHERE realm = 'all'")      \
    S(SECRET_PUT, ONCE, "INSERT INTO #secrets (name, secret) VALUES (?, ?) IF NOT EXISTS")           \
    S(SECRET_GET, SERIAL, "SELECT secret FROM #secrets WHERE name = ?")                              \
    S(REPORT_REVISIONS_GET, READ,                                                                    \
      "SELECT revision, closed, digest, body FROM #reports WHERE project = ? AND day = ?")           \
    S(REPORT_REWRITE, ONCE,                                                                          \
      "UPDATE #reports SET body = ? WHERE project = ? AND day = ? AND revision = ? IF EXISTS")       \
    S(WALK_PROFILES, READ, "SELECT project, " STATEMENT_PROFILE_COLUMNS " FROM #users")              \
    S(WALK_FLOORS, READ, "SELECT DISTINCT project, bucket, floor FROM #users")                       \
    S(WALK_REPORTS, READ, "SELECT project, day, revision, closed, digest, body FROM #reports")       \
    S(WALK_STATES, READ,                                                                             \
      "SELECT epoch, " STATEMENT_ACTOR ", " STATEMENT_STATE_READ_COLUMNS " FROM #actor_state")       \
    S(WALK_DAYS, READ,                                                                               \
      "SELECT epoch, " STATEMENT_ACTOR ", " STATEMENT_DAY_COLUMNS " FROM #actor_days")               \
    S(WALK_SESSIONS, READ,                                                                           \
      "SELECT epoch, " STATEMENT_ACTOR                                                               \
      ", started, ended, events, page_views FROM #sessions_by_actor")                                \
    S(WALK_TIMELINE, READ,                                                                           \
      "SELECT " STATEMENT_ACTOR ", " STATEMENT_TIMELINE_COLUMNS " FROM #activity_by_actor")          \
    S(WALK_LINKS, READ,                                                                              \
      "SELECT epoch, project, anonymous_id, user_id, linked FROM #identity_links")                   \
    S(WALK_TOTALS, READ,                                                                             \
      "SELECT epoch, log_partition, project, day, metric, value, amount FROM #day_totals")           \
    S(WALK_SEEN, READ, "SELECT epoch, log_partition, chunk, last, hashes FROM #seen_ids")            \
    S(WALK_LETTERS, READ,                                                                            \
      "SELECT epoch, project, " STATEMENT_LETTER_COLUMNS " FROM #dead_letters")                      \
    S(WALK_DELIVERIES, READ,                                                                         \
      "SELECT name, due, next, changed, version, state, attempts, error FROM #deliveries")           \
    S(WALK_MARKS, READ,                                                                              \
      "SELECT epoch, log_partition, log_offset, outcome, marked, target, target_end "                \
      "FROM #dead_letter_marks")                                                                     \
    S(WALK_OFFSETS, READ, "SELECT epoch, log_partition, next_offset FROM #partitions")               \
    S(REPORT_GET, READ,                                                                              \
      "SELECT revision, closed, digest, body FROM #reports WHERE project = ? AND day = ? LIMIT 1")

enum statement {
    STATEMENT_NONE = 0,
#define C(symbol, number, table, partition_key, primary_key, stamp, text)                          \
    STATEMENT_##symbol = (number),
    STATEMENT_CHANGES(C)
#undef C
        STATEMENT_LAST_CHANGE,
#define S(symbol, way, text) STATEMENT_##symbol,
    STATEMENT_OTHERS(S)
#undef S
        STATEMENT_COUNT,
};

enum statement_table {
    STATEMENT_TABLE_NONE,
    STATEMENT_TABLE_STATES,
    STATEMENT_TABLE_DAYS,
    STATEMENT_TABLE_SESSIONS,
    STATEMENT_TABLE_TIMELINE,
    STATEMENT_TABLE_TOTALS,
    STATEMENT_TABLE_TOTAL_DAYS,
    STATEMENT_TABLE_SEEN,
    STATEMENT_TABLE_LETTERS,
    STATEMENT_TABLE_LETTER_DAYS,
    STATEMENT_TABLE_LINK_AGES,
    STATEMENT_TABLE_ERASURE_PARTS,
    STATEMENT_TABLE_REFUSALS,
};
enum statement_stamp {
    STATEMENT_STAMP_LAST,
    STATEMENT_STAMP_FIRST,
    STATEMENT_STAMP_BEFORE,
    STATEMENT_STAMP_OWN,
    STATEMENT_STAMP_OWN_FIRST,
};
enum statement_way {
    STATEMENT_WAY_READ,
    STATEMENT_WAY_WRITE,
    STATEMENT_WAY_SERIAL,
    STATEMENT_WAY_DECIDE,
    STATEMENT_WAY_ONCE,
};

struct statement_layout {
    enum statement_table table;
    uint8_t partition_key, primary_key; // columns
    enum statement_stamp stamp;
};
// By number; table NONE and no columns for what is no change.
extern const struct statement_layout statement_layouts[STATEMENT_COUNT];

#endif
