// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Writes OTLP in JSON.
#include "otlp/encode.h"

#include <inttypes.h>
#include <stdio.h>

#define STATUS_CODE_ERROR 2

void otlp_encode_u64_value(struct json_writer *writer, uint64_t value) {
    char text[24];
    int n = snprintf(text, sizeof text, "%" PRIu64, value);
    json_string(writer, str_make(text, (size_t)n));
}

void otlp_encode_u64(struct json_writer *writer, struct str name, uint64_t value) {
    json_key(writer, name);
    otlp_encode_u64_value(writer, value);
}

static void encode_number(struct json_writer *writer, int64_t value) {
    char text[24];
    int n = snprintf(text, sizeof text, "%" PRId64, value);
    json_member_string(writer, STR("intValue"), str_make(text, (size_t)n));
}

static void begin_attribute(struct json_writer *writer, struct str key) {
    json_begin_object(writer);
    json_member_string(writer, STR("key"), key);
    json_key(writer, STR("value"));
    json_begin_object(writer);
}

static void end_attribute(struct json_writer *writer) {
    json_end_object(writer);
    json_end_object(writer);
}

void otlp_encode_attribute(struct json_writer *writer, struct str key, struct str text) {
    begin_attribute(writer, key);
    json_member_string(writer, STR("stringValue"), text);
    end_attribute(writer);
}

static void encode_attributes(struct json_writer *writer, const struct otlp_span *span) {
    json_key(writer, STR("attributes"));
    json_begin_array(writer);
    for (size_t i = 0; i < span->attribute_count; i++) {
        const struct otlp_attribute *attribute = &span->attributes[i];
        if (!attribute->text.data) {
            begin_attribute(writer, str_from_c(attribute->key));
            encode_number(writer, attribute->number);
            end_attribute(writer);
        } else if (attribute->text.len > 0 && str_is_utf8(attribute->text)) {
            otlp_encode_attribute(writer, str_from_c(attribute->key), attribute->text);
        }
    }
    json_end_array(writer);
}

void otlp_encode_span(struct json_writer *writer, const struct otlp_span *span, int64_t start_ns,
                      int64_t end_ns) {
    json_begin_object(writer);
    json_member_string(writer, STR("traceId"), span->trace_id);
    json_member_string(writer, STR("spanId"), span->span_id);
    if (span->parent_id.len > 0) {
        json_member_string(writer, STR("parentSpanId"), span->parent_id);
    }
    json_member_string(writer, STR("name"), span->name);
    json_member_u64(writer, STR("kind"), span->kind);
    otlp_encode_u64(writer, STR("startTimeUnixNano"), (uint64_t)start_ns);
    otlp_encode_u64(writer, STR("endTimeUnixNano"), (uint64_t)end_ns);
    encode_attributes(writer, span);
    if (span->failed) {
        json_key(writer, STR("status"));
        json_begin_object(writer);
        json_member_u64(writer, STR("code"), STATUS_CODE_ERROR);
        json_end_object(writer);
    }
    json_end_object(writer);
}

static void encode_resource(struct json_writer *writer, const struct otlp_resource *resource) {
    json_key(writer, STR("resource"));
    json_begin_object(writer);
    json_key(writer, STR("attributes"));
    json_begin_array(writer);
    otlp_encode_attribute(writer, STR("service.name"), STR("footfall"));
    otlp_encode_attribute(writer, STR("service.version"), STR(FOOTFALL_VERSION));
    otlp_encode_attribute(writer, STR("service.instance.id"), resource->instance);
    otlp_encode_attribute(writer, STR("footfall.role"), resource->role);
    json_end_array(writer);
    json_end_object(writer);
}

void otlp_encode_begin(struct json_writer *writer, const struct otlp_resource *resource,
                       struct str resources, struct str scopes, struct str items) {
    json_begin_object(writer);
    json_key(writer, resources);
    json_begin_array(writer);
    json_begin_object(writer);
    encode_resource(writer, resource);
    json_key(writer, scopes);
    json_begin_array(writer);
    json_begin_object(writer);
    json_key(writer, STR("scope"));
    json_begin_object(writer);
    json_member_string(writer, STR("name"), STR("footfall"));
    json_member_string(writer, STR("version"), STR(FOOTFALL_VERSION));
    json_end_object(writer);
    json_key(writer, items);
    json_begin_array(writer);
}

void otlp_encode_end(struct json_writer *writer) {
    json_end_array(writer);
    json_end_object(writer);
    json_end_array(writer);
    json_end_object(writer);
    json_end_array(writer);
    json_end_object(writer);
}

void otlp_encode_traces(struct buffer *out, const struct otlp_resource *resource,
                        struct str spans) {
    struct json_writer writer;
    json_writer_init(&writer, out);
    otlp_encode_begin(&writer, resource, STR("resourceSpans"), STR("scopeSpans"), STR("spans"));
    while (spans.len > 0) {
        json_raw(&writer, str_cut(&spans, '\n'));
    }
    otlp_encode_end(&writer);
}
