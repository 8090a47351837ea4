// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Brings the schema up to date, one process at a time.
//
// Whoever has the row of schema_lock changes the schema; the row ends by itself when its owner dies. All others wait for the version to come.
#include "base/log.h"
#include "store/cassandra/tables.h"

#define DDL_TIMEOUT_MS (60 * 1000)
#define AGREEMENT_MS (60 * 1000)
#define LOCK_SECONDS "120"
#define WAIT_US (200 * 1000LL)
#define WAIT_MOST_US (180 * 1000 * 1000LL)
#define TRIES_MAX 50
#define GOSSIP_US (1500 * 1000LL) // nodes tell one another once a second
#define TEXT_MAX 4096

struct schema {
    struct cassandra_store *store;
    const struct store_cassandra_config *config;
    struct error *err;
    uint8_t owner[CASSANDRA_ID_BYTES];
};

static enum status query(struct cql_session *session, struct str text,
                         const struct cql_values *values, enum cql_consistency consistency,
                         struct cql_result **result, struct error *err) {
    struct cql_request request = {.kind = CQL_REQUEST_QUERY,
                                  .text = text,
                                  .consistency = consistency,
                                  .serial_consistency = CQL_SERIAL,
                                  .timeout_ms = DDL_TIMEOUT_MS,
                                  .idempotent = true};
    if (values != NULL) {
        request.values = cql_values_bytes(values);
        request.value_count = values->count;
    }
    struct cql_result *own = NULL;
    enum status status = cql_execute_wait(session, &request, &own);
    if (status != STATUS_OK) {
        status = status == STATUS_TIMEOUT ? STATUS_UNAVAILABLE : status;
        status = error_set(err, status, "Cassandra: %s", request.error.text);
    }
    if (result != NULL) {
        *result = own;
    } else {
        cql_result_free(own);
    }
    return status;
}

// A node may be asked before it has heard of what was made a moment ago: it says INVALID then.
static enum status query_again(struct schema *schema, struct str text,
                               const struct cql_values *values, struct cql_result **result) {
    struct queue_waker waker;
    queue_waker_init(&waker);
    enum status status = STATUS_INVALID;
    for (unsigned tries = 0; status == STATUS_INVALID && tries < TRIES_MAX; tries++) {
        if (tries > 0) {
            queue_wait(&waker, WAIT_US);
        }
        status = query(schema->store->session, text, values, CQL_LOCAL_QUORUM, result, schema->err);
    }
    queue_waker_destroy(&waker);
    return status;
}

// A statement with '#' for the keyspace.
static enum status run(struct schema *schema, const char *text, const struct cql_values *values,
                       struct cql_result **result) {
    char memory[TEXT_MAX];
    struct buffer buffer;
    buffer_init_fixed(&buffer, memory, sizeof memory);
    tables_expand(&buffer, text, schema->store->keyspace);
    if (buffer_status(&buffer) != STATUS_OK) {
        return error_set(schema->err, STATUS_TOO_LARGE, "a statement of the schema is too long");
    }
    return query_again(schema, buffer_str(&buffer), values, result);
}

static enum status change(struct schema *schema, const char *text) {
    enum status status = run(schema, text, NULL, NULL);
    // A step that was interrupted is repeated; ADD has no IF NOT EXISTS before Cassandra 4.1.
    if (status == STATUS_INVALID && strncmp(text, "ALTER TABLE", 11) == 0 &&
        strstr(schema->err->text, "existing column") != NULL) {
        status = STATUS_OK;
    }
    if (status == STATUS_OK) {
        status = cql_await_schema_agreement(schema->store->session, AGREEMENT_MS, schema->err);
    }
    return status == STATUS_TIMEOUT ? STATUS_UNAVAILABLE : status;
}

// --- The version ----------------------------------------------------------------------------------------------------------

static enum status has_table(struct cql_session *session, const char *keyspace, bool *has,
                             struct error *err) {
    struct cassandra_values memory;
    struct cql_values *values = cassandra_values_begin(&memory);
    struct cql_result *result = NULL;
    cql_bind_text(values, str_from_c(keyspace));
    enum status status =
        query(session,
              STR("SELECT table_name FROM system_schema.tables WHERE keyspace_name = ? AND "
                  "table_name = 'schema_version'"),
              values, CQL_ONE, &result, err);
    *has = status == STATUS_OK && cql_result_row_count(result) > 0;
    cql_result_free(result);
    return status;
}

enum status cassandra_schema_version(struct cql_session *session, const char *keyspace,
                                     int32_t *version, struct error *err) {
    char memory[256];
    struct buffer buffer;
    struct cql_result *result = NULL;
    bool has = false;
    *version = 0;
    enum status status = has_table(session, keyspace, &has, err);
    if (status != STATUS_OK || !has) {
        return status;
    }
    buffer_init_fixed(&buffer, memory, sizeof memory);
    tables_expand(&buffer, "SELECT version FROM #schema_version WHERE name = 'schema'", keyspace);
    status = query(session, buffer_str(&buffer), NULL, CQL_LOCAL_QUORUM, &result, err);
    struct cql_value column;
    if (status == STATUS_OK) {
        status = cql_result_next(result, &column, 1);
        status = status == STATUS_OK    ? cql_get_int(column, version)
                 : status == STATUS_END ? STATUS_OK
                                        : status;
    }
    cql_result_free(result);
    // The server lists a table that another process is making before it answers questions about it.
    return status == STATUS_INVALID ? STATUS_OK : status;
}

static enum status read_version(struct schema *schema, int32_t *version) {
    struct cassandra_store *store = schema->store;
    enum status status =
        cassandra_schema_version(store->session, store->keyspace, version, schema->err);
    if (status == STATUS_OK && *version > CASSANDRA_SCHEMA_VERSION) {
        return error_set(
            schema->err, STATUS_UNSUPPORTED,
            "keyspace %s has schema version %d, and this Footfall knows versions up to "
            "%d: a newer one made it; use that one",
            store->keyspace, (int)*version, CASSANDRA_SCHEMA_VERSION);
    }
    return status;
}

static enum status write_version(struct schema *schema, int32_t version) {
    struct cassandra_values memory;
    struct cql_values *values = cassandra_values_begin(&memory);
    struct clock *clock = schema->store->clock;
    cql_bind_int(values, version);
    cql_bind_timestamp(values, clock->wall_ms(clock));
    return run(schema,
               "INSERT INTO #schema_version (name, version, changed) VALUES ('schema', ?, ?)",
               values, NULL);
}

// --- Before there is a lock -------------------------------------------------------------------------------------------------

static enum status count_nodes(struct schema *schema, unsigned *nodes) {
    struct cql_session *session = schema->store->session;
    struct cql_result *result = NULL;
    struct cql_value column;
    *nodes = 1; // the one that answers
    enum status status = query(session, STR("SELECT data_center FROM system.peers"), NULL, CQL_ONE,
                               &result, schema->err);
    while (status == STATUS_OK && cql_result_next(result, &column, 1) == STATUS_OK) {
        *nodes += str_equal(column.bytes, cql_local_dc(session)) ? 1 : 0;
    }
    cql_result_free(result);
    return status;
}

static enum status make_keyspace(struct schema *schema) {
    struct cassandra_store *store = schema->store;
    struct str dc = cql_local_dc(store->session);
    unsigned nodes = 0;
    enum status status = count_nodes(schema, &nodes);
    if (status != STATUS_OK) {
        return status;
    }
    unsigned replication = schema->config->replication;
    replication = replication > 0 ? replication : nodes < 3 ? nodes : 3;
    char memory[512];
    struct buffer text;
    buffer_init_fixed(&text, memory, sizeof memory);
    buffer_printf(
        &text, "CREATE KEYSPACE IF NOT EXISTS %s WITH replication = {'class': ", store->keyspace);
    buffer_append_str(&text, STR("'NetworkTopologyStrategy', '"));
    for (size_t i = 0; i < dc.len; i++) {
        buffer_append_char(&text, dc.data[i]);
        if (dc.data[i] == '\'') {
            buffer_append_char(&text, '\'');
        }
    }
    buffer_printf(&text, "': %u}", replication);
    buffer_append_char(&text, '\0');
    return buffer_status(&text) == STATUS_OK ? change(schema, memory) : STATUS_INVALID;
}

static enum status make_lock_table(struct schema *schema) {
    uint64_t high = str_hash(str_from_c(schema->store->keyspace), 1);
    uint64_t low = str_hash(str_from_c(schema->store->keyspace), 2);
    char id[64];
    char text[TEXT_MAX];
    struct buffer buffer;
    buffer_init_fixed(&buffer, id, sizeof id);
    buffer_printf(&buffer, "%08x-%04x-5%03x-8%03x-%012llx", (unsigned)(high >> 32),
                  (unsigned)(high >> 16 & 0xFFFF), (unsigned)(high & 0xFFF),
                  (unsigned)(low >> 48 & 0xFFF), (unsigned long long)(low & 0xFFFFFFFFFFFF));
    buffer_append_char(&buffer, '\0');
    buffer_init_fixed(&buffer, text, sizeof text);
    buffer_append_str(&buffer, str_from_c(tables_lock));
    buffer_append_str(&buffer, str_from_c(id));
    buffer_append_char(&buffer, '\0');
    return change(schema, text);
}

// --- The lock -----------------------------------------------------------------------------------------------------------------

static enum status lock(struct schema *schema, bool *locked) {
    struct cassandra_values memory;
    struct cql_values *values = cassandra_values_begin(&memory);
    struct cql_result *result = NULL;
    cql_bind_uuid(values, schema->owner);
    enum status status = run(schema,
                             "INSERT INTO #schema_lock (name, owner) VALUES ('schema', ?) "
                             "IF NOT EXISTS USING TTL " LOCK_SECONDS,
                             values, &result);
    *locked = status == STATUS_OK && cql_result_applied(result);
    if (status == STATUS_OK && !*locked) {
        // [applied], name, owner: ours when the answer to an earlier sending was lost.
        struct cql_value columns[3];
        *locked = cql_result_next(result, columns, 3) == STATUS_OK &&
                  columns[2].bytes.len == sizeof schema->owner &&
                  memcmp(columns[2].bytes.data, schema->owner, sizeof schema->owner) == 0;
    }
    cql_result_free(result);
    return status;
}

static void unlock(struct schema *schema) {
    struct cassandra_values memory;
    struct cql_values *values = cassandra_values_begin(&memory);
    struct error ignored;
    struct schema quiet = *schema; // the lock ends by itself, too
    quiet.err = &ignored;
    cql_bind_uuid(values, schema->owner);
    if (run(&quiet, "DELETE FROM #schema_lock WHERE name = 'schema' IF owner = ?", values, NULL) !=
        STATUS_OK) {
        LOG_WARN("store",
                 "the lock of the schema was not given back; it ends within " LOCK_SECONDS
                 " seconds",
                 LOG_CSTR("problem", ignored.text));
    }
}

// The node that is asked whether all agree may not have heard of the change itself, if another one made it: then all agree on what was
// before. Once gossip has gone round the answer can be believed; who sees the new version finds the tables on every node.
static enum status settle(struct schema *schema) {
    struct queue_waker waker;
    queue_waker_init(&waker);
    queue_wait(&waker, GOSSIP_US);
    queue_waker_destroy(&waker);
    enum status status =
        cql_await_schema_agreement(schema->store->session, AGREEMENT_MS, schema->err);
    return status == STATUS_TIMEOUT ? STATUS_UNAVAILABLE : status;
}

static enum status migrate(struct schema *schema) {
    int32_t version = 0;
    enum status status = change(schema, tables_version);
    if (status == STATUS_OK) {
        status = read_version(schema, &version);
    }
    while (status == STATUS_OK && version < CASSANDRA_SCHEMA_VERSION) {
        LOG_INFO("store", "changing the schema", LOG_CSTR("keyspace", schema->store->keyspace),
                 LOG_INT("from", version), LOG_INT("to", version + 1));
        for (const char *const *at = tables_step(version); *at != NULL && status == STATUS_OK;
             at++) {
            status = change(schema, *at);
        }
        version++;
        if (status == STATUS_OK) {
            status = settle(schema);
        }
        if (status == STATUS_OK) {
            status = write_version(schema, version);
        }
    }
    return status;
}

// Waits until this process has the lock, or another has brought the schema up to date.
static enum status migrate_in_turn(struct schema *schema) {
    struct clock *clock = schema->store->clock;
    int64_t began = clock->mono_us(clock);
    struct queue_waker waker;
    enum status status = STATUS_OK;
    bool locked = false;
    int32_t version = 0;
    queue_waker_init(&waker);
    while (status == STATUS_OK && !locked && version < CASSANDRA_SCHEMA_VERSION) {
        status = lock(schema, &locked);
        if (status == STATUS_OK && !locked) {
            status = read_version(schema, &version);
        }
        if (status == STATUS_OK && !locked && clock->mono_us(clock) - began > WAIT_MOST_US) {
            status = error_set(schema->err, STATUS_UNAVAILABLE,
                               "another process has been changing the schema for a long time");
        }
        if (status == STATUS_OK && !locked && version < CASSANDRA_SCHEMA_VERSION) {
            queue_wait(&waker, WAIT_US);
        }
    }
    queue_waker_destroy(&waker);
    if (status == STATUS_OK && locked) {
        status = migrate(schema);
        unlock(schema);
    }
    return status;
}

static enum status open_schema(struct cassandra_store *store,
                               const struct store_cassandra_config *config, struct error *err) {
    struct schema schema = {.store = store, .config = config, .err = err};
    memcpy(schema.owner, store->writer, sizeof schema.owner);
    int32_t version = 0;
    enum status status = read_version(&schema, &version);
    if (status != STATUS_OK || version == CASSANDRA_SCHEMA_VERSION) {
        return status;
    }
    if (!config->create_schema) {
        return error_set(err, version == 0 ? STATUS_NOT_FOUND : STATUS_UNSUPPORTED,
                         version == 0 ? "keyspace %s has no tables; let Footfall make them: "
                                        "footfall doctor --apply, or cassandra.create_schema"
                                      : "keyspace %s has tables of an older version; let Footfall "
                                        "change them: footfall doctor --apply, or "
                                        "cassandra.create_schema",
                         store->keyspace);
    }
    status = make_keyspace(&schema);
    if (status == STATUS_OK) {
        status = make_lock_table(&schema);
    }
    return status == STATUS_OK ? migrate_in_turn(&schema) : status;
}

// A server that has not yet taken in what another process has just made blames itself ("unknown table"); a moment later it has.
enum status cassandra_schema_open(struct cassandra_store *store,
                                  const struct store_cassandra_config *config, struct error *err) {
    enum status status = open_schema(store, config, err);
    if (status == STATUS_IO) {
        status = err->status = STATUS_UNAVAILABLE;
    }
    return status;
}
