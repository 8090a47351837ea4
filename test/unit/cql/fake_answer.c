// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What the fake Cassandra says when the test has nothing else for it to say.
#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "cql/values.h"
#include "fake_private.h"

#define OUT_MAX 65536

void fake_reply(const struct fake_request *request, uint8_t opcode, struct str body) {
    fake_send(request->connection, request->stream, opcode, body);
}

void fake_reply_void(const struct fake_request *request) {
    fake_reply(request, CQL_OP_RESULT, str_make("\0\0\0\1", 4));
}

void fake_reply_error(const struct fake_request *request, uint32_t code, const char *message,
                      struct str more) {
    struct buffer out;
    buffer_init(&out, OUT_MAX);
    bytes_put_be32(&out, code);
    cql_put_string(&out, str_from_c(message));
    buffer_append_str(&out, more);
    fake_reply(request, CQL_OP_ERROR, buffer_str(&out));
    buffer_free(&out);
}

// --- Rows ----------------------------------------------------------------------------------------------------------
struct column {
    const char *name;
    uint16_t type;
    uint16_t element; // of a set or map of one type
};

static void put_head(struct buffer *out, const char *table, const struct column *columns,
                     unsigned count, unsigned rows) {
    bytes_put_be32(out, CQL_RESULT_ROWS);
    bytes_put_be32(out, 1); // one table for all
    bytes_put_be32(out, count);
    cql_put_string(out, STR("system"));
    cql_put_string(out, str_from_c(table));
    for (unsigned i = 0; i < count; i++) {
        cql_put_string(out, str_from_c(columns[i].name));
        bytes_put_be16(out, columns[i].type);
        if (columns[i].type == CQL_SET || columns[i].type == CQL_MAP) {
            bytes_put_be16(out, columns[i].element);
        }
        if (columns[i].type == CQL_MAP) {
            bytes_put_be16(out, columns[i].element);
        }
    }
    bytes_put_be32(out, rows);
}

static void put_tokens(struct cql_values *values, const struct fake_host *host) {
    struct cql_collection set = cql_bind_begin_collection(values);
    cql_bind_text(values, str_from_c(host->token));
    cql_bind_end(values, set, 1);
}

static void put_id(struct cql_values *values, const struct fake_host *host) {
    uint8_t id[16] = {0};
    id[0] = (uint8_t)host->number;
    cql_bind_uuid(values, id);
}

static void reply_rows(const struct fake_request *request, struct buffer *out) {
    CHECK(buffer_status(out) == STATUS_OK);
    fake_reply(request, CQL_OP_RESULT, buffer_str(out));
    buffer_free(out);
}

static void answer_local(const struct fake_request *request) {
    static const struct column COLUMNS[] = {{"data_center", CQL_TEXT, 0},
                                            {"rack", CQL_TEXT, 0},
                                            {"tokens", CQL_SET, CQL_TEXT},
                                            {"host_id", CQL_UUID, 0},
                                            {"release_version", CQL_TEXT, 0}};
    struct buffer out;
    struct cql_values values;
    buffer_init(&out, OUT_MAX);
    put_head(&out, "local", COLUMNS, 5, 1);
    cql_values_begin(&values, &out);
    cql_bind_text(&values, str_from_c(request->host->data_centre));
    cql_bind_text(&values, STR("rack1"));
    put_tokens(&values, request->host);
    put_id(&values, request->host);
    cql_bind_text(&values, STR("5.0.9-fake"));
    reply_rows(request, &out);
}

static void put_peer(struct cql_values *values, const struct fake_host *host, bool v2) {
    uint8_t address[4];
    fake_address(host, address);
    cql_bind_inet(values, address, sizeof address);
    cql_bind_inet(values, address, sizeof address);
    if (v2) {
        cql_bind_int(values, host->fake->port);
    }
    cql_bind_text(values, str_from_c(host->data_centre));
    cql_bind_text(values, STR("rack1"));
    put_tokens(values, host);
    put_id(values, host);
}

static void answer_peers(const struct fake_request *request, bool v2) {
    static const struct column COLUMNS[] = {
        {"peer", CQL_INET, 0}, {"rpc_address", CQL_INET, 0},  {"data_center", CQL_TEXT, 0},
        {"rack", CQL_TEXT, 0}, {"tokens", CQL_SET, CQL_TEXT}, {"host_id", CQL_UUID, 0}};
    static const struct column COLUMNS_V2[] = {
        {"peer", CQL_INET, 0},       {"native_address", CQL_INET, 0},
        {"native_port", CQL_INT, 0}, {"data_center", CQL_TEXT, 0},
        {"rack", CQL_TEXT, 0},       {"tokens", CQL_SET, CQL_TEXT},
        {"host_id", CQL_UUID, 0}};
    struct fake *fake = request->host->fake;
    struct buffer out;
    struct cql_values values;
    unsigned rows = 0;
    bool member[FAKE_HOSTS_MAX];
    fake_lock(fake);
    for (unsigned i = 0; i < FAKE_HOSTS_MAX; i++) {
        member[i] = fake->hosts[i].member && &fake->hosts[i] != request->host;
        rows += member[i] ? 1 : 0;
    }
    fake_unlock(fake);
    buffer_init(&out, OUT_MAX);
    put_head(&out, v2 ? "peers_v2" : "peers", v2 ? COLUMNS_V2 : COLUMNS, v2 ? 7 : 6, rows);
    cql_values_begin(&values, &out);
    for (unsigned i = 0; i < FAKE_HOSTS_MAX; i++) {
        if (member[i]) {
            put_peer(&values, &fake->hosts[i], v2);
        }
    }
    reply_rows(request, &out);
}

static void answer_keyspaces(const struct fake_request *request) {
    static const struct column COLUMNS[] = {{"keyspace_name", CQL_TEXT, 0},
                                            {"replication", CQL_MAP, CQL_TEXT}};
    struct buffer out;
    struct cql_values values;
    char factor[16];
    snprintf(factor, sizeof factor, "%u", request->host->fake->replication);
    buffer_init(&out, OUT_MAX);
    put_head(&out, "keyspaces", COLUMNS, 2, 1);
    cql_values_begin(&values, &out);
    cql_bind_text(&values, STR("ks"));
    struct cql_collection map = cql_bind_begin_collection(&values);
    cql_bind_text(&values, STR("class"));
    cql_bind_text(&values, STR("org.apache.cassandra.locator.SimpleStrategy"));
    cql_bind_text(&values, STR("replication_factor"));
    cql_bind_text(&values, str_from_c(factor));
    cql_bind_end(&values, map, 2);
    reply_rows(request, &out);
}

static void answer_query(const struct fake_request *request) {
    struct str text = request->body;
    bool v2 = str_contains_ignore_case(text, STR("system.peers_v2"));
    if (str_contains_ignore_case(text, STR("FROM system.local"))) {
        answer_local(request);
    } else if (v2 && request->host->fake->no_peers_v2) {
        fake_reply_error(request, CQL_ERROR_INVALID, "unconfigured table peers_v2", STR_EMPTY);
    } else if (str_contains_ignore_case(text, STR("FROM system.peers"))) {
        answer_peers(request, v2);
    } else if (str_contains_ignore_case(text, STR("FROM system_schema.keyspaces"))) {
        answer_keyspaces(request);
    } else {
        fake_reply_void(request);
    }
}

// --- Statements ----------------------------------------------------------------------------------------------------
void fake_forget_statements(struct fake_host *host, unsigned id_version) {
    fake_lock(host->fake);
    for (unsigned i = 0; i < host->statement_count; i++) {
        free(host->statements[i]);
    }
    host->statement_count = 0;
    host->id_version = id_version;
    fake_unlock(host->fake);
}

static uint64_t statement_id(const struct fake_host *host, struct str text) {
    return str_hash(text, host->id_version);
}

static bool knows(const struct fake_host *host, uint64_t id) {
    for (unsigned i = 0; i < host->statement_count; i++) {
        if (statement_id(host, str_from_c(host->statements[i])) == id) {
            return true;
        }
    }
    return false;
}

static void remember(struct fake_host *host, struct str text) {
    fake_lock(host->fake);
    if (!knows(host, statement_id(host, text))) {
        CHECK(host->statement_count < FAKE_STATEMENTS_MAX);
        host->statements[host->statement_count++] = strndup(text.data, text.len);
    }
    fake_unlock(host->fake);
}

// Of ks.t; a first "?" is the partition key, and no other marker counts.
static void answer_prepare(const struct fake_request *request) {
    struct str in = request->body;
    uint32_t len = 0;
    bool ok = bytes_get_be32(&in, &len) && len <= in.len;
    CHECK(ok);
    struct str text = str_make(in.data, len);
    bool keyed = memchr(text.data, '?', text.len) != NULL;
    struct buffer out;
    buffer_init(&out, OUT_MAX);
    remember(request->host, text);
    bytes_put_be32(&out, CQL_RESULT_PREPARED);
    bytes_put_be16(&out, 8);
    bytes_put_be64(&out, statement_id(request->host, text));
    bytes_put_be32(&out, 1); // markers of one table
    bytes_put_be32(&out, keyed ? 1 : 0);
    bytes_put_be32(&out, keyed ? 1 : 0); // pk_count
    if (keyed) {
        bytes_put_be16(&out, 0);
    }
    cql_put_string(&out, STR("ks"));
    cql_put_string(&out, STR("t"));
    if (keyed) {
        cql_put_string(&out, STR("id"));
        bytes_put_be16(&out, CQL_TEXT);
    }
    bytes_put_be32(&out, 4); // no metadata of a result
    bytes_put_be32(&out, 0);
    fake_reply(request, CQL_OP_RESULT, buffer_str(&out));
    buffer_free(&out);
}

static void reply_unprepared(const struct fake_request *request, uint64_t id) {
    struct buffer more;
    buffer_init(&more, OUT_MAX);
    bytes_put_be16(&more, 8);
    bytes_put_be64(&more, id);
    fake_reply_error(request, CQL_ERROR_UNPREPARED, "not prepared", buffer_str(&more));
    buffer_free(&more);
}

static bool take_id(struct fake_host *host, struct str *in, uint64_t *id) {
    uint16_t len = 0;
    bool ok = bytes_get_be16(in, &len) && len == 8 && bytes_get_be64(in, id);
    CHECK(ok);
    fake_lock(host->fake);
    bool known = knows(host, *id);
    fake_unlock(host->fake);
    return known;
}

static void answer_execute(const struct fake_request *request) {
    struct str in = request->body;
    uint64_t id = 0;
    if (take_id(request->host, &in, &id)) {
        fake_reply_void(request);
    } else {
        reply_unprepared(request, id);
    }
}

static void answer_batch(const struct fake_request *request) {
    struct str in = request->body;
    uint8_t type = 0;
    uint16_t count = 0;
    bool ok = bytes_get_u8(&in, &type) && bytes_get_be16(&in, &count);
    for (uint16_t i = 0; ok && i < count; i++) {
        uint8_t kind = 0;
        uint64_t id = 0;
        ok = bytes_get_u8(&in, &kind) && kind == 1;
        if (ok && !take_id(request->host, &in, &id)) {
            reply_unprepared(request, id);
            return;
        }
        uint16_t values = 0;
        ok = ok && bytes_get_be16(&in, &values);
        for (uint16_t v = 0; ok && v < values; v++) {
            struct str value;
            ok = cql_take_bytes(&in, &value);
        }
    }
    CHECK(ok);
    fake_reply_void(request);
}

// --- Logging in, and the rest --------------------------------------------------------------------------------------
static void answer_startup(const struct fake_request *request) {
    if (str_contains_ignore_case(request->body, STR("lz4"))) {
        request->connection->lz4 = true;
    }
    if (!request->host->fake->username) {
        fake_reply(request, CQL_OP_READY, STR_EMPTY);
        return;
    }
    struct buffer out;
    buffer_init(&out, OUT_MAX);
    cql_put_string(&out, STR("org.apache.cassandra.auth.PasswordAuthenticator"));
    fake_reply(request, CQL_OP_AUTHENTICATE, buffer_str(&out));
    buffer_free(&out);
}

static void answer_login(const struct fake_request *request) {
    const struct fake *fake = request->host->fake;
    char wanted[256];
    int len = snprintf(wanted, sizeof wanted, "%c%s%c%s", 0, fake->username, 0, fake->password);
    struct str in = request->body;
    struct str token;
    if (cql_take_bytes(&in, &token) && str_equal(token, str_make(wanted, (size_t)len))) {
        fake_reply(request, CQL_OP_AUTH_SUCCESS, str_make("\xff\xff\xff\xff", 4));
    } else {
        fake_reply_error(request, CQL_ERROR_BAD_CREDENTIALS,
                         "Provided username and/or password are incorrect", STR_EMPTY);
    }
}

static void answer_options(const struct fake_request *request) {
    struct buffer out;
    buffer_init(&out, OUT_MAX);
    bytes_put_be16(&out, 1);
    cql_put_string(&out, STR("COMPRESSION"));
    bytes_put_be16(&out, request->host->fake->lz4 ? 2 : 1);
    cql_put_string(&out, STR("snappy"));
    if (request->host->fake->lz4) {
        cql_put_string(&out, STR("lz4"));
    }
    fake_reply(request, CQL_OP_SUPPORTED, buffer_str(&out));
    buffer_free(&out);
}

void fake_answer(const struct fake_request *request) {
    switch (request->opcode) {
    case CQL_OP_STARTUP: answer_startup(request); break;
    case CQL_OP_AUTH_RESPONSE: answer_login(request); break;
    case CQL_OP_OPTIONS: answer_options(request); break;
    case CQL_OP_REGISTER:
        fake_lock(request->host->fake);
        request->connection->registered = true;
        fake_unlock(request->host->fake);
        fake_reply(request, CQL_OP_READY, STR_EMPTY);
        break;
    case CQL_OP_QUERY: answer_query(request); break;
    case CQL_OP_PREPARE: answer_prepare(request); break;
    case CQL_OP_EXECUTE: answer_execute(request); break;
    case CQL_OP_BATCH: answer_batch(request); break;
    default: fake_reply_error(request, CQL_ERROR_PROTOCOL, "what is that?", STR_EMPTY);
    }
}

// --- Events --------------------------------------------------------------------------------------------------------
static void send_event(struct fake *fake, struct str body) {
    fake_lock(fake);
    for (unsigned i = 0; i < FAKE_HOSTS_MAX; i++) {
        for (unsigned c = 0; c < FAKE_CONNECTIONS_MAX; c++) {
            if (fake->hosts[i].connections[c].open && fake->hosts[i].connections[c].registered) {
                fake_send(&fake->hosts[i].connections[c], -1, CQL_OP_EVENT, body);
            }
        }
    }
    fake_unlock(fake);
}

void fake_event(struct fake *fake, const char *kind, const char *change,
                const struct fake_host *about) {
    struct buffer out;
    uint8_t address[4];
    buffer_init(&out, OUT_MAX);
    fake_address(about, address);
    cql_put_string(&out, str_from_c(kind));
    cql_put_string(&out, str_from_c(change));
    bytes_put_u8(&out, sizeof address);
    buffer_append(&out, address, sizeof address);
    bytes_put_be32(&out, fake->port);
    send_event(fake, buffer_str(&out));
    buffer_free(&out);
}

void fake_schema_event(struct fake *fake, const char *keyspace) {
    struct buffer out;
    buffer_init(&out, OUT_MAX);
    cql_put_string(&out, STR("SCHEMA_CHANGE"));
    cql_put_string(&out, STR("UPDATED"));
    cql_put_string(&out, STR("KEYSPACE"));
    cql_put_string(&out, str_from_c(keyspace));
    send_event(fake, buffer_str(&out));
    buffer_free(&out);
}
