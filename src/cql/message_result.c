// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What RESULT says of columns and markers: metadata, types in types, and prepared statements (section 4.2.5).
#include "base/check.h"
#include "cql/message.h"

enum metadata_flag {
    METADATA_GLOBAL_TABLE = 0x01,
    METADATA_MORE_PAGES = 0x02,
    METADATA_NO_METADATA = 0x04,
};
#define COLUMNS_MAX UINT16_MAX // markers are numbered by [short]; more columns no table can have

// --- Types --------------------------------------------------------------------------------------------------------
static bool take_type(struct str *in, struct cql_type_option *out, unsigned depth);

// Moves over count types, each behind its name if named.
static bool skip_types(struct str *in, uint16_t count, bool named, unsigned depth) {
    struct cql_type_option inner;
    struct str name;
    for (uint16_t i = 0; i < count; i++) {
        if ((named && !cql_take_string(in, &name)) || !take_type(in, &inner, depth)) {
            return false;
        }
    }
    return true;
}

static bool take_type(struct str *in, struct cql_type_option *out, unsigned depth) {
    *out = (struct cql_type_option){.name = STR(""), .keyspace = STR("")};
    uint16_t code = 0;
    if (depth == 0 || !bytes_get_be16(in, &code)) {
        return false;
    }
    out->type = (enum cql_type)code;
    bool whole = true;
    switch (code) {
    case CQL_CUSTOM: whole = cql_take_string(in, &out->name); break;
    case CQL_LIST:
    case CQL_SET: out->part_count = 1; break;
    case CQL_MAP: out->part_count = 2; break;
    case CQL_TUPLE: whole = bytes_get_be16(in, &out->part_count); break;
    case CQL_UDT:
        whole = cql_take_string(in, &out->keyspace) && cql_take_string(in, &out->name) &&
                bytes_get_be16(in, &out->part_count);
        break;
    default:
        // A scalar of a later version has nothing behind its code, as all scalars; of anything else the end cannot be known.
        whole = code < CQL_LIST;
        if (code == 0x0A || code > CQL_TINYINT) {
            out->type = CQL_CUSTOM;
        }
        break;
    }
    struct str parts = *in;
    if (!whole || !skip_types(in, out->part_count, code == CQL_UDT, depth - 1)) {
        return false;
    }
    out->parts = str_make(parts.data, parts.len - in->len);
    return true;
}

bool cql_take_type(struct str *in, struct cql_type_option *out) {
    return take_type(in, out, CQL_TYPE_DEPTH_MAX);
}

// --- Columns ------------------------------------------------------------------------------------------------------
// <flags><columns_count>.
static bool take_head(struct str *in, struct cql_metadata *out, int32_t *flags) {
    *out = (struct cql_metadata){.keyspace = STR(""), .table = STR(""), .columns = STR("")};
    if (!cql_take_int(in, flags) || !cql_take_int(in, &out->column_count) ||
        out->column_count < 0 || out->column_count > COLUMNS_MAX) {
        return false;
    }
    out->has_more_pages = (*flags & METADATA_MORE_PAGES) != 0;
    out->no_metadata = (*flags & METADATA_NO_METADATA) != 0;
    out->global = !out->no_metadata && (*flags & METADATA_GLOBAL_TABLE) != 0;
    return true;
}

// [<ks><table>]<name><type>; keyspace and table are those of out->global's when that is set.
static bool take_column(const struct cql_metadata *metadata, struct str *in, struct cql_column *out,
                        struct str *keyspace, struct str *table) {
    struct cql_type_option type;
    if ((!metadata->global && (!cql_take_string(in, keyspace) || !cql_take_string(in, table))) ||
        !cql_take_string(in, &out->name)) {
        return false;
    }
    struct str option = *in;
    if (!cql_take_type(in, &type)) {
        return false;
    }
    out->type = type.type;
    out->option = str_make(option.data, option.len - in->len);
    return true;
}

bool cql_take_column(const struct cql_metadata *metadata, struct str *in, struct cql_column *out) {
    struct str keyspace;
    struct str table;
    return take_column(metadata, in, out, &keyspace, &table);
}

// [<global_table_spec>]<col_spec>...
static bool take_columns(struct str *in, struct cql_metadata *out) {
    if (out->no_metadata) {
        return true;
    }
    if (out->global &&
        (!cql_take_string(in, &out->keyspace) || !cql_take_string(in, &out->table))) {
        return false;
    }
    struct str columns = *in;
    struct str keyspace;
    struct str table;
    struct cql_column column;
    for (int32_t i = 0; i < out->column_count; i++) {
        if (!take_column(out, in, &column, &keyspace, &table)) {
            return false;
        }
        if (i == 0 && !out->global) {
            out->keyspace = keyspace;
            out->table = table;
        }
    }
    out->columns = str_make(columns.data, columns.len - in->len);
    return true;
}

static enum status bad_columns(struct error *err) {
    return error_set(err, STATUS_CORRUPT, "RESULT of the server has columns that cannot be read");
}

enum status cql_take_metadata(struct str *in, struct cql_metadata *out, struct error *err) {
    int32_t flags = 0;
    if (!take_head(in, out, &flags) ||
        (out->has_more_pages && !cql_take_bytes(in, &out->paging_state)) ||
        !take_columns(in, out)) {
        return bad_columns(err);
    }
    return STATUS_OK;
}

// --- Prepared -----------------------------------------------------------------------------------------------------
static bool take_markers(struct str *in, struct cql_prepared_reply *out) {
    int32_t flags = 0;
    int32_t pk_count = 0;
    if (!take_head(in, &out->markers, &flags) || !cql_take_int(in, &pk_count) || pk_count < 0 ||
        pk_count > UINT16_MAX || !cql_take_raw(in, (size_t)pk_count * 2, &out->pk_indexes)) {
        return false;
    }
    out->pk_count = (uint16_t)pk_count;
    return take_columns(in, &out->markers);
}

enum status cql_decode_prepared(struct str body, struct cql_prepared_reply *out,
                                struct error *err) {
    *out = (struct cql_prepared_reply){0};
    int32_t kind = 0;
    if (!cql_take_int(&body, &kind) || kind != CQL_RESULT_PREPARED ||
        !cql_take_short_bytes(&body, &out->id) || out->id.len == 0) {
        return error_set(err, STATUS_CORRUPT, "RESULT of the server is no prepared statement");
    }
    if (!take_markers(&body, out)) {
        return bad_columns(err);
    }
    return cql_take_metadata(&body, &out->columns, err);
}

uint16_t cql_prepared_pk_index(const struct cql_prepared_reply *prepared, uint16_t i) {
    CHECK(i < prepared->pk_count);
    const char *at = prepared->pk_indexes.data + (size_t)i * 2;
    return (uint16_t)((uint8_t)at[0] << 8 | (uint8_t)at[1]);
}
