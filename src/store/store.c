// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Checks what callers pass and hands it to the engine.
#include "store/engine.h"

#define ID_MAX 512
#define TOTAL_VALUE_MAX 1024
#define PARTITION_MAX UINT16_MAX

// What goes into keys must be short and free of NUL, or two rows might become one.
static bool is_text(struct str text, size_t min) {
    return text.len >= min && text.len <= ID_MAX &&
           (text.len == 0 || (text.data != NULL && memchr(text.data, 0, text.len) == NULL));
}

static bool is_id(struct str text) {
    return is_text(text, 1);
}

static bool is_actor(struct store_actor actor) {
    return (actor.kind == STORE_ACTOR_USER || actor.kind == STORE_ACTOR_ANONYMOUS) &&
           is_id(actor.id);
}

enum status store_profile_put(struct store *store, struct str project,
                              struct store_profile *profile, enum store_expect expect,
                              uint64_t version, bool *created) {
    bool was_created = false;
    if (!is_id(project) || !is_id(profile->id) ||
        (profile->email.data != NULL && !is_id(profile->email))) {
        return STATUS_INVALID;
    }
    return store->engine->profile_put(store, project, profile, expect, version,
                                      created == NULL ? &was_created : created);
}

enum status store_profile_get(struct store *store, struct str project, struct str id,
                              struct arena *arena, struct store_profile *out) {
    if (!is_id(project) || !is_id(id)) {
        return STATUS_INVALID;
    }
    return store->engine->profile_get(store, project, id, arena, out);
}

enum status store_profile_find_email(struct store *store, struct str project, struct str email,
                                     struct arena *arena, struct str *id) {
    if (!is_id(project) || !is_id(email)) {
        return STATUS_INVALID;
    }
    return store->engine->profile_find_email(store, project, email, arena, id);
}

enum status store_profile_delete(struct store *store, struct str project, struct str id,
                                 enum store_expect expect, uint64_t version) {
    if (!is_id(project) || !is_id(id) || expect == STORE_EXPECT_ABSENT) {
        return STATUS_INVALID;
    }
    return store->engine->profile_delete(store, project, id, expect, version);
}

enum status store_profile_list(struct store *store, struct str project, struct str after,
                               unsigned limit, struct arena *arena, struct store_profile **out,
                               size_t *count, bool *more) {
    if (!is_id(project) || !is_text(after, 0)) {
        return STATUS_INVALID;
    }
    return store->engine->profile_list(store, project, after, limit, arena, out, count, more);
}

enum status store_timeline_read(struct store *store, struct str project,
                                const struct store_timeline_query *query, struct arena *arena,
                                struct store_timeline_row **out, size_t *count, bool *more) {
    bool valid = is_id(project) && (!query->resume || is_text(query->after_id, 0));
    for (size_t i = 0; i < query->actor_count; i++) {
        valid = valid && is_actor(query->actors[i]);
    }
    if (!valid) {
        return STATUS_INVALID;
    }
    *out = NULL;
    *count = 0;
    *more = false;
    if (query->from_ms >= query->to_ms) {
        return STATUS_OK;
    }
    return store->engine->timeline_read(store, project, query, arena, out, count, more);
}

enum status store_actor_get(struct store *store, struct str project, struct store_actor actor,
                            struct arena *arena, struct store_actor_state *out) {
    if (!is_id(project) || !is_actor(actor)) {
        return STATUS_INVALID;
    }
    return store->engine->actor_get(store, project, actor, arena, out);
}

enum status store_actor_days(struct store *store, struct str project, struct store_actor actor,
                             int32_t from, int32_t to, struct arena *arena,
                             struct store_actor_day **out, size_t *count) {
    if (!is_id(project) || !is_actor(actor)) {
        return STATUS_INVALID;
    }
    *out = NULL;
    *count = 0;
    if (from > to) {
        return STATUS_OK;
    }
    return store->engine->actor_days(store, project, actor, from, to, arena, out, count);
}

enum status store_actor_sessions(struct store *store, struct str project, struct store_actor actor,
                                 int64_t from_ms, int64_t to_ms, struct arena *arena,
                                 struct store_session **out, size_t *count) {
    if (!is_id(project) || !is_actor(actor)) {
        return STATUS_INVALID;
    }
    *out = NULL;
    *count = 0;
    if (from_ms >= to_ms) {
        return STATUS_OK;
    }
    return store->engine->actor_sessions(store, project, actor, from_ms, to_ms, arena, out, count);
}

enum status store_sessions_age(struct store *store, int64_t before_ms, size_t limit,
                               struct buffer *position, uint64_t *removed) {
    *removed = 0;
    if (!store->engine->sessions_age || limit == 0 ||
        before_ms < INT64_MIN + STORE_SESSION_KEEP_MS) {
        buffer_clear(position);
        return STATUS_OK;
    }
    return store->engine->sessions_age(store, before_ms, limit, position, removed);
}

enum status store_actors_load(struct store *store, struct store_actor_request *requests,
                              size_t count, struct arena *arena) {
    for (size_t i = 0; i < count; i++) {
        if (!is_id(requests[i].project) || !is_actor(requests[i].actor)) {
            return STATUS_INVALID;
        }
    }
    return store->engine->actors_load(store, requests, count, arena);
}

enum status store_link_owner(struct store *store, struct str project, struct str anonymous_id,
                             struct arena *arena, struct str *user_id) {
    if (!is_id(project) || !is_id(anonymous_id)) {
        return STATUS_INVALID;
    }
    return store->engine->link_owner(store, project, anonymous_id, arena, user_id);
}

enum status store_links_of(struct store *store, struct str project, struct str user_id,
                           struct arena *arena, struct str **anonymous_ids, size_t *count) {
    if (!is_id(project) || !is_id(user_id)) {
        return STATUS_INVALID;
    }
    return store->engine->links_of(store, project, user_id, arena, anonymous_ids, count);
}

enum status store_user_get(struct store *store, struct str project, struct str id,
                           enum store_reach reach, struct arena *arena, struct store_user *out) {
    if (!is_id(project) || !is_id(id)) {
        return STATUS_INVALID;
    }
    return store->engine->user_get(store, project, id, reach, arena, out);
}

enum status store_user_ask(struct store *store, struct store_user_question *question) {
    if (!is_id(question->project) || !is_id(question->id)) {
        return STATUS_INVALID;
    }
    return store->engine->user_ask == NULL ? STATUS_UNSUPPORTED
                                           : store->engine->user_ask(store, question);
}

// What one partition counted another may have taken back, once the number of partitions was changed.
static void leave_out_nothings(struct store_total *totals, size_t *count) {
    size_t kept = 0;
    for (size_t i = 0; count && i < *count; i++) {
        if (totals[i].amount != 0) {
            totals[kept++] = totals[i];
        }
    }
    if (count) {
        *count = kept;
    }
}

enum status store_totals_read(struct store *store, struct str project, int32_t from, int32_t to,
                              uint64_t metrics, struct arena *arena, struct store_total **out,
                              size_t *count) {
    if (!is_id(project)) {
        return STATUS_INVALID;
    }
    *out = NULL;
    *count = 0;
    if (from > to || metrics == 0) {
        return STATUS_OK;
    }
    enum status status =
        store->engine->totals_read(store, project, from, to, metrics, arena, out, count);
    leave_out_nothings(*out, status == STATUS_OK ? count : NULL);
    return status;
}

enum status store_totals_load(struct store *store, unsigned partition, struct str project,
                              int32_t day, struct arena *arena, struct store_total **out,
                              size_t *count) {
    if (!is_id(project) || partition > PARTITION_MAX) {
        return STATUS_INVALID;
    }
    return store->engine->totals_load(store, partition, project, day, arena, out, count);
}

enum status store_partition_offset(struct store *store, int64_t epoch, unsigned partition,
                                   int64_t *next_offset) {
    if (partition > PARTITION_MAX) {
        return STATUS_INVALID;
    }
    return store->engine->partition_offset(store, epoch, partition, next_offset);
}

void store_partition_release(struct store *store, unsigned partition) {
    if (partition <= PARTITION_MAX) {
        store->engine->partition_release(store, partition);
    }
}

enum status store_seen_load(struct store *store, unsigned partition,
                            bool (*visit)(int64_t chunk, int64_t last_ms, const uint64_t *hashes,
                                          size_t count, void *context),
                            void *context) {
    if (partition > PARTITION_MAX) {
        return STATUS_INVALID;
    }
    return store->engine->seen_load(store, partition, visit, context);
}

enum status store_batch_begin(struct store *store, int64_t epoch, unsigned partition,
                              struct store_batch **out) {
    if (partition > PARTITION_MAX) {
        return STATUS_INVALID;
    }
    return store->engine->batch_begin(store, epoch, partition, out);
}

// The first failure sticks: nothing is added any more.
#define ADD(batch, valid, call)                                                                    \
    do {                                                                                           \
        if ((batch)->failed == STATUS_OK) {                                                        \
            (batch)->failed = (valid) ? (batch)->store->engine->call : STATUS_INVALID;             \
        }                                                                                          \
    } while (0)

void store_batch_timeline(struct store_batch *batch, struct str project, struct store_actor actor,
                          const struct store_timeline_row *row) {
    ADD(batch, is_id(project) && is_actor(actor) && is_id(row->event_id),
        batch_timeline(batch, project, actor, row));
}

void store_batch_actor(struct store_batch *batch, struct str project, struct store_actor actor,
                       const struct store_actor_state *state) {
    ADD(batch, is_id(project) && is_actor(actor), batch_actor(batch, project, actor, state));
}

void store_batch_actor_day(struct store_batch *batch, struct str project, struct store_actor actor,
                           const struct store_actor_day *day) {
    ADD(batch, is_id(project) && is_actor(actor), batch_actor_day(batch, project, actor, day));
}

void store_batch_session(struct store_batch *batch, struct str project, struct store_actor actor,
                         const struct store_session *session) {
    ADD(batch, is_id(project) && is_actor(actor), batch_session(batch, project, actor, session));
}

void store_batch_session_remove(struct store_batch *batch, struct str project,
                                struct store_actor actor, int64_t start_ms) {
    ADD(batch, is_id(project) && is_actor(actor),
        batch_session_remove(batch, project, actor, start_ms));
}

void store_batch_link(struct store_batch *batch, struct str project, struct str anonymous_id,
                      struct str user_id, int64_t linked_ms) {
    ADD(batch, is_id(project) && is_id(anonymous_id) && is_id(user_id),
        batch_link(batch, project, anonymous_id, user_id, linked_ms));
}

void store_batch_total(struct store_batch *batch, struct str project,
                       const struct store_total *total) {
    ADD(batch,
        is_id(project) && total->metric >= 1 && total->metric < STORE_METRIC_END &&
            total->value.len <= TOTAL_VALUE_MAX,
        batch_total(batch, project, total));
}

void store_batch_seen(struct store_batch *batch, int64_t chunk, int64_t last_ms,
                      const uint64_t *hashes, size_t count) {
    ADD(batch, true, batch_seen(batch, chunk, last_ms, hashes, count));
}

void store_batch_seen_forget(struct store_batch *batch, int64_t below_chunk) {
    ADD(batch, true, batch_seen_forget(batch, below_chunk));
}

void store_batch_dead_letter(struct store_batch *batch, struct str project,
                             const struct store_dead_letter *letter) {
    ADD(batch, is_id(project) && letter->partition <= PARTITION_MAX,
        batch_dead_letter(batch, project, letter));
}

size_t store_batch_bytes(const struct store_batch *batch) {
    return batch->store->engine->batch_bytes(batch);
}

enum status store_batch_commit(struct store_batch *batch, int64_t next_offset) {
    enum status failed = batch->failed;
    if (failed != STATUS_OK) {
        store_batch_discard(batch);
        return failed;
    }
    return batch->store->engine->batch_commit(batch, next_offset);
}

void store_batch_discard(struct store_batch *batch) {
    if (batch != NULL) {
        batch->store->engine->batch_discard(batch);
    }
}

enum status store_flush(struct store *store) {
    return store->engine->flush(store);
}

enum status store_project_put(struct store *store, const struct store_project *project) {
    return is_id(project->id) ? store->engine->project_put(store, project) : STATUS_INVALID;
}

enum status store_projects(struct store *store, struct arena *arena, struct store_project **out,
                           size_t *count) {
    return store->engine->projects(store, arena, out, count);
}

enum status store_key_put(struct store *store, const struct store_key *key) {
    return is_id(key->id) ? store->engine->key_put(store, key) : STATUS_INVALID;
}

enum status store_key_delete(struct store *store, struct str id) {
    return is_id(id) ? store->engine->key_delete(store, id) : STATUS_INVALID;
}

enum status store_keys(struct store *store, struct arena *arena, struct store_key **out,
                       size_t *count) {
    return store->engine->keys(store, arena, out, count);
}

enum status store_account_put(struct store *store, const struct store_account *account) {
    return is_id(account->email) ? store->engine->account_put(store, account) : STATUS_INVALID;
}

enum status store_account_replace(struct store *store, const struct store_account *account,
                                  int64_t version) {
    return is_id(account->email) ? store->engine->account_replace(store, account, version)
                                 : STATUS_INVALID;
}

enum status store_account_delete(struct store *store, struct str email) {
    return is_id(email) ? store->engine->account_delete(store, email) : STATUS_INVALID;
}

enum status store_accounts(struct store *store, struct arena *arena, struct store_account **out,
                           size_t *count) {
    return store->engine->accounts(store, arena, out, count);
}

enum status store_report_get(struct store *store, struct str project, int32_t day,
                             struct arena *arena, struct store_report *out) {
    return is_id(project) ? store->engine->report_get(store, project, day, arena, out)
                          : STATUS_INVALID;
}

enum status store_report_put(struct store *store, struct str project,
                             const struct store_report *report) {
    return is_id(project) ? store->engine->report_put(store, project, report) : STATUS_INVALID;
}

// --- Ledger ----------------------------------------------------------------------------------------------------------

#define AUDIT_TIME_MIN INT64_C(1577836800000) // 2020
#define AUDIT_TIME_MAX INT64_C(4102444800000) // 2100

static bool is_uuid(struct str id) {
    bool valid = id.len == 36;
    for (size_t i = 0; i < id.len && valid; i++) {
        char c = id.data[i];
        valid = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || c == '-';
    }
    return valid;
}

enum status store_audit_append(struct store *store, const struct store_audit *audit) {
    bool valid = is_uuid(audit->id) && is_text(audit->project, 0) && audit->entry.len > 0 &&
                 audit->time_ms >= AUDIT_TIME_MIN && audit->time_ms < AUDIT_TIME_MAX;
    return valid ? store->engine->audit_append(store, audit) : STATUS_INVALID;
}

enum status store_audit_read(struct store *store, const struct store_audit_query *query,
                             struct arena *arena, struct store_audit **out, size_t *count,
                             bool *more) {
    struct store_audit_query asked = *query;
    *out = NULL;
    *count = 0;
    *more = false;
    if (query->limit == 0 || (query->resume && !is_uuid(query->after_id))) {
        return STATUS_INVALID;
    }
    // An engine may look month by month.
    asked.from_ms = asked.from_ms < AUDIT_TIME_MIN ? AUDIT_TIME_MIN : asked.from_ms;
    asked.to_ms = asked.to_ms > AUDIT_TIME_MAX ? AUDIT_TIME_MAX : asked.to_ms;
    if (asked.from_ms >= asked.to_ms || (asked.resume && asked.after_ms < asked.from_ms)) {
        return STATUS_OK;
    }
    return store->engine->audit_read(store, &asked, arena, out, count, more);
}

enum status store_usage_put(struct store *store, const struct store_usage *usage) {
    bool valid = is_id(usage->project) && is_id(usage->counter) && usage->events >= 0;
    return valid ? store->engine->usage_put(store, usage) : STATUS_INVALID;
}

enum status store_usage_read(struct store *store, int32_t day, struct arena *arena,
                             struct store_usage **out, size_t *count) {
    *out = NULL;
    *count = 0;
    return store->engine->usage_read(store, day, arena, out, count);
}

enum status store_walk(struct store *store, enum store_row_kind kind, struct str after,
                       size_t bytes, struct arena *arena, struct store_page *out) {
    *out = (struct store_page){.rows = NULL};
    if (kind < STORE_ROW_PROJECT || kind >= STORE_ROW_END) {
        return STATUS_INVALID;
    }
    return store->engine->walk == NULL ? STATUS_UNSUPPORTED
                                       : store->engine->walk(store, kind, after, bytes, arena, out);
}

const char *store_row_kind_name(enum store_row_kind kind) {
    switch (kind) {
#define X(symbol, number, name)                                                                    \
    case STORE_ROW_##symbol: return name;
        STORE_ROW_LIST(X)
#undef X
    case STORE_ROW_END: break;
    }
    return "unknown rows";
}

enum status store_profiles_restore(struct store *store, struct str project,
                                   const struct store_profile *profiles, size_t count) {
    bool valid = is_id(project);
    for (size_t i = 0; i < count; i++) {
        // A version is counted on from, and kept as a number with a sign.
        valid = valid && is_id(profiles[i].id) && profiles[i].version >= 1 &&
                profiles[i].version < INT64_MAX &&
                (profiles[i].email.data == NULL || is_id(profiles[i].email));
    }
    if (!valid) {
        return STATUS_INVALID;
    }
    return store->engine->profiles_restore == NULL
               ? STATUS_UNSUPPORTED
               : store->engine->profiles_restore(store, project, profiles, count);
}

enum status store_version_floor_raise(struct store *store, struct str project, uint64_t version) {
    if (!is_id(project) || version >= INT64_MAX) {
        return STATUS_INVALID;
    }
    return store->engine->version_floor_raise == NULL
               ? STATUS_UNSUPPORTED
               : store->engine->version_floor_raise(store, project, version);
}

void store_stats(struct store *store, struct store_stats *out) {
    store->engine->stats(store, out);
}

void store_close(struct store *store) {
    if (store != NULL) {
        store->engine->close(store);
    }
}
