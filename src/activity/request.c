// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// One request from its body to its reply: read on the loop thread, appended, answered from the log's acknowledgement.
#include "activity/activity_private.h"
#include "activity/intake.h"
#include "base/check.h"
#include "http/problem.h"
#include "http/query.h"
#include "otlp/otlp.h"

#define USER_AGENT_MAX 512
#define HEADER_ID_MAX 400 // base64 of the longest id

// What lives from reading to acknowledgement; in the exchange's arena.
struct ingest {
    struct eventlog_append append;
    struct activity *activity;
    struct http_exchange *exchange;
    const struct activity_route *route;
    struct str json;    // that did not come as a body; data NULL: the body is to be read
    struct str dialect; // for metrics
    int64_t append_us;  // monotonic, when the log got the records
    bool looked;        // at the keys in the store: one that is not known now is not known at all
    bool rendered; // the reply is in the exchange's body; otherwise it is the dialect's constant
};

static const unsigned char gif[] = {
    'G', 'I',  'F',  '8',  '9',  'a',  1, 0,    1, 0,    0x80, 0, 0,    0, 0,
    0,   0xff, 0xff, 0xff, 0x21, 0xf9, 4, 0x01, 0, 0,    0,    0, 0x2c, 0, 0,
    0,   0,    1,    0,    1,    0,    0, 2,    2, 0x44, 0x01, 0, 0x3b,
};

static void reply_accepted(const struct ingest *ingest) {
    struct http_exchange *exchange = ingest->exchange;
    const struct activity_dialect *dialect = ingest->route->dialect;
    unsigned status = dialect == &activity_dialect_plain ? 202 : 200;
    if (ingest->route->answer == ACTIVITY_ANSWER_GIF) {
        http_reply_send_static(exchange, 200, "image/gif", str_make((const char *)gif, sizeof gif));
    } else if (ingest->rendered) {
        http_reply_send(exchange, status, "application/json");
    } else {
        http_reply_send_static(exchange, status, "application/json", dialect->accepted);
    }
}

static int64_t now_us(const struct ingest *ingest) {
    struct clock *clock = ingest->activity->config.clock;
    return clock->mono_us(clock);
}

// From handing the records to the log until they are on stable storage.
static void put_span(const struct ingest *ingest) {
    const struct http_trace *trace = ingest->exchange->trace;
    const struct eventlog_append *append = &ingest->append;
    if (!ingest->activity->config.otlp || !trace || !trace->sampled) {
        return;
    }
    const struct otlp_attribute attributes[] = {
        OTLP_NUMBER("messaging.batch.message_count", (int64_t)append->count),
        OTLP_TEXT("footfall.status", str_from_c(status_text(append->status))),
    };
    struct otlp_span span = {
        .trace_id = http_trace_id(trace),
        .parent_id = http_trace_span(trace),
        .name = STR("append"),
        .kind = OTLP_PRODUCER,
        .start_us = ingest->append_us,
        .end_us = now_us(ingest),
        .attributes = attributes,
        .attribute_count = sizeof attributes / sizeof attributes[0],
        .failed = append->status != STATUS_OK,
    };
    otlp_put(ingest->activity->config.otlp, &span);
}

// On a thread of the log; nothing here blocks.
static void appended(struct eventlog_append *append) {
    struct ingest *ingest = append->context;
    const struct activity_metrics *metrics = &ingest->activity->metrics;
    put_span(ingest);
    if (append->status == STATUS_OK) {
        activity_count_accepted(metrics, ingest->dialect, append->count);
        activity_count_request(metrics, ingest->dialect, ACTIVITY_ACCEPTED);
        reply_accepted(ingest);
        return;
    }
    activity_give_back(ingest->activity, append->records, append->count);
    activity_count_request(metrics, ingest->dialect, ACTIVITY_UNAVAILABLE);
    buffer_clear(http_reply_body(ingest->exchange));
    activity_reply_unkept(ingest->exchange, append->status);
}

static void refuse(struct ingest *ingest, unsigned status, struct str detail) {
    activity_count_request(&ingest->activity->metrics, ingest->dialect, ACTIVITY_REFUSED);
    activity_reply_refusal(ingest->exchange, status, detail);
}

static void no_memory(struct ingest *ingest) {
    activity_count_request(&ingest->activity->metrics, ingest->dialect, ACTIVITY_UNAVAILABLE);
    activity_reply_unkept(ingest->exchange, STATUS_NO_MEMORY);
}

static void answer(struct ingest *ingest, const struct activity_result *result) {
    const struct activity_metrics *metrics = &ingest->activity->metrics;
    const struct activity_dialect *dialect = ingest->route->dialect;
    for (size_t i = 0; i < result->rejected_count; i++) {
        activity_count_rejected(metrics, ingest->dialect, result->rejected[i].status);
    }
    if (result->refused) {
        refuse(ingest, result->refused, result->reason);
        return;
    }
    if (result->single && result->rejected_count > 0) {
        activity_count_request(metrics, ingest->dialect, ACTIVITY_REFUSED);
        activity_reply_rejected(ingest->exchange, &result->rejected[0]);
        return;
    }
    if (result->count > 0) {
        ingest->exchange->project = activity_project_of_record(&result->records[0]);
    }
    if (!activity_admit(ingest->activity, ingest->exchange, result->records, result->count)) {
        activity_count_request(metrics, ingest->dialect, ACTIVITY_UNAVAILABLE);
        return;
    }
    ingest->rendered =
        result->rejected_count > 0 || (dialect == &activity_dialect_plain && result->count != 1);
    if (ingest->rendered && ingest->route->answer == ACTIVITY_ANSWER_JSON) {
        activity_render_reply(ingest->exchange, dialect, result);
    }
    ingest->append = (struct eventlog_append){
        .records = result->records,
        .count = result->count,
        .done = appended,
        .context = ingest,
    };
    ingest->append_us = now_us(ingest);
    eventlog_append(ingest->activity->config.log, &ingest->append);
}

static struct str header_text(const struct http_exchange *exchange, struct str name, size_t max) {
    struct str value = http_request_header(exchange, name);
    return value.len <= max && str_is_utf8(value) ? value : STR_EMPTY;
}

// Tracking Preference Expression section 5.2; Global Privacy Control section 3.1.
static bool is_one(const struct http_exchange *exchange, struct str name) {
    return str_equal(http_request_header(exchange, name), STR("1"));
}

// RudderStack's browser SDK sends it in base64, older ones as it is.
static struct str header_anonymous_id(struct http_exchange *exchange) {
    struct str value = header_text(exchange, STR("AnonymousId"), HEADER_ID_MAX);
    size_t len;
    char *decoded = value.len > 0 ? arena_alloc(&exchange->arena, value.len) : NULL;
    if (decoded && value.len % 4 == 0 && intake_decode_base64(value, decoded, &len) && len > 0 &&
        str_is_utf8(str_make(decoded, len)) && !memchr(decoded, '\0', len)) {
        return str_make(decoded, len);
    }
    return value;
}

// Of a request that is sampled: the rest would cost every event 67 bytes that nobody looks at.
static struct str trace_of(const struct http_exchange *exchange) {
    return exchange->trace && exchange->trace->sampled ? str_from_c(exchange->trace->parent)
                                                       : STR_EMPTY;
}

static void looked_again(struct http_exchange *exchange, enum status status, void *context);

static bool names_unknown_key(const struct activity_result *result) {
    bool unknown = result->refused == 401;
    for (size_t i = 0; i < result->rejected_count && !unknown; i++) {
        unknown = result->rejected[i].status == STATUS_NOT_FOUND;
    }
    return unknown;
}

static void read_json(struct ingest *ingest, struct str json, struct str form_key) {
    struct activity *activity = ingest->activity;
    struct http_exchange *exchange = ingest->exchange;
    struct activity_worker *worker = activity_worker_get(activity);
    const struct activity_keys keys = {activity_find_project, activity};
    struct activity_result result;
    struct activity_input input = {
        .dialect = ingest->route->dialect,
        .shape = ingest->route->shape,
        .has_type = ingest->route->has_type,
        .type = ingest->route->type,
        .text = json,
        .project = activity_project_of_request(activity, exchange),
        .anonymous_id = header_anonymous_id(exchange),
        .sent_at = header_text(exchange, STR("SentAt"), 64),
        .ip = exchange->request.remote_ip,
        .user_agent = header_text(exchange, STR("User-Agent"), USER_AGENT_MAX),
        .trace = trace_of(exchange),
        .do_not_track = is_one(exchange, STR("DNT")),
        .global_privacy_control = is_one(exchange, STR("Sec-GPC")),
        .received_ms = exchange->request.received_ms,
    };
    if (!input.project.data && form_key.len > 0 &&
        !activity_find_project(activity, form_key, &exchange->arena, &input.project)) {
        input.project = STR_EMPTY;
    }
    if (!worker || activity_read(&input, &activity->limits, &keys, activity->config.random, worker,
                                 &exchange->arena, &result) != STATUS_OK) {
        no_memory(ingest);
        return;
    }
    if (result.dialect.data) {
        ingest->dialect = result.dialect;
    }
    if (activity->config.refresh && !ingest->looked && names_unknown_key(&result)) {
        auth_refresh_ask(activity->config.refresh, exchange, looked_again, ingest);
        return;
    }
    answer(ingest, &result);
}

static struct ingest *begin(struct activity *activity, struct http_exchange *exchange,
                            const struct activity_route *route) {
    struct ingest *ingest = arena_alloc(&exchange->arena, sizeof *ingest);
    http_cors_allow(exchange);
    if (!ingest) {
        activity_reply_unkept(exchange, STATUS_NO_MEMORY);
        return NULL;
    }
    *ingest = (struct ingest){
        .activity = activity,
        .exchange = exchange,
        .route = route,
        .dialect = route->dialect->name,
    };
    return ingest;
}

void activity_receive_json(struct activity *activity, struct http_exchange *exchange,
                           const struct activity_route *route, struct str json) {
    struct ingest *ingest = begin(activity, exchange, route);
    if (ingest) {
        ingest->json = json;
        read_json(ingest, json, STR_EMPTY);
    }
}

static bool query_is_known(struct http_exchange *exchange) {
    static const char *const names[] = {"writeKey"};
    struct str values[1];
    return http_query_read(exchange, names, values, 1);
}

static void read_body(struct ingest *ingest) {
    struct http_exchange *exchange = ingest->exchange;
    struct buffer inflated;
    struct intake intake;
    struct error err;
    enum status status =
        intake_read(exchange->request.body, ingest->activity->config.inflated_bytes,
                    &exchange->arena, &inflated, &intake, &err);
    if (status == STATUS_OK) {
        read_json(ingest, intake.json, intake.key);
    } else if (status == STATUS_NO_MEMORY) {
        no_memory(ingest);
    } else {
        refuse(ingest, status == STATUS_TOO_LARGE ? 413 : 400, str_from_c(err.text));
    }
    // Records and reasons are copies; nothing points into it any more.
    buffer_free(&inflated);
}

// All of it once more, now that the keys are what they were in the store a moment ago.
static void looked_again(struct http_exchange *exchange, enum status status, void *context) {
    struct ingest *ingest = context;
    ingest->looked = true;
    if (status != STATUS_OK) {
        activity_count_request(&ingest->activity->metrics, ingest->dialect, ACTIVITY_UNAVAILABLE);
        activity_reply_refusal(exchange, 503, STR("Keys cannot be looked up now; try again soon."));
    } else if (ingest->json.data) {
        read_json(ingest, ingest->json, STR_EMPTY);
    } else {
        read_body(ingest);
    }
}

void activity_receive(struct activity *activity, struct http_exchange *exchange,
                      const struct activity_route *route) {
    struct ingest *ingest = begin(activity, exchange, route);
    if (ingest &&
        (!route->strict_query || exchange->request.query.len == 0 || query_is_known(exchange))) {
        read_body(ingest);
    }
}
