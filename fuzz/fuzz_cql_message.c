// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Reads any bytes as the reply of any opcode, and what that gives: rows, their values as every type, the ring of a system table.
//
// The first byte is the opcode, the second the frame's flags.
#include <stdlib.h>

#include "cql/result.h"
#include "cql/ring.h"
#include "cql/token.h"

#define COLUMNS_MAX 64
#define DEPTH_MAX 4

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct str whole; // the input; nothing may point outside

static void check_inside(struct str s) {
    if (s.len > 0 && (s.data < whole.data || s.data + s.len > whole.data + whole.len)) {
        abort();
    }
}

static void read_scalars(struct cql_value value) {
    int64_t wide;
    int32_t number;
    int16_t small;
    int8_t tiny;
    bool flag;
    double real;
    float single;
    uint8_t bytes[16];
    size_t len;
    struct cql_value unscaled;
    if (cql_get_bigint(value, &wide) == STATUS_OK && !cql_is_null(value) && value.bytes.len != 8) {
        abort();
    }
    (void)!cql_get_int(value, &number);
    (void)!cql_get_smallint(value, &small);
    (void)!cql_get_tinyint(value, &tiny);
    (void)!cql_get_boolean(value, &flag);
    (void)!cql_get_double(value, &real);
    (void)!cql_get_float(value, &single);
    (void)!cql_get_date(value, &number);
    (void)!cql_get_uuid(value, bytes);
    (void)!cql_get_varint(value, &wide);
    (void)!cql_get_inet(value, bytes, &len);
    if (cql_get_decimal(value, &number, &unscaled) == STATUS_OK) {
        (void)!cql_get_varint(unscaled, &wide);
    }
}

static void read_value(struct cql_value value, unsigned depth) {
    struct cql_elements elements;
    struct cql_value element;
    int32_t count = 0;
    check_inside(value.bytes);
    read_scalars(value);
    if (depth == 0 || cql_get_collection(value, &elements, &count) != STATUS_OK) {
        return;
    }
    while (cql_next_element(&elements, &element) == STATUS_OK) {
        read_value(element, depth - 1);
    }
}

static void read_ring(struct cql_value value) {
    struct cql_ring_builder *builder = cql_ring_builder_make();
    struct cql_ring *ring = NULL;
    if (builder == NULL) {
        return;
    }
    (void)!cql_ring_builder_add_host(builder, STR("dc1"), STR("a"), value);
    (void)!cql_ring_builder_add_host(builder, STR("dc1"), STR("b"), value);
    (void)!cql_ring_builder_add_keyspace(builder, STR("k"), value);
    if (cql_ring_build(builder, &ring) == STATUS_OK) {
        size_t count = 0;
        (void)cql_ring_replicas(ring, STR("k"), cql_token(value.bytes), &count);
        if (count > 2) {
            abort();
        }
    }
    cql_ring_builder_free(builder);
    cql_ring_free(ring);
}

static void read_type(struct str option, unsigned depth) {
    struct cql_type_option type;
    if (!cql_take_type(&option, &type)) {
        abort(); // it was read when the columns were
    }
    check_inside(type.parts);
    check_inside(type.name);
    for (uint16_t i = 0; i < type.part_count && depth > 0; i++) {
        struct cql_type_option part;
        struct str name;
        struct str before;
        if ((type.type == CQL_UDT && !cql_take_string(&type.parts, &name))) {
            abort();
        }
        before = type.parts;
        if (!cql_take_type(&type.parts, &part)) {
            abort();
        }
        read_type(str_make(before.data, before.len - type.parts.len), depth - 1);
    }
}

static void read_columns(const struct cql_metadata *metadata) {
    struct str rest = metadata->columns;
    struct cql_column column;
    int32_t count = 0;
    check_inside(metadata->paging_state);
    check_inside(metadata->keyspace);
    while (cql_take_column(metadata, &rest, &column)) {
        check_inside(column.name);
        if (count < 4) {
            read_type(column.option, 3);
        }
        count++;
    }
    if (!metadata->no_metadata && count != metadata->column_count) {
        abort();
    }
}

static void read_rows(struct cql_result *result) {
    struct cql_value values[COLUMNS_MAX];
    unsigned columns = cql_result_column_count(result);
    size_t rows = 0;
    (void)cql_result_applied(result);
    if (columns > COLUMNS_MAX) {
        return;
    }
    for (unsigned i = 0; i < columns; i++) {
        (void)cql_result_column_name(result, i);
        (void)cql_result_column_type(result, i);
    }
    while (cql_result_next(result, values, columns) == STATUS_OK) {
        for (unsigned i = 0; i < columns; i++) {
            read_value(values[i], DEPTH_MAX);
        }
        if (rows == 0) {
            read_ring(values[0]);
        }
        rows++;
    }
    if (rows > cql_result_row_count(result)) {
        abort();
    }
}

static void read_result(struct cql_frame *frame, const struct cql_reply *reply) {
    struct cql_prepared_reply prepared;
    struct cql_result *result = NULL;
    struct error err;
    if (cql_decode_prepared(reply->body, &prepared, &err) == STATUS_OK) {
        read_columns(&prepared.markers);
        read_columns(&prepared.columns);
        for (uint16_t i = 0; i < prepared.pk_count; i++) {
            (void)cql_prepared_pk_index(&prepared, i);
        }
    }
    // A block, so that slices can be checked: a result that copies gives none of the input.
    frame->block = malloc(whole.len + 1);
    if (frame->block == NULL) {
        return;
    }
    struct str input = whole;
    struct cql_reply moved = *reply;
    memcpy(frame->block, whole.data, whole.len);
    moved.body.data = frame->block + (reply->body.data - whole.data);
    whole.data = frame->block;
    if (cql_result_make(frame, &moved, &result, &err) == STATUS_OK) {
        struct cql_event change;
        (void)cql_result_schema_change(result, &change);
        check_inside(cql_result_keyspace(result));
        read_rows(result);
        cql_result_free(result);
    }
    whole = input;
}

static void read_routing_key(struct str values) {
    const uint16_t parts[] = {2, 0};
    struct buffer scratch;
    struct str key;
    buffer_init(&scratch, (size_t)1 << 20);
    if (cql_routing_key(values, 3, parts, 1, &scratch, &key) == STATUS_OK) {
        check_inside(key);
    }
    if (cql_routing_key(values, 3, parts, 2, &scratch, &key) == STATUS_OK) {
        (void)cql_token(key);
    }
    buffer_free(&scratch);
}

static void read_body(struct cql_frame *frame, const struct cql_reply *reply) {
    struct cql_server_error server;
    struct cql_event event;
    struct str text;
    struct error err;
    switch (frame->opcode) {
    case CQL_OP_ERROR:
        if (cql_decode_error(reply->body, &server, &err) == STATUS_OK) {
            check_inside(server.message);
            check_inside(server.unprepared_id);
            (void)cql_error_describe(&server, &err);
        }
        break;
    case CQL_OP_EVENT:
        if (cql_decode_event(reply->body, &event, &err) == STATUS_OK) {
            check_inside(event.keyspace);
        }
        break;
    case CQL_OP_SUPPORTED:
        if (cql_decode_supported(reply->body, &text, &err) == STATUS_OK) {
            (void)cql_supported_has(text, STR("COMPRESSION"), STR("lz4"));
        }
        break;
    case CQL_OP_AUTHENTICATE: (void)!cql_decode_authenticate(reply->body, &text, &err); break;
    case CQL_OP_AUTH_CHALLENGE:
    case CQL_OP_AUTH_SUCCESS: (void)!cql_decode_auth_token(reply->body, &text, &err); break;
    case CQL_OP_RESULT: read_result(frame, reply); break;
    default: read_routing_key(reply->body); break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 2) {
        return 0;
    }
    struct cql_reply reply;
    struct error err;
    whole = str_make((const char *)data + 2, size - 2);
    struct cql_frame frame = {.opcode = data[0], .flags = data[1], .body = whole};
    if (cql_reply_open(&frame, &reply, &err) == STATUS_OK) {
        struct str warning;
        for (uint16_t i = 0; i < reply.warning_count; i++) {
            if (!cql_take_string(&reply.warnings, &warning)) {
                abort();
            }
            check_inside(warning);
        }
        read_body(&frame, &reply);
    }
    cql_frame_free(&frame);
    return 0;
}
