// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Counts what was sent, by dialect, and why some of it was not taken.
#include "activity/activity_private.h"

static const struct activity_dialect *const dialects[ACTIVITY_DIALECTS] = {
    &activity_dialect_plain,
    &activity_dialect_segment,
    &activity_dialect_rudder,
    &activity_dialect_posthog,
};
static const char *const outcomes[ACTIVITY_OUTCOMES] = {"accepted", "refused", "unavailable"};
static const char *const reasons[ACTIVITY_REASONS] = {"invalid", "syntax", "utf8",
                                                      "depth",   "size",   "key"};

static unsigned reason_of(enum status status) {
    static const struct {
        enum status status;
        unsigned reason;
    } others[] = {{STATUS_SYNTAX, 1},       {STATUS_TRUNCATED, 1}, {STATUS_DUPLICATE_KEY, 1},
                  {STATUS_INVALID_UTF8, 2}, {STATUS_TOO_DEEP, 3},  {STATUS_TOO_LARGE, 4},
                  {STATUS_NOT_FOUND, 5}};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        if (others[i].status == status) {
            return others[i].reason;
        }
    }
    return 0;
}

static unsigned dialect_of(struct str name) {
    for (unsigned i = 1; i < ACTIVITY_DIALECTS; i++) {
        if (str_equal(dialects[i]->name, name)) {
            return i;
        }
    }
    return 0;
}

static metrics_id counter(const char *name, const char *help, struct str dialect, const char *label,
                          const char *value) {
    char text[128];
    struct buffer labels;
    buffer_init_fixed(&labels, text, sizeof text - 1);
    buffer_printf(&labels, "dialect=\"%.*s\"", STR_ARG(dialect));
    if (label) {
        buffer_printf(&labels, ",%s=\"%s\"", label, value);
    }
    text[labels.len] = '\0';
    return metrics_counter(name, help, text);
}

void activity_metrics_register(struct activity_metrics *metrics) {
    for (unsigned d = 0; d < ACTIVITY_DIALECTS; d++) {
        struct str name = dialects[d]->name;
        metrics->accepted[d] = counter("footfall_events_accepted_total",
                                       "Events acknowledged by the event log.", name, NULL, NULL);
        for (unsigned r = 0; r < ACTIVITY_REASONS; r++) {
            metrics->rejected[d][r] =
                counter("footfall_events_rejected_total",
                        "Events not taken, by the kind of reason.", name, "reason", reasons[r]);
        }
        for (unsigned o = 0; o < ACTIVITY_OUTCOMES; o++) {
            metrics->requests[d][o] =
                counter("footfall_ingest_requests_total", "Requests that bring events, by outcome.",
                        name, "outcome", outcomes[o]);
        }
    }
}

void activity_count_accepted(const struct activity_metrics *metrics, struct str dialect, size_t n) {
    metrics_add(metrics->accepted[dialect_of(dialect)], n);
}

void activity_count_rejected(const struct activity_metrics *metrics, struct str dialect,
                             enum status reason) {
    metrics_add(metrics->rejected[dialect_of(dialect)][reason_of(reason)], 1);
}

void activity_count_request(const struct activity_metrics *metrics, struct str dialect,
                            enum activity_outcome outcome) {
    metrics_add(metrics->requests[dialect_of(dialect)][outcome], 1);
}
