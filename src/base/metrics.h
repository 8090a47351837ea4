// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Counters, gauges and histograms: per-thread cells, merged when scraped, Prometheus text.
//
// The registry is global (the one exception besides the log sink). Registration happens at start-up, before threads, and
// is idempotent by name+labels; it returns a small id. Adding is one relaxed atomic add to a cell of the calling thread.
// Cells of a finished thread are kept in the sums.
#ifndef FOOTFALL_BASE_METRICS_H
#define FOOTFALL_BASE_METRICS_H

#include <stdint.h>

#include "base/buffer.h"

#define METRICS_MAX 512 // cells in all; a histogram takes one a bucket and two more

typedef uint16_t
    metrics_id; // 0 is a cell that is never shown: what registration gives when the table is full

// name: Prometheus conventions (footfall_http_requests_total). labels: `code="200",route="/users/:id"` or NULL.
metrics_id metrics_counter(const char *name, const char *help, const char *labels);
void metrics_add(metrics_id id, uint64_t n);
uint64_t metrics_read(metrics_id id); // merged value, for tests and /status

// A histogram with fixed upper bounds (ascending, 1 to 16); values in the unit of the bounds (seconds for time).
metrics_id metrics_histogram(const char *name, const char *help, const char *labels,
                             const double *bounds, unsigned count);
void metrics_observe(metrics_id id, double value);

// A gauge is asked when scraped. read runs on the scraping thread and must be thread-safe and quick,
// and must not register, read or render metrics.
// Unregister before what context points to goes away.
metrics_id metrics_gauge(const char *name, const char *help, const char *labels,
                         double (*read)(void *context), void *context);
void metrics_gauge_remove(metrics_id id);
// The same, unless somebody else has registered it meanwhile: for what is replaced by its like before it goes.
void metrics_gauge_leave(metrics_id id, const void *context);

// What the registry holds, one sample a set of labels, those of one name one after another. It lives until visit returns. visit must not
// register, read, render or visit metrics.
enum metrics_kind { METRICS_COUNTER, METRICS_HISTOGRAM, METRICS_GAUGE };
struct metrics_sample {
    const char *name, *help;
    const char *labels; // NULL: none
    enum metrics_kind kind;
    uint64_t count;       // of a counter
    double value;         // of a gauge; of a histogram the sum
    const double *bounds; // of a histogram, as are the next two
    unsigned bound_count;
    const uint64_t *buckets; // bound_count + 1 of them, each for itself
};
void metrics_visit(void (*visit)(const struct metrics_sample *sample, void *context),
                   void *context);

// Text exposition format 0.0.4, with process_resident_memory_bytes, process_cpu_seconds_total, process_open_fds,
// process_start_time_seconds and footfall_thread_cpu_seconds_total{thread="..."}.
void metrics_render(struct buffer *out);
void metrics_reset_for_tests(void);

#endif
