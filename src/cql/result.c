// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Results: the body of a RESULT frame, read where it lies.
#include "cql/result.h"

#include <stdlib.h>

#define VALUE_LEN_MIN 4 // a value has at least its length

struct cql_result {
    enum cql_result_kind kind;
    int32_t row_count;
    int32_t rows_left;
    struct cql_metadata metadata; // ROWS
    struct str rows;              // all of them
    struct str next;              // those that are left
    struct str detail;            // SET_KEYSPACE: the name; SCHEMA_CHANGE: the change
    char *block;                  // the body, if not behind this struct
    char body[];
};

// What every write that went well gets. It has nothing that could change.
static struct cql_result void_result = {.kind = CQL_RESULT_VOID};

bool cql_result_peek_kind(struct str body, enum cql_result_kind *out) {
    int32_t kind = 0;
    if (!cql_take_int(&body, &kind) || kind < CQL_RESULT_VOID || kind > CQL_RESULT_SCHEMA_CHANGE) {
        return false;
    }
    *out = (enum cql_result_kind)kind;
    return true;
}

static enum status open_rows(struct cql_result *result, struct str rest, struct error *err) {
    enum status status = cql_take_metadata(&rest, &result->metadata, err);
    if (status != STATUS_OK) {
        return status;
    }
    int32_t count = 0;
    size_t row_len_min = (size_t)result->metadata.column_count * VALUE_LEN_MIN;
    // A row without columns would take no bytes, and any number of them could be claimed.
    if (!cql_take_int(&rest, &count) || count < 0 ||
        (count > 0 && (row_len_min == 0 || (size_t)count > rest.len / row_len_min))) {
        return error_set(err, STATUS_CORRUPT, "RESULT of the server has no room for its %d rows",
                         count);
    }
    result->row_count = count;
    result->rows_left = count;
    result->rows = rest;
    result->next = rest;
    return STATUS_OK;
}

static enum status open_body(struct cql_result *result, struct str body, struct error *err) {
    struct str rest = body;
    struct cql_event change;
    int32_t kind = 0;
    if (!cql_take_int(&rest, &kind)) {
        return error_set(err, STATUS_CORRUPT, "RESULT of the server is empty");
    }
    if (result->kind == CQL_RESULT_ROWS) {
        return open_rows(result, rest, err);
    }
    if (result->kind == CQL_RESULT_SCHEMA_CHANGE) {
        result->detail = rest;
        return cql_decode_schema_change(rest, &change, err);
    }
    return cql_take_string(&rest, &result->detail)
               ? STATUS_OK
               : error_set(err, STATUS_CORRUPT, "RESULT of the server has no keyspace");
}

enum status cql_result_make(struct cql_frame *frame, const struct cql_reply *reply,
                            struct cql_result **out, struct error *err) {
    *out = NULL;
    enum cql_result_kind kind = CQL_RESULT_VOID;
    if (!cql_result_peek_kind(reply->body, &kind)) {
        return error_set(err, STATUS_CORRUPT, "RESULT of the server has no kind that is known");
    }
    if (kind == CQL_RESULT_PREPARED) {
        return error_set(err, STATUS_INVALID, "a prepared statement where a result was awaited");
    }
    if (kind == CQL_RESULT_VOID) {
        *out = &void_result;
        return STATUS_OK;
    }
    struct str body = reply->body;
    bool copies = frame->block == NULL;
    struct cql_result *result = malloc(sizeof *result + (copies ? body.len : 0));
    if (result == NULL) {
        return error_set(err, STATUS_NO_MEMORY, "no memory for a result of %zu bytes", body.len);
    }
    *result = (struct cql_result){.kind = kind};
    if (copies) {
        memcpy(result->body, body.data, body.len);
        body.data = result->body;
    }
    enum status status = open_body(result, body, err);
    if (status != STATUS_OK) {
        free(result);
        return status;
    }
    result->block = frame->block;
    frame->block = NULL;
    *out = result;
    return STATUS_OK;
}

void cql_result_free(struct cql_result *result) {
    if (result != NULL && result != &void_result) {
        free(result->block);
        free(result);
    }
}

enum cql_result_kind cql_result_kind(const struct cql_result *result) {
    return result->kind;
}

struct str cql_result_keyspace(const struct cql_result *result) {
    return result->kind == CQL_RESULT_SET_KEYSPACE ? result->detail : STR("");
}

bool cql_result_schema_change(const struct cql_result *result, struct cql_event *out) {
    return result->kind == CQL_RESULT_SCHEMA_CHANGE &&
           cql_decode_schema_change(result->detail, out, NULL) == STATUS_OK;
}

// --- Rows ---------------------------------------------------------------------------------------------------------
size_t cql_result_row_count(const struct cql_result *result) {
    return (size_t)result->row_count;
}

unsigned cql_result_column_count(const struct cql_result *result) {
    return (unsigned)result->metadata.column_count;
}

// [bytes], without a call: this is done for every value of every row.
static inline bool take_value(struct str *in, struct cql_value *out) {
    if (in->len < VALUE_LEN_MIN) {
        return false;
    }
    const uint8_t *at = (const uint8_t *)in->data;
    uint32_t len = (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
    in->data += VALUE_LEN_MIN;
    in->len -= VALUE_LEN_MIN;
    if (len > INT32_MAX) {
        out->bytes = STR_EMPTY;
        return true;
    }
    if (len > in->len) {
        return false;
    }
    out->bytes = str_make(in->data, len);
    in->data += len;
    in->len -= len;
    return true;
}

enum status cql_result_next(struct cql_result *result, struct cql_value *values, unsigned count) {
    if (result->rows_left == 0) {
        return STATUS_END;
    }
    if (count != (unsigned)result->metadata.column_count) {
        return STATUS_CORRUPT;
    }
    struct str rest = result->next;
    for (unsigned i = 0; i < count; i++) {
        if (!take_value(&rest, &values[i])) {
            return STATUS_CORRUPT;
        }
    }
    result->next = rest;
    result->rows_left--;
    return STATUS_OK;
}

bool cql_result_has_more(const struct cql_result *result) {
    return result->metadata.has_more_pages;
}

struct str cql_result_paging_state(const struct cql_result *result) {
    return result->metadata.paging_state;
}

bool cql_result_applied(const struct cql_result *result) {
    struct str rows = result->rows;
    struct cql_value first;
    bool applied = false;
    return result->row_count > 0 && cql_result_column_type(result, 0) == CQL_BOOLEAN &&
           str_equal(cql_result_column_name(result, 0), STR("[applied]")) &&
           take_value(&rows, &first) && cql_get_boolean(first, &applied) == STATUS_OK && applied;
}

static struct cql_column column_at(const struct cql_result *result, unsigned column) {
    const struct cql_metadata *metadata = &result->metadata;
    struct str rest = metadata->columns;
    struct cql_column found = {.name = STR(""), .type = CQL_CUSTOM, .option = STR("")};
    if (column >= (unsigned)metadata->column_count || metadata->no_metadata) {
        return found;
    }
    for (unsigned i = 0; i <= column; i++) {
        if (!cql_take_column(metadata, &rest, &found)) {
            return (struct cql_column){.name = STR(""), .type = CQL_CUSTOM, .option = STR("")};
        }
    }
    return found;
}

struct str cql_result_column_name(const struct cql_result *result, unsigned column) {
    return column_at(result, column).name;
}

enum cql_type cql_result_column_type(const struct cql_result *result, unsigned column) {
    return column_at(result, column).type;
}

struct str cql_result_column_option(const struct cql_result *result, unsigned column) {
    return column_at(result, column).option;
}
