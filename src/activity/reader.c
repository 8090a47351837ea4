// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Walks a request's JSON: the envelope of a batch, then its events one by one.
#include "activity/reader.h"

static const struct json_limits envelope_limits = {.depth = EVENT_DEPTH_MAX};

#define REFUSE(reader, status, ...)                                                                \
    ((reader)->result->refused = (status),                                                         \
     (reader)->result->reason = arena_printf((reader)->arena, __VA_ARGS__))

static void refuse_syntax(struct activity_reader *reader, enum status status, size_t offset) {
    REFUSE(reader, 400, "the body is not JSON: %s at byte %zu", status_text(status), offset);
}

// Members of a batch that concern all of its events.
enum envelope_name {
    ENVELOPE_BATCH,
    ENVELOPE_CONTEXT,
    ENVELOPE_INTEGRATIONS,
    ENVELOPE_SENT_AT,
    ENVELOPE_SENT_AT_POSTHOG,
    ENVELOPE_WRITE_KEY,
    ENVELOPE_API_KEY,
    ENVELOPE_TOKEN,
    ENVELOPE_NAMES,
};
struct envelope {
    bool given[ENVELOPE_NAMES];
    struct str batch; // data NULL: there is none
    enum json_type batch_type;
    struct str key;
};

// Most are a few plain characters, for which the parser's own set-up costs more than the look.
static bool is_plain_string(struct str raw) {
    if (raw.len < 2 || raw.len > 64 || raw.data[0] != '"') {
        return false;
    }
    for (size_t i = 1; i < raw.len - 1; i++) {
        if (raw.data[i] < ' ' || raw.data[i] > '~' || raw.data[i] == '\\') {
            return false;
        }
    }
    return true;
}

static enum status envelope_text(struct activity_reader *reader, struct str raw, struct str *out) {
    const struct json_value *value;
    if (is_plain_string(raw)) {
        *out = raw.len > 2 ? str_make(raw.data + 1, raw.len - 2) : *out;
        return STATUS_OK;
    }
    if (raw.len > reader->limits->event_bytes) {
        return STATUS_TOO_LARGE;
    }
    enum status status =
        json_parse(reader->worker->parser, raw, &envelope_limits, reader->arena, &value, NULL);
    if (status == STATUS_OK && json_is_string(value) && value->text.len > 0) {
        *out = value->text;
    }
    return status;
}

// What is no object is no use and does not make the events bad.
static enum status envelope_object(struct activity_reader *reader, struct str raw,
                                   struct activity_shared *out, const struct json_value **tree) {
    const struct json_value *value;
    if (raw.len > reader->limits->event_bytes) {
        return STATUS_TOO_LARGE;
    }
    enum status status =
        json_parse(reader->worker->parser, raw, &envelope_limits, reader->arena, &value, NULL);
    if (status == STATUS_OK && value->type == JSON_OBJECT && value->count > 0) {
        *tree = value;
        return activity_share(reader->arena, value, out);
    }
    return status;
}

static enum status take_envelope_member(struct activity_reader *reader, struct envelope *envelope,
                                        enum envelope_name name,
                                        const struct json_scan_member *member) {
    const struct json_value *unused;
    switch (name) {
    case ENVELOPE_BATCH:
        envelope->batch = member->raw;
        envelope->batch_type = member->type;
        return STATUS_OK;
    case ENVELOPE_CONTEXT:
        return envelope_object(reader, member->raw, &reader->context, &reader->context_tree);
    case ENVELOPE_INTEGRATIONS:
        return envelope_object(reader, member->raw, &reader->integrations, &unused);
    case ENVELOPE_SENT_AT:
    case ENVELOPE_SENT_AT_POSTHOG: return envelope_text(reader, member->raw, &reader->sent_at);
    case ENVELOPE_WRITE_KEY:
    case ENVELOPE_API_KEY:
    case ENVELOPE_TOKEN: return envelope_text(reader, member->raw, &envelope->key);
    case ENVELOPE_NAMES: break;
    }
    return STATUS_OK; // one that concerns nobody
}

// Each at most once: what is parsed stays until the request is answered, and is many times as large as it was sent.
static enum status envelope_member(struct activity_reader *reader, struct envelope *envelope,
                                   const struct json_scan_member *member) {
    static const struct str names[ENVELOPE_NAMES] = {
        [ENVELOPE_BATCH] = STR_INIT("batch"),
        [ENVELOPE_CONTEXT] = STR_INIT("context"),
        [ENVELOPE_INTEGRATIONS] = STR_INIT("integrations"),
        [ENVELOPE_SENT_AT] = STR_INIT("sentAt"),
        [ENVELOPE_SENT_AT_POSTHOG] = STR_INIT("sent_at"),
        [ENVELOPE_WRITE_KEY] = STR_INIT("writeKey"),
        [ENVELOPE_API_KEY] = STR_INIT("api_key"),
        [ENVELOPE_TOKEN] = STR_INIT("token"),
    };
    enum envelope_name name = ENVELOPE_BATCH;
    while (name < ENVELOPE_NAMES && !str_equal(member->key, names[name])) {
        name++;
    }
    if (name < ENVELOPE_NAMES && envelope->given[name]) {
        return STATUS_DUPLICATE_KEY;
    }
    if (name < ENVELOPE_NAMES) {
        envelope->given[name] = true;
    }
    return take_envelope_member(reader, envelope, name, member);
}

// A broken member means that the body is not JSON; then it is refused.
static enum status read_envelope(struct activity_reader *reader, struct envelope *envelope) {
    struct json_scan scan;
    struct json_scan_member member = {.key = STR_EMPTY};
    enum status status = json_scan_begin(&scan, reader->input->text);
    while (status == STATUS_OK && (status = json_scan_next(&scan, &member)) == STATUS_OK) {
        status = envelope_member(reader, envelope, &member);
    }
    if (status == STATUS_NO_MEMORY) {
        return status;
    }
    if (status == STATUS_TOO_LARGE) {
        REFUSE(reader, 413, "%.*s: %zu bytes, at most %zu allowed", STR_ARG(member.key),
               member.raw.len, reader->limits->event_bytes);
    } else if (status != STATUS_END) {
        refuse_syntax(reader, status, scan.offset);
    }
    return STATUS_OK;
}

static bool resolve_envelope(struct activity_reader *reader, struct str key) {
    if (reader->project.data || key.len == 0) {
        return true;
    }
    if (!reader->keys->find(reader->keys->context, key, reader->arena, &reader->project)) {
        REFUSE(reader, 401, "the write key is not known");
        return false;
    }
    return true;
}

static enum status read_list(struct activity_reader *reader, struct str list) {
    struct json_scan scan;
    struct json_scan_member member;
    enum status status = json_scan_begin(&scan, list);
    activity_time_begin(reader);
    size_t start = (size_t)(list.data - reader->input->text.data);
    while (status == STATUS_OK && (status = json_scan_next(&scan, &member)) == STATUS_OK) {
        if (reader->seen == reader->limits->events) {
            REFUSE(reader, 413, "more than %u events in one request", reader->limits->events);
            return STATUS_OK;
        }
        status = activity_read_item(reader, member.raw);
        if (status != STATUS_OK) {
            return status;
        }
    }
    if (status != STATUS_END) {
        refuse_syntax(reader, status, start + scan.offset);
    }
    return STATUS_OK;
}

static enum status read_batch(struct activity_reader *reader, const struct envelope *envelope) {
    if (!resolve_envelope(reader, envelope->key)) {
        return STATUS_OK;
    }
    if (!envelope->batch.data || envelope->batch_type != JSON_ARRAY) {
        REFUSE(reader, 400, "batch: an array of events is expected");
        return STATUS_OK;
    }
    return read_list(reader, envelope->batch);
}

static enum status read_one(struct activity_reader *reader) {
    reader->result->single = true;
    if (reader->input->text.len > reader->limits->event_bytes) {
        REFUSE(reader, 413, "the event has %zu bytes, at most %zu are allowed",
               reader->input->text.len, reader->limits->event_bytes);
        return STATUS_OK;
    }
    activity_time_begin(reader);
    return activity_read_item(reader, reader->input->text);
}

static enum status read_text(struct activity_reader *reader) {
    const struct activity_input *input = reader->input;
    bool array = json_looks_like(input->text, JSON_ARRAY);
    if (!array && !json_looks_like(input->text, JSON_OBJECT)) {
        REFUSE(reader, 400, "the body is not a JSON object or array");
        return STATUS_OK;
    }
    if (array) {
        if (input->shape != ACTIVITY_ANY) {
            REFUSE(reader, 400, "the body is an array, an object is expected");
            return STATUS_OK;
        }
        return read_list(reader, input->text);
    }
    // A plain event may well have a member of that name; only the dialects of SDKs have batches.
    if (input->shape == ACTIVITY_ONE || input->dialect == &activity_dialect_plain) {
        return read_one(reader);
    }
    struct envelope envelope = {.batch = STR_EMPTY};
    enum status status = read_envelope(reader, &envelope);
    if (status != STATUS_OK || reader->result->refused) {
        return status;
    }
    if (input->shape == ACTIVITY_ANY && !envelope.batch.data) {
        return read_one(reader);
    }
    return read_batch(reader, &envelope);
}

// A list of nothing with a known key is fine; nothing of it with any known key is not.
static void judge_keys(struct activity_reader *reader) {
    struct activity_result *result = reader->result;
    if (result->refused == 0 && !reader->project.data && result->count == 0 &&
        reader->keyless == reader->seen) {
        REFUSE(reader, 401, "no known write key in Authorization, ?writeKey= or the body");
    }
}

enum status activity_read(const struct activity_input *input, const struct activity_limits *limits,
                          const struct activity_keys *keys, struct random_source *random,
                          struct activity_worker *worker, struct arena *arena,
                          struct activity_result *result) {
    struct activity_reader reader = {
        .input = input,
        .limits = limits,
        .keys = keys,
        .random = random,
        .worker = worker,
        .arena = arena,
        .result = result,
        .project = input->project,
        .sent_at = input->sent_at,
    };
    *result = (struct activity_result){.refused = 0};
    enum status status = read_text(&reader);
    if (status == STATUS_TOO_LARGE) {
        REFUSE(&reader, 413, "the events of this request need more than %zu bytes",
               limits->record_bytes);
        status = STATUS_OK;
    }
    if (status == STATUS_OK) {
        judge_keys(&reader);
    }
    if (result->refused != 0) {
        result->count = 0;
        result->rejected_count = 0;
        if (!result->reason.data) {
            status = STATUS_NO_MEMORY;
        }
    }
    return status;
}
