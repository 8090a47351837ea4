// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// One event of a request: judged by itself, then kept as a record or reported with a reason.
#include "activity/reader.h"
#include "base/clock.h"

static const struct json_limits item_limits = {.depth = EVENT_DEPTH_MAX};

#define BLOCK_BYTES ((size_t)64 * 1024)

// A second look at an event that could not be parsed, only so that its sender can tell which one it was.
static struct str find_id(const struct activity_reader *reader, struct str raw) {
    struct json_scan scan;
    struct json_scan_member member;
    if (json_scan_begin(&scan, raw) != STATUS_OK || scan.type != JSON_OBJECT) {
        return STR_EMPTY;
    }
    while (json_scan_next(&scan, &member) == STATUS_OK) {
        if (member.type == JSON_STRING &&
            str_equal(member.key, reader->input->dialect->id_member)) {
            return str_make(member.raw.data + 1, member.raw.len - 2);
        }
    }
    return STR_EMPTY;
}

static bool id_is_showable(struct str id) {
    return id.len > 0 && id.len <= EVENT_ID_MAX && !memchr(id.data, '\\', id.len) &&
           str_is_utf8(id);
}

static void *grow(struct arena *arena, const void *old, size_t used, size_t *capacity,
                  size_t size) {
    size_t wanted = *capacity > 0 ? *capacity * 4 : 1;
    char *memory = arena_alloc(arena, wanted * size);
    if (memory && used > 0) {
        memcpy(memory, old, used * size);
    }
    *capacity = memory ? wanted : *capacity;
    return memory;
}

static enum status reject(struct activity_reader *reader, struct str raw, struct str id,
                          const struct error *why) {
    struct activity_result *result = reader->result;
    if (result->rejected_count == reader->rejected_capacity) {
        void *memory = grow(reader->arena, result->rejected, result->rejected_count,
                            &reader->rejected_capacity, sizeof *result->rejected);
        if (!memory) {
            return STATUS_NO_MEMORY;
        }
        result->rejected = memory;
    }
    id = id.data ? id : find_id(reader, raw);
    struct activity_rejection rejection = {.index = reader->seen - 1, .status = why->status};
    rejection.reason = arena_copy(reader->arena, str_from_c(why->text));
    if (id_is_showable(id)) {
        rejection.message_id = arena_copy(reader->arena, id);
    }
    if (!rejection.reason.data) {
        return STATUS_NO_MEMORY;
    }
    result->rejected[result->rejected_count++] = rejection;
    return STATUS_OK;
}

// Memory of the request, without rounding each record up or asking malloc for it.
static char *pack(struct activity_reader *reader, size_t len) {
    if (reader->block_left < len) {
        size_t size = reader->result->single || len > BLOCK_BYTES ? len : BLOCK_BYTES;
        reader->block = arena_alloc(reader->arena, size);
        reader->block_left = reader->block ? size : 0;
        if (!reader->block) {
            return NULL;
        }
    }
    char *at = reader->block;
    reader->block += len;
    reader->block_left -= len;
    return at;
}

static enum status add_record(struct activity_reader *reader, const struct event *event,
                              struct str value) {
    struct activity_result *result = reader->result;
    if (result->count == reader->record_capacity) {
        void *memory = grow(reader->arena, result->records, result->count, &reader->record_capacity,
                            sizeof *result->records);
        if (!memory) {
            return STATUS_NO_MEMORY;
        }
        result->records = memory;
    }
    struct str key = event_record_key(event, &reader->worker->scratch);
    reader->record_bytes += key.len + value.len;
    if (reader->record_bytes > reader->limits->record_bytes) {
        return STATUS_TOO_LARGE;
    }
    char *memory = key.data ? pack(reader, key.len + value.len) : NULL;
    if (!memory) {
        return STATUS_NO_MEMORY;
    }
    memcpy(memory, key.data, key.len);
    memcpy(memory + key.len, value.data, value.len);
    result->records[result->count++] = (struct eventlog_record){
        .key = str_make(memory, key.len),
        .value = str_make(memory + key.len, value.len),
        .timestamp_ms = event->received_ms,
    };
    return STATUS_OK;
}

static struct str key_of(const struct json_value *root) {
    static const struct str names[] = {STR_INIT("writeKey"), STR_INIT("api_key"),
                                       STR_INIT("token")};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct str key = json_get_string(root, names[i]);
        if (key.len > 0) {
            return key;
        }
    }
    return json_get_string(json_get(root, STR("properties")), STR("token")); // posthog-js
}

// NOT_FOUND: neither the request nor the event names a key that is known.
static enum status resolve(struct activity_reader *reader, const struct json_value *root,
                           struct str *project) {
    if (reader->project.data) {
        *project = reader->project;
        return STATUS_OK;
    }
    struct str key = key_of(root);
    if (key.len == 0) {
        return STATUS_NOT_FOUND;
    }
    if (!reader->last_key.data || !str_equal(reader->last_key, key)) {
        reader->last_key = STR_EMPTY;
        if (!reader->keys->find(reader->keys->context, key, reader->arena, &reader->last_project)) {
            return STATUS_NOT_FOUND;
        }
        reader->last_key = arena_copy(reader->arena, key);
    }
    *project = reader->last_project;
    return STATUS_OK;
}

// The members that were kept, behind one another: the unknown ones, then those whose names are taken.
static enum status put_extra(struct activity_reader *reader, struct event *event) {
    struct buffer *extra = &reader->worker->extra;
    const struct buffer *reserved = &reader->worker->reserved;
    if (reserved->len > 0) {
        buffer_append_str(extra, extra->len > 0 ? STR(",\"asSent\":{") : STR("\"asSent\":{"));
        buffer_append_str(extra, buffer_str(reserved));
        buffer_append_char(extra, '}');
    }
    event->extra = buffer_str(extra);
    return reserved->failed != STATUS_OK ? reserved->failed : buffer_status(extra);
}

static enum status build(struct activity_reader *reader, const struct json_value *root,
                         struct activity_item *item, struct error *err) {
    const struct activity_input *input = reader->input;
    struct event *event = &item->event;
    event->dialect = input->dialect->name;
    event->received_ms = input->received_ms;
    event->ip = input->ip;
    event->user_agent = input->user_agent;
    event->trace = input->trace;
    event->do_not_track = input->do_not_track;
    event->global_privacy_control = input->global_privacy_control;
    // Whether a sender may send at all comes before what is wrong with what they send.
    if (resolve(reader, root, &event->project) != STATUS_OK) {
        reader->keyless++;
        return error_set(err, STATUS_NOT_FOUND, "no known write key");
    }
    enum status status = input->dialect->read(reader, root, item, err);
    if (status != STATUS_OK) {
        return status;
    }
    if (event->user_id.len == 0 && event->anonymous_id.len == 0) {
        event->anonymous_id = input->anonymous_id;
    }
    status = activity_time_item(reader, item);
    if (status != STATUS_OK) {
        return error_set(err, status, "%s", status_text(status));
    }
    status = event_finish(event, reader->random, &reader->worker->scratch, err);
    if (status != STATUS_OK) {
        return status;
    }
    // Last, because it costs as much as the batch's context is long.
    status = activity_merge_item(reader, item);
    if (status == STATUS_OK) {
        status = put_extra(reader, event);
    }
    return status == STATUS_OK ? STATUS_OK : error_set(err, status, "%s", status_text(status));
}

static enum status encode(struct activity_reader *reader, const struct event *event,
                          struct error *err) {
    struct buffer *out = &reader->worker->encoded;
    buffer_clear(out);
    enum status status = event_encode(event, out);
    if (status != STATUS_OK) {
        return error_set(err, status, "the event: %s", status_text(status));
    }
    return STATUS_OK;
}

static enum status parse(struct activity_reader *reader, struct str raw,
                         const struct json_value **root, struct error *err) {
    if (raw.len > reader->limits->event_bytes) {
        return error_set(err, STATUS_TOO_LARGE, "the event has %zu bytes, at most %zu are allowed",
                         raw.len, reader->limits->event_bytes);
    }
    enum status status =
        json_parse(reader->worker->parser, raw, &item_limits, &reader->worker->scratch, root, err);
    if (status == STATUS_OK && (*root)->type != JSON_OBJECT) {
        return error_set(err, STATUS_INVALID, "an event is an object");
    }
    return status;
}

enum status activity_read_item(struct activity_reader *reader, struct str raw) {
    struct activity_item item = {.context = NULL};
    const struct json_value *root = NULL;
    struct error why;
    arena_reset(&reader->worker->scratch);
    buffer_clear(&reader->worker->extra);
    buffer_clear(&reader->worker->reserved);
    reader->seen++;
    enum status status = parse(reader, raw, &root, &why);
    if (status == STATUS_OK) {
        status = build(reader, root, &item, &why);
        reader->result->dialect = item.event.dialect;
    }
    if (status == STATUS_OK) {
        status = encode(reader, &item.event, &why);
    }
    if (status == STATUS_NO_MEMORY) {
        return status;
    }
    if (status != STATUS_OK) {
        why.status = status;
        return reject(reader, raw, item.event.id, &why);
    }
    return add_record(reader, &item.event, buffer_str(&reader->worker->encoded));
}
