// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// ERROR: a code, a message, and what section 9 puts behind them for each code.
#include <stdio.h>

#include "cql/message.h"

static const struct {
    uint32_t code;
    enum status status;
    const char *name;
} codes[] = {
    {CQL_ERROR_SERVER, STATUS_IO, "SERVER_ERROR"},
    {CQL_ERROR_PROTOCOL, STATUS_UNSUPPORTED, "PROTOCOL_ERROR"},
    {CQL_ERROR_BAD_CREDENTIALS, STATUS_DENIED, "BAD_CREDENTIALS"},
    {CQL_ERROR_UNAVAILABLE, STATUS_UNAVAILABLE, "UNAVAILABLE"},
    {CQL_ERROR_OVERLOADED, STATUS_UNAVAILABLE, "OVERLOADED"},
    {CQL_ERROR_BOOTSTRAPPING, STATUS_UNAVAILABLE, "IS_BOOTSTRAPPING"},
    {CQL_ERROR_TRUNCATE, STATUS_IO, "TRUNCATE_ERROR"},
    {CQL_ERROR_WRITE_TIMEOUT, STATUS_TIMEOUT, "WRITE_TIMEOUT"},
    {CQL_ERROR_READ_TIMEOUT, STATUS_TIMEOUT, "READ_TIMEOUT"},
    {CQL_ERROR_READ_FAILURE, STATUS_IO, "READ_FAILURE"},
    {CQL_ERROR_FUNCTION_FAILURE, STATUS_INVALID, "FUNCTION_FAILURE"},
    {CQL_ERROR_WRITE_FAILURE, STATUS_IO, "WRITE_FAILURE"},
    {CQL_ERROR_CDC_WRITE_FAILURE, STATUS_IO, "CDC_WRITE_FAILURE"},
    {CQL_ERROR_CAS_WRITE_UNKNOWN, STATUS_TIMEOUT, "CAS_WRITE_UNKNOWN"},
    {CQL_ERROR_SYNTAX, STATUS_INVALID, "SYNTAX_ERROR"},
    {CQL_ERROR_UNAUTHORIZED, STATUS_DENIED, "UNAUTHORIZED"},
    {CQL_ERROR_INVALID, STATUS_INVALID, "INVALID"},
    {CQL_ERROR_CONFIG, STATUS_INVALID, "CONFIG_ERROR"},
    {CQL_ERROR_ALREADY_EXISTS, STATUS_EXISTS, "ALREADY_EXISTS"},
    {CQL_ERROR_UNPREPARED, STATUS_INVALID, "UNPREPARED"},
};

static const char *const write_types[] = {
    [CQL_WRITE_OTHER] = "OTHER",     [CQL_WRITE_SIMPLE] = "SIMPLE",
    [CQL_WRITE_BATCH] = "BATCH",     [CQL_WRITE_UNLOGGED_BATCH] = "UNLOGGED_BATCH",
    [CQL_WRITE_COUNTER] = "COUNTER", [CQL_WRITE_BATCH_LOG] = "BATCH_LOG",
    [CQL_WRITE_CAS] = "CAS",         [CQL_WRITE_VIEW] = "VIEW",
    [CQL_WRITE_CDC] = "CDC",
};

static const char *const consistencies[] = {
    [CQL_ANY] = "ANY",
    [CQL_ONE] = "ONE",
    [CQL_TWO] = "TWO",
    [CQL_THREE] = "THREE",
    [CQL_QUORUM] = "QUORUM",
    [CQL_ALL] = "ALL",
    [CQL_LOCAL_QUORUM] = "LOCAL_QUORUM",
    [CQL_EACH_QUORUM] = "EACH_QUORUM",
    [CQL_SERIAL] = "SERIAL",
    [CQL_LOCAL_SERIAL] = "LOCAL_SERIAL",
    [CQL_LOCAL_ONE] = "LOCAL_ONE",
};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

const char *cql_consistency_name(uint16_t consistency) {
    return consistency < COUNT(consistencies) ? consistencies[consistency] : "UNKNOWN";
}

const char *cql_error_name(uint32_t code) {
    for (size_t i = 0; i < COUNT(codes); i++) {
        if (codes[i].code == code) {
            return codes[i].name;
        }
    }
    return "UNKNOWN";
}

enum status cql_error_status(uint32_t code) {
    for (size_t i = 0; i < COUNT(codes); i++) {
        if (codes[i].code == code) {
            return codes[i].status;
        }
    }
    return STATUS_IO;
}

static enum cql_write_type write_type_of(struct str word) {
    for (size_t i = 0; i < COUNT(write_types); i++) {
        if (str_equal(word, str_from_c(write_types[i]))) {
            return (enum cql_write_type)i;
        }
    }
    return CQL_WRITE_OTHER;
}

static bool take_data_present(struct str *in, struct cql_server_error *out) {
    uint8_t data_present = 0;
    if (!bytes_get_u8(in, &data_present)) {
        return false;
    }
    out->data_present = data_present != 0;
    return true;
}

static bool take_write_type(struct str *in, struct cql_server_error *out) {
    struct str word;
    if (!cql_take_string(in, &word)) {
        return false;
    }
    out->write_type = write_type_of(word);
    return true;
}

// <cl><received><blockfor>, which time-outs and failures begin with.
static bool take_answers(struct str *in, struct cql_server_error *out) {
    return bytes_get_be16(in, &out->consistency) && cql_take_int(in, &out->received) &&
           cql_take_int(in, &out->required);
}

static bool take_function(struct str *in, struct cql_server_error *out) {
    struct str argument_types;
    uint16_t count = 0;
    return cql_take_string(in, &out->keyspace) && cql_take_string(in, &out->name) &&
           cql_take_string_list(in, &argument_types, &count);
}

static bool take_details(struct str *in, struct cql_server_error *out) {
    switch (out->code) {
    case CQL_ERROR_UNAVAILABLE:
        return bytes_get_be16(in, &out->consistency) && cql_take_int(in, &out->required) &&
               cql_take_int(in, &out->received);
    case CQL_ERROR_WRITE_TIMEOUT: return take_answers(in, out) && take_write_type(in, out);
    case CQL_ERROR_READ_TIMEOUT: return take_answers(in, out) && take_data_present(in, out);
    case CQL_ERROR_READ_FAILURE:
        return take_answers(in, out) && cql_take_int(in, &out->failures) &&
               take_data_present(in, out);
    case CQL_ERROR_WRITE_FAILURE:
        return take_answers(in, out) && cql_take_int(in, &out->failures) &&
               take_write_type(in, out);
    case CQL_ERROR_CAS_WRITE_UNKNOWN: return take_answers(in, out);
    case CQL_ERROR_FUNCTION_FAILURE: return take_function(in, out);
    case CQL_ERROR_ALREADY_EXISTS:
        return cql_take_string(in, &out->keyspace) && cql_take_string(in, &out->name);
    case CQL_ERROR_UNPREPARED: return cql_take_short_bytes(in, &out->unprepared_id);
    default: return true; // a message says it all
    }
}

enum status cql_decode_error(struct str body, struct cql_server_error *out, struct error *err) {
    *out = (struct cql_server_error){0};
    if (!bytes_get_be32(&body, &out->code) || !cql_take_string(&body, &out->message) ||
        !take_details(&body, out)) {
        return error_set(err, STATUS_CORRUPT, "ERROR of the server (0x%04x, %s) ends too early",
                         out->code, cql_error_name(out->code));
    }
    return STATUS_OK;
}

// Which figures a code has; the words differ as the fields do.
static void describe_figures(const struct cql_server_error *server, char *text, size_t size) {
    const char *consistency = cql_consistency_name(server->consistency);
    char failures[32] = "";
    if (server->failures > 0) {
        snprintf(failures, sizeof failures, ", %d failures", server->failures);
    }
    switch (server->code) {
    case CQL_ERROR_UNAVAILABLE:
        snprintf(text, size, " at %s, %d replicas alive of %d needed", consistency,
                 server->received, server->required);
        break;
    case CQL_ERROR_WRITE_TIMEOUT:
    case CQL_ERROR_WRITE_FAILURE:
        snprintf(text, size, " at %s, %d of %d answers%s (%s)", consistency, server->received,
                 server->required, failures, write_types[server->write_type]);
        break;
    case CQL_ERROR_READ_TIMEOUT:
    case CQL_ERROR_READ_FAILURE:
        snprintf(text, size, " at %s, %d of %d answers%s, %s data", consistency, server->received,
                 server->required, failures, server->data_present ? "with" : "without");
        break;
    case CQL_ERROR_CAS_WRITE_UNKNOWN:
        snprintf(text, size, " at %s, %d of %d answers", consistency, server->received,
                 server->required);
        break;
    default: text[0] = '\0'; break;
    }
}

enum status cql_error_describe(const struct cql_server_error *server, struct error *err) {
    char figures[120];
    describe_figures(server, figures, sizeof figures);
    return error_set(err, cql_error_status(server->code), "%s%s: %.*s",
                     cql_error_name(server->code), figures, STR_ARG(server->message));
}
