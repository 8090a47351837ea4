// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What an operator should know about a cluster. Reads the servers' own tables and changes nothing.
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "store/cassandra/cassandra.h"

#define CLOCK_WARN_MS 1000
#define OLDEST_MAJOR 4

struct check {
    const struct store_cassandra_config *config;
    struct cql_session *session;
    char keyspace[CASSANDRA_KEYSPACE_MAX + 1];
    void (*visit)(const struct store_finding *finding, void *context);
    void *context;
    unsigned nodes; // of the local data centre
};

__attribute__((format(printf, 4, 5))) static void tell(const struct check *check,
                                                       enum store_finding_severity severity,
                                                       const char *subject, const char *format,
                                                       ...) {
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    const struct store_finding finding = {severity, str_from_c(subject), str_from_c(text)};
    check->visit(&finding, check->context);
}

// One statement about system tables; a failure becomes a finding.
static struct cql_result *ask(const struct check *check, const char *subject, struct str text,
                              const struct cql_values *values) {
    struct cql_request request = {
        .kind = CQL_REQUEST_QUERY, .text = text, .consistency = CQL_ONE, .idempotent = true};
    if (values != NULL) {
        request.values = cql_values_bytes(values);
        request.value_count = values->count;
    }
    struct cql_result *result = NULL;
    if (cql_execute_wait(check->session, &request, &result) != STATUS_OK) {
        tell(check, STORE_FINDING_WARNING, subject, "cannot be asked for: %s", request.error.text);
    }
    return result;
}

static void check_version(struct check *check) {
    struct str version = cql_server_version(check->session);
    struct str rest = version;
    int64_t major = 0;
    bool old = str_to_i64(str_cut(&rest, '.'), &major) && major < OLDEST_MAJOR;
    struct cql_result *peers =
        ask(check, "version", STR("SELECT data_center, release_version FROM system.peers"), NULL);
    struct cql_value columns[2];
    bool mixed = false;
    check->nodes = 1; // the one that answers
    while (peers != NULL && cql_result_next(peers, columns, 2) == STATUS_OK) {
        check->nodes += str_equal(columns[0].bytes, cql_local_dc(check->session)) ? 1 : 0;
        mixed = mixed || !str_equal(columns[1].bytes, version);
    }
    cql_result_free(peers);
    tell(check, old ? STORE_FINDING_PROBLEM : STORE_FINDING_FINE, "version",
         "Cassandra %.*s, %u node%s in data centre %.*s%s", STR_ARG(version), check->nodes,
         check->nodes == 1 ? "" : "s", STR_ARG(cql_local_dc(check->session)),
         old ? "; Footfall needs 4.0 or newer" : "");
    if (mixed) {
        tell(check, STORE_FINDING_WARNING, "version",
             "nodes have different versions; do not let Footfall change the schema before all have "
             "the same");
    }
}

static void check_schema(const struct check *check) {
    struct error err = {0};
    int32_t version = 0;
    enum status status = cassandra_schema_version(check->session, check->keyspace, &version, &err);
    if (status != STATUS_OK) {
        tell(check, STORE_FINDING_PROBLEM, "schema", "%s", err.text);
    } else if (version == CASSANDRA_SCHEMA_VERSION) {
        tell(check, STORE_FINDING_FINE, "schema", "keyspace %s, schema version %d", check->keyspace,
             (int)version);
    } else if (version > CASSANDRA_SCHEMA_VERSION) {
        tell(check, STORE_FINDING_PROBLEM, "schema",
             "keyspace %s has schema version %d, and this Footfall knows versions up to %d; use a "
             "newer one",
             check->keyspace, (int)version, CASSANDRA_SCHEMA_VERSION);
    } else {
        tell(
            check, STORE_FINDING_WARNING, "schema",
            "keyspace %s has schema version %d of %d; it is brought up to date when Footfall may do "
            "so (cassandra.create_schema, or footfall doctor --apply)",
            check->keyspace, (int)version, CASSANDRA_SCHEMA_VERSION);
    }
}

// The factor of the local data centre in what the server says of the keyspace; 0: there is none.
static unsigned factor_of(const struct check *check, struct cql_value replication) {
    struct cql_elements elements = {0};
    int32_t count = 0;
    uint64_t factor = 0;
    if (cql_get_collection(replication, &elements, &count) != STATUS_OK) {
        return 0;
    }
    for (int32_t i = 0; i < count; i++) {
        struct cql_value key;
        struct cql_value value;
        if (cql_next_element(&elements, &key) != STATUS_OK ||
            cql_next_element(&elements, &value) != STATUS_OK) {
            return 0;
        }
        struct str rest = value.bytes; // "3", or "3/1" with transient replicas
        if ((str_equal(key.bytes, cql_local_dc(check->session)) ||
             str_equal(key.bytes, STR("replication_factor"))) &&
            !str_to_u64(str_cut(&rest, '/'), &factor)) {
            factor = 0;
        }
    }
    return (unsigned)factor;
}

static void judge_replication(const struct check *check, unsigned factor) {
    unsigned may_fail = (factor - 1) / 2;
    if (factor == 1) {
        tell(check, STORE_FINDING_WARNING, "replication",
             "one copy of each row: while a node is down its rows cannot be read or written, and a "
             "lost disk loses them; use 3 on a cluster of three nodes or more");
    } else if (factor > check->nodes) {
        tell(check, STORE_FINDING_PROBLEM, "replication",
             "%u copies of each row on %u nodes: a quorum of %u may never be there", factor,
             check->nodes, factor / 2 + 1);
    } else {
        tell(check, may_fail == 0 ? STORE_FINDING_WARNING : STORE_FINDING_FINE, "replication",
             "%u copies of each row: %u node%s may be down", factor, may_fail,
             may_fail == 1 ? "" : "s");
    }
}

static void check_replication(const struct check *check) {
    struct cassandra_values memory;
    struct cql_values *values = cassandra_values_begin(&memory);
    cql_bind_text(values, str_from_c(check->keyspace));
    struct cql_result *result =
        ask(check, "replication",
            STR("SELECT replication, durable_writes FROM system_schema.keyspaces "
                "WHERE keyspace_name = ?"),
            values);
    struct cql_value columns[2];
    bool durable = true;
    if (result != NULL && cql_result_next(result, columns, 2) == STATUS_OK) {
        unsigned factor = factor_of(check, columns[0]);
        if (factor == 0) {
            tell(check, STORE_FINDING_PROBLEM, "replication",
                 "keyspace %s has no copies in data centre %.*s; Footfall reads and writes at "
                 "LOCAL_QUORUM there",
                 check->keyspace, STR_ARG(cql_local_dc(check->session)));
        } else {
            judge_replication(check, factor);
        }
        if (cql_get_boolean(columns[1], &durable) == STATUS_OK && !durable) {
            tell(check, STORE_FINDING_PROBLEM, "replication",
                 "durable_writes is off: a node that stops loses what it acknowledged");
        }
    }
    cql_result_free(result);
}

static void judge_setting(const struct check *check, struct str name, struct str value) {
    bool is_set = value.len > 0 && !str_equal(value, STR("null"));
    if (str_equal(name, STR("commitlog_sync"))) {
        bool periodic = str_equal(value, STR("periodic"));
        tell(check, periodic ? STORE_FINDING_WARNING : STORE_FINDING_FINE, "commitlog_sync",
             periodic ? "periodic: a node that is killed loses what it acknowledged in the last "
                        "moments; with three copies that is lost only if two are killed at once"
                      : "%.*s: what was acknowledged survives a node that is killed",
             STR_ARG(value));
    } else if (is_set) {
        tell(check, STORE_FINDING_PROBLEM, "timestamps",
             "%.*s is %.*s: Footfall's derived rows have small timestamps on purpose; take the "
             "setting out of cassandra.yaml",
             STR_ARG(name), STR_ARG(value));
    }
}

static void check_settings(const struct check *check) {
    struct cql_result *result =
        ask(check, "settings",
            STR("SELECT name, value FROM system_views.settings WHERE name IN ('commitlog_sync', "
                "'minimum_timestamp_warn_threshold', 'minimum_timestamp_fail_threshold')"),
            NULL);
    struct cql_value columns[2];
    while (result != NULL && cql_result_next(result, columns, 2) == STATUS_OK) {
        judge_setting(check, columns[0].bytes, columns[1].bytes);
    }
    cql_result_free(result);
}

static void check_clock(const struct check *check) {
    struct clock *clock = check->config->clock != NULL ? check->config->clock : clock_system();
    int64_t before = clock->wall_ms(clock);
    struct cql_result *result =
        ask(check, "clock", STR("SELECT toUnixTimestamp(now()) FROM system.local"), NULL);
    int64_t after = clock->wall_ms(clock);
    struct cql_value column;
    int64_t theirs = 0;
    if (result != NULL && cql_result_next(result, &column, 1) == STATUS_OK &&
        cql_get_bigint(column, &theirs) == STATUS_OK) {
        int64_t apart = theirs < before ? before - theirs : theirs > after ? theirs - after : 0;
        tell(check, apart > CLOCK_WARN_MS ? STORE_FINDING_WARNING : STORE_FINDING_FINE, "clock",
             apart > CLOCK_WARN_MS
                 ? "%" PRId64
                   " ms apart from a node's clock: rows past retention go so much earlier "
                   "or later; keep clocks in step"
                 : "%" PRId64 " ms apart from a node's clock",
             apart);
    }
    cql_result_free(result);
}

enum status store_cassandra_check(const struct store_cassandra_config *config,
                                  void (*visit)(const struct store_finding *finding, void *context),
                                  void *context, struct error *err) {
    struct check check = {.config = config, .visit = visit, .context = context};
    enum status status = cassandra_keyspace_name(config, check.keyspace, err);
    if (status == STATUS_OK) {
        status = cassandra_session_open(config, &check.session, err);
    }
    if (status != STATUS_OK) {
        return status;
    }
    check_version(&check);
    check_schema(&check);
    check_replication(&check);
    check_settings(&check);
    check_clock(&check);
    cql_session_close(check.session);
    return STATUS_OK;
}
