// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Notes the traced events of a cycle, and makes spans of them when it is committed. Changes nothing that is stored.
#include "processor/traces.h"

#include <stdlib.h>

#include "base/log.h"
#include "http/trace.h"
#include "otlp/otlp.h"

#define NOTES_MAX 4096 // a cycle; further ones are told to the log alone

struct traced_event {
    char trace[HTTP_TRACEPARENT_LEN];
    char project[64], id[EVENT_ID_MAX];
    size_t project_len, id_len;
    const char *outcome;
    int64_t offset;
    int64_t waited_ms; // in the event log
    int64_t taken_us;
};

static size_t copy(char *out, size_t size, struct str text) {
    size_t len = text.len < size ? text.len : 0; // longer ones are none that we made
    memcpy(out, text.len > 0 ? text.data : "", len);
    return len;
}

static struct traced_event *add(struct traces *traces) {
    if (traces->count == traces->capacity) {
        size_t capacity = traces->capacity ? traces->capacity * 2 : 16;
        struct traced_event *list =
            capacity <= NOTES_MAX ? realloc(traces->list, capacity * sizeof *list) : NULL;
        if (!list) {
            return NULL; // a span less
        }
        traces->list = list;
        traces->capacity = capacity;
    }
    return &traces->list[traces->count++];
}

void traces_note(struct partition *partition, const struct eventlog_view *record,
                 const struct event *event, const char *outcome) {
    if (event->trace.len != HTTP_TRACEPARENT_LEN) {
        return;
    }
    const struct processor_config *config = &partition->worker->shared->config;
    int64_t waited_ms = config->clock->wall_ms(config->clock) - record->timestamp_ms;
    LOG_DEBUG("processor", "traced event", LOG_CSTR("outcome", outcome),
              LOG_STR("traceId", str_make(event->trace.data + 3, HTTP_TRACE_ID_LEN)),
              LOG_STR("callerSpanId",
                      str_make(event->trace.data + 4 + HTTP_TRACE_ID_LEN, HTTP_SPAN_ID_LEN)),
              LOG_STR("project", event->project), LOG_STR("id", event->id),
              LOG_INT("partition", partition->number), LOG_INT("offset", record->offset),
              LOG_INT("afterMs", waited_ms));
    struct traced_event *noted = config->otlp ? add(&partition->traces) : NULL;
    if (noted) {
        memcpy(noted->trace, event->trace.data, sizeof noted->trace);
        noted->project_len = copy(noted->project, sizeof noted->project, event->project);
        noted->id_len = copy(noted->id, sizeof noted->id, event->id);
        noted->outcome = outcome;
        noted->offset = record->offset;
        noted->waited_ms = waited_ms;
        noted->taken_us = config->clock->mono_us(config->clock);
    }
}

// Records may come from anywhere: what is no traceparent is none of ours.
static bool is_hexadecimal(const char *text, size_t len) {
    bool is = true;
    for (size_t i = 0; i < len && is; i++) {
        is = (text[i] >= '0' && text[i] <= '9') || (text[i] >= 'a' && text[i] <= 'f');
    }
    return is;
}

static void put(const struct partition *partition, const struct traced_event *noted,
                int64_t now_us) {
    const char *trace = noted->trace + 3, *caller = noted->trace + 4 + HTTP_TRACE_ID_LEN;
    const struct otlp_attribute attributes[] = {
        OTLP_TEXT("footfall.outcome", str_from_c(noted->outcome)),
        OTLP_TEXT("footfall.project", str_make(noted->project, noted->project_len)),
        OTLP_TEXT("messaging.message.id", str_make(noted->id, noted->id_len)),
        OTLP_NUMBER("messaging.destination.partition.id", partition->number),
        OTLP_NUMBER("footfall.offset", noted->offset),
        OTLP_NUMBER("footfall.waited_ms", noted->waited_ms),
    };
    struct otlp_span span = {
        .trace_id = str_make(trace, HTTP_TRACE_ID_LEN),
        .parent_id = str_make(caller, HTTP_SPAN_ID_LEN),
        .name = STR("process"),
        .kind = OTLP_CONSUMER,
        .start_us = noted->taken_us,
        .end_us = now_us,
        .attributes = attributes,
        .attribute_count = sizeof attributes / sizeof attributes[0],
        .failed = strcmp(noted->outcome, "dead letter") == 0,
    };
    if (is_hexadecimal(trace, HTTP_TRACE_ID_LEN) && is_hexadecimal(caller, HTTP_SPAN_ID_LEN)) {
        otlp_put(partition->worker->shared->config.otlp, &span);
    }
}

void traces_commit(struct partition *partition) {
    struct traces *traces = &partition->traces;
    if (traces->count == 0) {
        return;
    }
    struct clock *clock = partition->worker->shared->config.clock;
    int64_t now_us = clock->mono_us(clock);
    for (size_t i = 0; i < traces->count; i++) {
        put(partition, &traces->list[i], now_us);
    }
    traces->count = 0;
}

void traces_discard(struct partition *partition) {
    partition->traces.count = 0;
}

void traces_free(struct partition *partition) {
    free(partition->traces.list);
    partition->traces = (struct traces){NULL, 0, 0};
}
