// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Opens and closes the store, and names the engine's parts.
#include "store/cassandra/cassandra.h"

#include <stdlib.h>

#include "base/check.h"
#include "store/cassandra/engine_table.h"
#include "store/cassandra/tables.h"

#define IN_FLIGHT 64 // of each thread that waits; more made Cassandra slower, not faster
#define OLDEST_MAJOR 4
#define STATEMENT_BYTES_MAX 2048

static const char *const texts[STATEMENT_COUNT] = {
#define C(symbol, number, table, partition_key, primary_key, stamp, text)                          \
    [STATEMENT_##symbol] = (text),
    STATEMENT_CHANGES(C)
#undef C
#define S(symbol, way, text) [STATEMENT_##symbol] = (text),
        STATEMENT_OTHERS(S)
#undef S
};

static void cassandra_stats(struct store *base, struct store_stats *out) {
    struct cassandra_store *store = cassandra_of(base);
    *out = (struct store_stats){.memory_bytes = sizeof *store,
                                .writable = !atomic_load(&store->failed)};
    pthread_mutex_lock(&store->mutex);
    for (size_t i = 0; i < CASSANDRA_PLACE_BLOCKS; i++) {
        out->memory_bytes +=
            store->places[i] != NULL ? CASSANDRA_PLACE_BLOCKS * sizeof *store->places[i] : 0;
    }
    pthread_mutex_unlock(&store->mutex);
}

static void cassandra_close(struct store *base) {
    struct cassandra_store *store = cassandra_of(base);
    if (store->main == NULL) {
        cassandra_era_stop(store);
        cql_session_close(store->session);
    }
    cassandra_sweep_free(store);
    queue_waker_destroy(&store->waker);
    cassandra_places_free(store);
    cassandra_writers_free(store);
    pthread_mutex_destroy(&store->mutex);
    free(store);
}

static const struct store_engine engine = {
    .name = "cassandra",
    .profile_put = cassandra_profile_put,
    .profile_get = cassandra_profile_get,
    .profile_find_email = cassandra_profile_find_email,
    .profile_delete = cassandra_profile_delete,
    .profile_list = cassandra_profile_list,
    .timeline_read = cassandra_timeline_read,
    .actor_get = cassandra_actor_get,
    .actor_days = cassandra_actor_days,
    .actor_sessions = cassandra_actor_sessions,
    .actors_load = cassandra_actors_load,
    .link_owner = cassandra_link_owner,
    .links_of = cassandra_links_of,
    .user_get = cassandra_user_get,
    .user_ask = cassandra_user_ask,
    .totals_read = cassandra_totals_read,
    .totals_load = cassandra_totals_load,
    .partition_offset = cassandra_partition_offset,
    .partition_release = cassandra_partition_release,
    .seen_load = cassandra_seen_load,
    .batch_begin = cassandra_batch_begin,
    .batch_timeline = cassandra_batch_timeline,
    .batch_actor = cassandra_batch_actor,
    .batch_actor_day = cassandra_batch_actor_day,
    .batch_session = cassandra_batch_session,
    .batch_session_remove = cassandra_batch_session_remove,
    .batch_link = cassandra_batch_link,
    .batch_total = cassandra_batch_total,
    .batch_seen = cassandra_batch_seen,
    .batch_seen_forget = cassandra_batch_seen_forget,
    .batch_dead_letter = cassandra_batch_dead_letter,
    .batch_bytes = cassandra_batch_bytes,
    .batch_commit = cassandra_batch_commit,
    .batch_discard = cassandra_batch_discard,
    .flush = cassandra_flush,
    .generation_begin = cassandra_generation_begin,
    .generation_note = cassandra_generation_note,
    .generation_open = cassandra_generation_open,
    .generation_end = cassandra_generation_end,
    .generation_past = cassandra_generation_past,
    .generation_sweep = cassandra_generation_sweep,
    .generations_shared = &cassandra_generations_shared,
    .letters_read = cassandra_letters_read,
    .letter_mark = cassandra_letter_mark,
    .letter_mark_get = cassandra_letter_mark_get,
    .project_put = cassandra_project_put,
    .projects = cassandra_projects,
    .key_put = cassandra_key_put,
    .key_delete = cassandra_key_delete,
    .keys = cassandra_keys,
    .account_put = cassandra_account_put,
    .account_replace = cassandra_account_replace,
    .account_delete = cassandra_account_delete,
    .signing_key_put = cassandra_signing_key_put,
    .signing_key_delete = cassandra_signing_key_delete,
    .signing_keys = cassandra_signing_keys,
    .family_put = cassandra_family_put,
    .family_get = cassandra_family_get,
    .family_turn = cassandra_family_turn,
    .family_delete = cassandra_family_delete,
    .revocation_put = cassandra_revocation_put,
    .revocations = cassandra_revocations,
    .tokens_sweep = cassandra_tokens_sweep,
    .delivery_put = cassandra_delivery_put,
    .deliveries = cassandra_deliveries,
    .accounts = cassandra_accounts,
    .report_get = cassandra_report_get,
    .report_put = cassandra_report_put,
    .audit_append = cassandra_audit_append,
    .audit_read = cassandra_audit_read,
    .usage_put = cassandra_usage_put,
    .usage_read = cassandra_usage_read,
    .erasure_put = cassandra_erasure_put,
    .erasures = cassandra_erasures,
    .erasure_parts = cassandra_erasure_parts,
    .batch_erase = cassandra_batch_erase,
    .batch_unlink = cassandra_batch_unlink,
    .batch_letters_remove = cassandra_batch_letters_remove,
    .batch_erasure_part = cassandra_batch_erasure_part,
    .batch_refuse = cassandra_batch_refuse,
    .refusals = cassandra_refusals,
    .link_users = cassandra_link_users,
    .hold_put = cassandra_hold_put,
    .hold_delete = cassandra_hold_delete,
    .holds = cassandra_holds,
    .report_revisions = cassandra_report_revisions,
    .report_rewrite = cassandra_report_rewrite,
    .secret = cassandra_secret,
    .walk = cassandra_walk,
    .profiles_restore = cassandra_profiles_restore,
    .version_floor_raise = cassandra_version_floor_raise,
    .stats = cassandra_stats,
    .close = cassandra_close,
};

// --- Opening --------------------------------------------------------------------------------------------------------------

enum status cassandra_keyspace_name(const struct store_cassandra_config *config,
                                    char out[CASSANDRA_KEYSPACE_MAX + 1], struct error *err) {
    struct str name = config->keyspace.len > 0 ? config->keyspace : STR("footfall");
    bool fits = name.len <= CASSANDRA_KEYSPACE_MAX;
    for (size_t i = 0; i < name.len && fits; i++) {
        char c = name.data[i];
        fits = (c >= 'a' && c <= 'z') || (i > 0 && ((c >= '0' && c <= '9') || c == '_'));
    }
    if (!fits) {
        return error_set(err, STATUS_INVALID,
                         "a keyspace is 1 to %d of a-z, 0-9 and _, and begins with a letter",
                         CASSANDRA_KEYSPACE_MAX);
    }
    memcpy(out, name.data, name.len);
    out[name.len] = '\0';
    return STATUS_OK;
}

enum status cassandra_session_open(const struct store_cassandra_config *config,
                                   struct cql_session **out, struct error *err) {
    const struct cql_config client = {
        .contact_points = config->contact_points,
        .local_dc = config->local_dc,
        .username = config->username,
        .password = config->password,
        .tls = {.enabled = config->tls,
                .ca_file = config->tls_ca,
                .certificate_file = config->tls_certificate,
                .key_file = config->tls_key,
                .verify_peer = config->tls_verify,
                .verify_host = config->tls_verify},
        .compression = true,
        .threads = config->threads,
        .connections_per_host = config->connections,
        .clock = config->clock != NULL ? config->clock : clock_system(),
        .random = config->random != NULL ? config->random : random_system(),
    };
    return cql_session_open(&client, out, err);
}

static enum status check_server(struct cassandra_store *store, struct error *err) {
    struct str version = cql_server_version(store->session);
    struct str rest = version;
    int64_t major = 0;
    if (str_to_i64(str_cut(&rest, '.'), &major) && major < OLDEST_MAJOR) {
        return error_set(err, STATUS_UNSUPPORTED,
                         "Cassandra %.*s is too old; Footfall needs %d.0 or newer",
                         STR_ARG(version), OLDEST_MAJOR);
    }
    return STATUS_OK;
}

static enum status prepare_statements(struct cassandra_store *store, struct error *err) {
    char memory[STATEMENT_BYTES_MAX];
    enum status status = STATUS_OK;
    for (size_t i = 0; i < STATEMENT_COUNT && status == STATUS_OK; i++) {
        if (texts[i] == NULL) {
            continue;
        }
        struct buffer text;
        struct cql_prepared *prepared = NULL;
        buffer_init_fixed(&text, memory, sizeof memory);
        tables_expand(&text, texts[i], store->keyspace);
        CHECK(buffer_status(&text) == STATUS_OK);
        status = cql_prepare(store->session, buffer_str(&text), &prepared, err);
        store->statements[i] = prepared;
    }
    return status;
}

enum status store_open_cassandra(const struct store_cassandra_config *config, struct store **out,
                                 struct error *err) {
    struct cassandra_store *store = calloc(1, sizeof *store);
    if (store == NULL) {
        return error_set(err, STATUS_NO_MEMORY, "no memory for the store");
    }
    store->store.engine = &engine;
    store->clock = config->clock != NULL ? config->clock : clock_system();
    store->random = config->random != NULL ? config->random : random_system();
    store->timeline_age_ms = config->timeline_retention_ms;
    store->session_age_ms = config->session_age_ms;
    store->letter_age_ms = config->letter_age_ms;
    store->in_flight = config->in_flight > 0 ? config->in_flight : IN_FLIGHT;
    pthread_mutex_init(&store->mutex, NULL);
    queue_waker_init(&store->waker);
    cassandra_new_id(store, store->writer);
    enum status status = cassandra_keyspace_name(config, store->keyspace, err);
    if (status == STATUS_OK) {
        status = cassandra_session_open(config, &store->session, err);
    }
    if (status == STATUS_OK) {
        status = check_server(store, err);
    }
    if (status == STATUS_OK) {
        status = cassandra_schema_open(store, config, err);
    }
    if (status == STATUS_OK) {
        status = prepare_statements(store, err);
    }
    if (status == STATUS_OK) {
        status = cassandra_era_start(store, err);
    }
    if (status != STATUS_OK) {
        cassandra_close(&store->store);
        return status;
    }
    *out = &store->store;
    return STATUS_OK;
}
