// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The queue of encoded spans and the thread that sends them.
//
//   waiting  [span\n][span\n][span\n]   under the mutex, at most queue_bytes
//   sending  [span\n][span\n]           the thread's: a batch that is kept until it is taken, or never will be
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/metrics.h"
#include "base/thread.h"
#include "base/uuid.h"
#include "otlp/encode.h"
#include "otlp/otlp.h"
#include "otlp/post.h"

#define SPAN_BYTES 4096               // of one, encoded
#define BATCH_BYTES ((size_t)1 << 19) // of one request, before compressing
#define BODY_BYTES                                                                                 \
    ((size_t)1 << 20) // of any request: a batch and what stands around it, or all metrics
#define BATCH_ROOM ((size_t)2048) // what stands around the spans
#define BACKOFF_FIRST_MS 1000
#define BACKOFF_MOST_MS 30000
#define FAREWELL_US (2 * INT64_C(1000000)) // for what is left when the process ends
#define CLOCK_SLACK_NS (50 * INT64_C(1000000))

struct otlp_exporter {
    struct otlp_config config;
    char role[16];
    char instance[UUID_TEXT_LEN + 1];
    struct otlp_resource resource;
    struct thread thread;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    struct buffer waiting; // M, as are the next five
    size_t waiting_spans;
    bool stopping;
    int64_t wall_ns, mono_us;   // the same moment by both clocks
    _Atomic int64_t give_up_us; // monotonic; 0: not stopping
    struct otlp_post *post;     // the thread's, as is what follows
    struct buffer sending, body;
    size_t sending_spans;
    unsigned failures; // in a row
    int64_t start_ns;
    int64_t metrics_us;        // monotonic, when metrics are to be sent next
    unsigned metrics_failures; // in a row
    metrics_id dropped, sent, failed;
};

// --- Putting --------------------------------------------------------------------------------------------------------

// Spans of one process fit one another although the wall clock counts milliseconds; when that is set it is followed.
static int64_t wall_ns(struct otlp_exporter *exporter, int64_t mono_us, int64_t now_us) {
    struct clock *clock = exporter->config.clock;
    int64_t now_ns = clock->wall_ms(clock) * 1000000;
    int64_t expected = exporter->wall_ns + (now_us - exporter->mono_us) * 1000;
    if (expected - now_ns > CLOCK_SLACK_NS || now_ns - expected > CLOCK_SLACK_NS) {
        exporter->wall_ns = now_ns;
        exporter->mono_us = now_us;
    }
    return exporter->wall_ns + (mono_us - exporter->mono_us) * 1000;
}

static struct str make_id(struct random_source *random, char out[17]) {
    static const char hex[] = "0123456789abcdef";
    uint64_t bits = random_u64(random) | 1; // zero is none
    for (unsigned i = 0; i < 16; i++) {
        out[i] = hex[bits >> (60 - 4 * i) & 15];
    }
    return str_make(out, 16);
}

void otlp_put(struct otlp_exporter *exporter, const struct otlp_span *given) {
    if (!exporter) {
        return;
    }
    char text[SPAN_BYTES], id[17];
    struct buffer encoded;
    struct json_writer writer;
    struct otlp_span span = *given;
    struct clock *clock = exporter->config.clock;
    int64_t now_us = clock->mono_us(clock);
    if (span.span_id.len == 0) {
        span.span_id = make_id(exporter->config.random, id);
    }
    thread_must(pthread_mutex_lock(&exporter->mutex));
    int64_t end_ns = wall_ns(exporter, span.end_us, now_us);
    thread_must(pthread_mutex_unlock(&exporter->mutex));
    buffer_init_fixed(&encoded, text, sizeof text);
    json_writer_init(&writer, &encoded);
    otlp_encode_span(&writer, &span, end_ns - (span.end_us - span.start_us) * 1000, end_ns);
    buffer_append_char(&encoded, '\n');
    bool kept = json_writer_status(&writer) == STATUS_OK && buffer_status(&encoded) == STATUS_OK;
    thread_must(pthread_mutex_lock(&exporter->mutex));
    struct buffer *waiting = &exporter->waiting;
    kept = kept && encoded.len <= waiting->max - waiting->len &&
           buffer_reserve(waiting, encoded.len) == STATUS_OK;
    if (kept) {
        buffer_append(waiting, encoded.data, encoded.len);
        exporter->waiting_spans++;
    }
    bool many = kept && waiting->len >= BATCH_BYTES;
    if (many) {
        thread_must(pthread_cond_signal(&exporter->changed));
    }
    thread_must(pthread_mutex_unlock(&exporter->mutex));
    if (!kept) {
        metrics_add(exporter->dropped, 1);
    }
}

// --- Sending --------------------------------------------------------------------------------------------------------

static int64_t now_us(const struct otlp_exporter *exporter) {
    return exporter->config.clock->mono_us(exporter->config.clock);
}

static bool give_up(void *context) {
    struct otlp_exporter *exporter = context;
    int64_t at = atomic_load(&exporter->give_up_us);
    return at != 0 && now_us(exporter) >= at;
}

// The next batch, when the last one is gone. False: there is none.
static bool take_batch(struct otlp_exporter *exporter) {
    if (exporter->sending_spans > 0) {
        return true;
    }
    buffer_clear(&exporter->sending);
    thread_must(pthread_mutex_lock(&exporter->mutex));
    struct buffer *waiting = &exporter->waiting;
    size_t len = waiting->len;
    if (len > BATCH_BYTES) {
        len = BATCH_BYTES;
        while (waiting->data[len - 1] != '\n') {
            len--;
        }
    }
    size_t spans = 0;
    for (size_t i = 0; i < len; i++) {
        spans += waiting->data[i] == '\n';
    }
    if (spans > 0 && buffer_reserve(&exporter->sending, len) == STATUS_OK) {
        buffer_append(&exporter->sending, waiting->data, len);
        buffer_consume(waiting, len);
        exporter->sending_spans = spans;
        exporter->waiting_spans -= spans;
    }
    thread_must(pthread_mutex_unlock(&exporter->mutex));
    return exporter->sending_spans > 0;
}

static enum status post_batch(struct otlp_exporter *exporter, int64_t *wait_ms, struct error *err) {
    buffer_clear(&exporter->body);
    otlp_encode_traces(&exporter->body, &exporter->resource, buffer_str(&exporter->sending));
    enum status status = buffer_status(&exporter->body);
    *wait_ms = -1;
    return status == STATUS_OK ? otlp_post_send(exporter->post, "/v1/traces",
                                                buffer_str(&exporter->body), wait_ms, err)
                               : error_set(err, status, "%s", status_text(status));
}

// Half of it is by chance, so that not all processes come back at the same moment.
static int64_t backoff_ms(const struct otlp_exporter *exporter, unsigned failures) {
    unsigned doublings = failures < 6 ? failures - 1 : 5;
    int64_t most = (int64_t)BACKOFF_FIRST_MS << doublings;
    most = most < BACKOFF_MOST_MS ? most : BACKOFF_MOST_MS;
    return most / 2 + (int64_t)random_below(exporter->config.random, (uint64_t)most / 2 + 1);
}

static void tell_failure(unsigned failures, const char *what, const struct error *err) {
    if (failures == 1) { // once, until it works again
        LOG_WARN("otlp", what, LOG_CSTR("reason", err->text));
    } else {
        LOG_DEBUG("otlp", what, LOG_CSTR("reason", err->text));
    }
}

// Sends batch after batch. Returns how long to wait before the next attempt; 0: all is sent.
static int64_t send_all(struct otlp_exporter *exporter) {
    while (take_batch(exporter) && !give_up(exporter)) {
        struct error err = {STATUS_OK, ""};
        int64_t wait_ms = -1;
        enum status status = post_batch(exporter, &wait_ms, &err);
        if (status == STATUS_OK) {
            if (exporter->failures > 0) {
                LOG_INFO("otlp", "the collector takes spans again");
            }
            exporter->failures = 0;
            metrics_add(exporter->sent, exporter->sending_spans);
            exporter->sending_spans = 0;
            continue;
        }
        exporter->failures++;
        metrics_add(exporter->failed, 1);
        if (status == STATUS_INVALID) {
            tell_failure(exporter->failures, "spans are refused, and dropped", &err);
            metrics_add(exporter->dropped, exporter->sending_spans);
            exporter->sending_spans = 0;
            continue;
        }
        tell_failure(exporter->failures, "spans cannot be sent; they wait", &err);
        return wait_ms > 0 ? wait_ms : backoff_ms(exporter, exporter->failures);
    }
    return 0;
}

// What the registry holds now. One that cannot be sent is not kept: the next one says as much.
static void send_metrics(struct otlp_exporter *exporter) {
    struct error err = {STATUS_OK, ""};
    struct clock *clock = exporter->config.clock;
    int64_t next_ms = exporter->config.metrics_ms, wait_ms = -1;
    buffer_clear(&exporter->body);
    enum status status = otlp_encode_metrics(&exporter->body, &exporter->resource,
                                             exporter->start_ns, clock->wall_ms(clock) * 1000000);
    status = status == STATUS_OK ? otlp_post_send(exporter->post, "/v1/metrics",
                                                  buffer_str(&exporter->body), &wait_ms, &err)
                                 : error_set(&err, status, "%s", status_text(status));
    if (status == STATUS_OK) {
        exporter->metrics_failures = 0;
    } else {
        exporter->metrics_failures++;
        metrics_add(exporter->failed, 1);
        tell_failure(exporter->metrics_failures, "metrics cannot be sent", &err);
        wait_ms = wait_ms > 0 ? wait_ms : backoff_ms(exporter, exporter->metrics_failures);
        next_ms = next_ms > wait_ms ? next_ms : wait_ms;
    }
    exporter->metrics_us = now_us(exporter) + next_ms * 1000;
}

// Until that time, or until spans for a whole batch wait, when they count, or until the end: false.
static bool wait_until(struct otlp_exporter *exporter, int64_t until, bool whole_batch) {
    thread_must(pthread_mutex_lock(&exporter->mutex));
    while (!exporter->stopping && !(whole_batch && exporter->waiting.len >= BATCH_BYTES)) {
        int64_t left = until - now_us(exporter);
        if (left <= 0 || !thread_cond_wait_us(&exporter->changed, &exporter->mutex, left)) {
            break;
        }
    }
    bool stopping = exporter->stopping;
    thread_must(pthread_mutex_unlock(&exporter->mutex));
    return !stopping;
}

static void *run(void *context) {
    struct otlp_exporter *exporter = context;
    bool metrics = exporter->config.metrics_ms > 0;
    int64_t spans_us = now_us(exporter) + exporter->config.interval_ms * 1000;
    bool failing = false;
    for (;;) {
        int64_t next_us =
            metrics && exporter->metrics_us < spans_us ? exporter->metrics_us : spans_us;
        if (!wait_until(exporter, next_us, !failing)) {
            break;
        }
        // Before their time only when there are many, which is no reason to ask sooner after a failure.
        bool due = now_us(exporter) >= spans_us || next_us == spans_us;
        if (due || !failing) {
            int64_t wait_ms = send_all(exporter);
            failing = wait_ms > 0;
            spans_us = now_us(exporter) + (failing ? wait_ms : exporter->config.interval_ms) * 1000;
        }
        if (metrics && now_us(exporter) >= exporter->metrics_us) {
            send_metrics(exporter);
        }
    }
    (void)send_all(exporter);
    if (metrics && !give_up(exporter)) {
        send_metrics(exporter);
    }
    return NULL;
}

// --- Making ---------------------------------------------------------------------------------------------------------

static void destroy(struct otlp_exporter *exporter) {
    otlp_post_free(exporter->post);
    buffer_free(&exporter->waiting);
    buffer_free(&exporter->sending);
    buffer_free(&exporter->body);
    thread_must(pthread_cond_destroy(&exporter->changed));
    thread_must(pthread_mutex_destroy(&exporter->mutex));
    free(exporter);
}

static void register_metrics(struct otlp_exporter *exporter) {
    exporter->dropped = metrics_counter(
        "footfall_otlp_dropped_total",
        "Spans that were dropped: the queue was full, the collector refused them, or the end.",
        NULL);
    exporter->sent =
        metrics_counter("footfall_otlp_sent_total", "Spans that the collector took.", NULL);
    exporter->failed = metrics_counter("footfall_otlp_failures_total",
                                       "Requests to the collector that failed.", NULL);
}

static struct otlp_exporter *make(const struct otlp_config *config) {
    struct otlp_exporter *exporter = calloc(1, sizeof *exporter);
    if (!exporter) {
        return NULL;
    }
    exporter->config = *config;
    exporter->wall_ns = config->clock->wall_ms(config->clock) * 1000000;
    exporter->mono_us = config->clock->mono_us(config->clock);
    exporter->start_ns = exporter->wall_ns;
    exporter->metrics_us = exporter->mono_us + config->metrics_ms * 1000;
    size_t len =
        config->role.len < sizeof exporter->role - 1 ? config->role.len : sizeof exporter->role - 1;
    memcpy(exporter->role, config->role.data, len);
    uuid_v7(exporter->wall_ns / 1000000, config->random, exporter->instance);
    exporter->resource = (struct otlp_resource){str_make(exporter->role, len),
                                                str_make(exporter->instance, UUID_TEXT_LEN)};
    buffer_init(&exporter->waiting, config->queue_bytes);
    buffer_init(&exporter->sending, BATCH_BYTES + SPAN_BYTES);
    buffer_init(&exporter->body, BODY_BYTES);
    thread_must(pthread_mutex_init(&exporter->mutex, NULL));
    thread_cond_init(&exporter->changed);
    register_metrics(exporter);
    return exporter;
}

enum status otlp_start(const struct otlp_config *config, struct otlp_exporter **out,
                       struct error *err) {
    struct otlp_exporter *exporter = make(config);
    *out = NULL;
    if (!exporter) {
        return error_set(err, STATUS_NO_MEMORY, "tracing.otlp: out of memory");
    }
    enum status status =
        otlp_post_make(config->endpoint, config->headers, give_up, exporter, &exporter->post, err);
    if (status == STATUS_OK) {
        status = thread_start(&exporter->thread, "otlp", run, exporter);
        if (status != STATUS_OK) {
            (void)error_set(err, status, "tracing.otlp: its thread cannot be started");
        }
    }
    if (status != STATUS_OK) {
        destroy(exporter);
        return status;
    }
    *out = exporter;
    return STATUS_OK;
}

void otlp_stop(struct otlp_exporter *exporter) {
    if (!exporter) {
        return;
    }
    atomic_store(&exporter->give_up_us, now_us(exporter) + FAREWELL_US);
    thread_must(pthread_mutex_lock(&exporter->mutex));
    exporter->stopping = true;
    thread_must(pthread_cond_signal(&exporter->changed));
    thread_must(pthread_mutex_unlock(&exporter->mutex));
    thread_join(&exporter->thread);
    size_t left = exporter->waiting_spans + exporter->sending_spans;
    if (left > 0) {
        metrics_add(exporter->dropped, left);
        LOG_WARN("otlp", "spans were not sent before the end", LOG_INT("spans", left));
    }
    destroy(exporter);
}
