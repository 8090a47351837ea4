// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The registry of metrics, the cells of each thread, and their sum as Prometheus text.
//
//   registry: family "footfall_http_requests_total" <- entries, one a set of labels -> first cell
//   blocks:   thread 1 [cell 0][cell 1]...   thread 2 [cell 0][cell 1]...   finished threads: `finished`
#include "base/metrics.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/metrics_private.h"
#include "base/thread.h"

#define BOUNDS_MAX 16

struct family {
    char *name;
    char *help;
    enum metrics_kind kind;
};

struct entry {
    char *labels; // NULL: none
    unsigned family;
    metrics_id
        cell; // the first; a histogram's buckets, the one above all bounds, and the sum follow one another
    unsigned bound_count;
    double bounds[BOUNDS_MAX];
    double (*read)(void *context); // gauge; NULL once removed
    void *context;
};

// Written by one thread, read by the one that scrapes.
struct block {
    struct block *next;
    struct block *previous;
    _Atomic(uint64_t) cells[METRICS_MAX];
};

static pthread_mutex_t mutex =
    PTHREAD_MUTEX_INITIALIZER; // guards what follows, but for the values of cells
static struct family families[METRICS_MAX];
static unsigned family_count;
static struct entry entries[METRICS_MAX];
static unsigned entry_count;
static unsigned cell_count = 1;             // cell 0 is for what found no place
static unsigned entry_of_cell[METRICS_MAX]; // by an entry's first cell
static bool cell_is_real[METRICS_MAX];      // holds the bits of a double
static struct block *blocks;
// Of threads that have ended, and of those that got no memory for a block.
static _Atomic(uint64_t) finished[METRICS_MAX];

static _Thread_local struct block *own_block;
static pthread_key_t block_key;
static pthread_once_t block_key_once = PTHREAD_ONCE_INIT;

static double real_of(uint64_t bits) {
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static uint64_t bits_of(double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static uint64_t load(_Atomic(uint64_t) *cell) {
    return atomic_load_explicit(cell, memory_order_relaxed);
}

// ---- cells ---------------------------------------------------------------------------------------

static void add_finished(unsigned cell, uint64_t bits) {
    if (!cell_is_real[cell]) {
        atomic_fetch_add_explicit(&finished[cell], bits, memory_order_relaxed);
        return;
    }
    uint64_t before = load(&finished[cell]);
    while (!atomic_compare_exchange_weak_explicit(&finished[cell], &before,
                                                  bits_of(real_of(before) + real_of(bits)),
                                                  memory_order_relaxed, memory_order_relaxed)) {
    }
}

// Runs when a thread ends.
static void fold_block(void *given) {
    struct block *block = given;
    thread_must(pthread_mutex_lock(&mutex));
    for (unsigned i = 0; i < METRICS_MAX; i++) {
        uint64_t bits = load(&block->cells[i]);
        if (bits != 0) {
            add_finished(i, bits);
        }
    }
    if (block->previous != NULL) {
        block->previous->next = block->next;
    } else {
        blocks = block->next;
    }
    if (block->next != NULL) {
        block->next->previous = block->previous;
    }
    thread_must(pthread_mutex_unlock(&mutex));
    own_block = NULL;
    free(block);
}

static void make_block_key(void) {
    thread_must(pthread_key_create(&block_key, fold_block));
}

// NULL when there is no memory.
static struct block *make_block(void) {
    thread_must(pthread_once(&block_key_once, make_block_key));
    struct block *block = calloc(1, sizeof *block);
    if (block == NULL || pthread_setspecific(block_key, block) != 0) {
        free(block);
        return NULL;
    }
    thread_must(pthread_mutex_lock(&mutex));
    block->next = blocks;
    if (blocks != NULL) {
        blocks->previous = block;
    }
    blocks = block;
    thread_must(pthread_mutex_unlock(&mutex));
    own_block = block;
    return block;
}

static void add_real(unsigned cell, double value) {
    struct block *block = own_block != NULL ? own_block : make_block();
    if (block == NULL) {
        add_finished(cell, bits_of(value));
        return;
    }
    double sum = real_of(load(&block->cells[cell])) + value;
    atomic_store_explicit(&block->cells[cell], bits_of(sum), memory_order_relaxed);
}

void metrics_add(metrics_id id, uint64_t n) {
    CHECK(id < METRICS_MAX);
    struct block *block = own_block != NULL ? own_block : make_block();
    if (block == NULL) {
        add_finished(id, n);
        return;
    }
    // No other thread writes here, so the sum needs no locked instruction.
    atomic_store_explicit(&block->cells[id], load(&block->cells[id]) + n, memory_order_relaxed);
}

void metrics_observe(metrics_id id, double value) {
    CHECK(id < METRICS_MAX);
    if (id == 0 || isnan(value)) {
        return;
    }
    const struct entry *entry = &entries[entry_of_cell[id]];
    unsigned bucket = 0;
    while (bucket < entry->bound_count && value > entry->bounds[bucket]) {
        bucket++;
    }
    metrics_add((metrics_id)(id + bucket), 1);
    add_real(id + entry->bound_count + 1, value);
}

// The merged value of a cell. Under the lock.
static uint64_t merged(unsigned cell) {
    uint64_t bits = load(&finished[cell]);
    for (struct block *block = blocks; block != NULL; block = block->next) {
        uint64_t more = load(&block->cells[cell]);
        bits = cell_is_real[cell] ? bits_of(real_of(bits) + real_of(more)) : bits + more;
    }
    return bits;
}

uint64_t metrics_read(metrics_id id) {
    CHECK(id < METRICS_MAX);
    thread_must(pthread_mutex_lock(&mutex));
    const struct entry *entry = &entries[entry_of_cell[id]];
    uint64_t value = 0;
    if (id == 0 || families[entry->family].kind == METRICS_COUNTER) {
        value = merged(id);
    } else if (families[entry->family].kind == METRICS_HISTOGRAM) {
        for (unsigned i = 0; i <= entry->bound_count; i++) {
            value += merged(id + i);
        }
    } else if (entry->read != NULL) {
        double now = entry->read(entry->context);
        value = now > 0 && now < 0x1p64 ? (uint64_t)now : 0;
    }
    thread_must(pthread_mutex_unlock(&mutex));
    return value;
}

// ---- registration --------------------------------------------------------------------------------

static char *copy_text(const char *text) {
    size_t size = strlen(text) + 1;
    char *copy = malloc(size);
    return copy == NULL ? NULL : memcpy(copy, text, size);
}

// Its index, or METRICS_MAX when there is no room.
static unsigned family_of(const char *name, const char *help, enum metrics_kind kind) {
    for (unsigned i = 0; i < family_count; i++) {
        if (strcmp(families[i].name, name) == 0) {
            CHECK(families[i].kind == kind);
            return i;
        }
    }
    if (family_count == METRICS_MAX) {
        return METRICS_MAX;
    }
    struct family family = {copy_text(name), copy_text(help), kind};
    if (family.name == NULL || family.help == NULL) {
        free(family.name);
        free(family.help);
        return METRICS_MAX;
    }
    families[family_count] = family;
    return family_count++;
}

static struct entry *find_entry(unsigned family, const char *labels) {
    for (unsigned i = 0; i < entry_count; i++) {
        struct entry *entry = &entries[i];
        const char *own = entry->labels == NULL ? "" : entry->labels;
        if (entry->family == family && strcmp(own, labels == NULL ? "" : labels) == 0) {
            return entry;
        }
    }
    return NULL;
}

static struct entry *add_entry(unsigned family, const char *labels, unsigned cells) {
    if (entry_count == METRICS_MAX || cells > METRICS_MAX - cell_count) {
        return NULL;
    }
    char *copy = NULL;
    if (labels != NULL && labels[0] != '\0') {
        copy = copy_text(labels);
        if (copy == NULL) {
            return NULL;
        }
    }
    struct entry *entry = &entries[entry_count];
    *entry = (struct entry){.labels = copy, .family = family, .cell = (metrics_id)cell_count};
    entry_of_cell[cell_count] = entry_count;
    entry_count++;
    cell_count += cells;
    return entry;
}

// The one of that name and those labels, made if need be. NULL when there is no room. Under the lock.
static struct entry *registered(const char *name, const char *help, const char *labels,
                                enum metrics_kind kind, unsigned cells) {
    unsigned family = family_of(name, help, kind);
    if (family == METRICS_MAX) {
        return NULL;
    }
    struct entry *entry = find_entry(family, labels);
    return entry != NULL ? entry : add_entry(family, labels, cells);
}

metrics_id metrics_counter(const char *name, const char *help, const char *labels) {
    thread_must(pthread_mutex_lock(&mutex));
    struct entry *entry = registered(name, help, labels, METRICS_COUNTER, 1);
    metrics_id id = entry == NULL ? 0 : entry->cell;
    thread_must(pthread_mutex_unlock(&mutex));
    return id;
}

metrics_id metrics_histogram(const char *name, const char *help, const char *labels,
                             const double *bounds, unsigned count) {
    CHECK(count > 0 && count <= BOUNDS_MAX);
    for (unsigned i = 1; i < count; i++) {
        CHECK(bounds[i - 1] < bounds[i]);
    }
    thread_must(pthread_mutex_lock(&mutex));
    struct entry *entry = registered(name, help, labels, METRICS_HISTOGRAM, count + 2);
    metrics_id id = 0;
    if (entry != NULL) {
        id = entry->cell;
        if (entry->bound_count == 0) {
            entry->bound_count = count;
            memcpy(entry->bounds, bounds, count * sizeof bounds[0]);
        }
        // Another number of buckets would need other cells.
        CHECK(entry->bound_count == count);
        cell_is_real[id + count + 1] = true;
    }
    thread_must(pthread_mutex_unlock(&mutex));
    return id;
}

metrics_id metrics_gauge(const char *name, const char *help, const char *labels,
                         double (*read)(void *context), void *context) {
    CHECK(read != NULL);
    thread_must(pthread_mutex_lock(&mutex));
    struct entry *entry = registered(name, help, labels, METRICS_GAUGE, 1);
    metrics_id id = 0;
    if (entry != NULL) {
        entry->read = read;
        entry->context = context;
        id = entry->cell;
    }
    thread_must(pthread_mutex_unlock(&mutex));
    return id;
}

static void remove_gauge(metrics_id id, bool whoever, const void *context) {
    CHECK(id < METRICS_MAX);
    if (id == 0) {
        return;
    }
    // A scrape that is reading it holds the lock: after this nobody uses the context.
    thread_must(pthread_mutex_lock(&mutex));
    struct entry *entry = &entries[entry_of_cell[id]];
    CHECK(entry->cell == id && families[entry->family].kind == METRICS_GAUGE);
    if (whoever || entry->context == context) {
        entry->read = NULL;
        entry->context = NULL;
    }
    thread_must(pthread_mutex_unlock(&mutex));
}

void metrics_gauge_remove(metrics_id id) {
    remove_gauge(id, true, NULL);
}

void metrics_gauge_leave(metrics_id id, const void *context) {
    remove_gauge(id, false, context);
}

void metrics_reset_for_tests(void) {
    thread_must(pthread_mutex_lock(&mutex));
    for (unsigned i = 0; i < entry_count; i++) {
        free(entries[i].labels);
    }
    for (unsigned i = 0; i < family_count; i++) {
        free(families[i].name);
        free(families[i].help);
    }
    entry_count = 0;
    family_count = 0;
    cell_count = 1;
    for (unsigned i = 0; i < METRICS_MAX; i++) {
        cell_is_real[i] = false;
        entry_of_cell[i] = 0;
        atomic_store_explicit(&finished[i], 0, memory_order_relaxed);
        for (struct block *block = blocks; block != NULL; block = block->next) {
            atomic_store_explicit(&block->cells[i], 0, memory_order_relaxed);
        }
    }
    thread_must(pthread_mutex_unlock(&mutex));
}

// ---- text ----------------------------------------------------------------------------------------

// "name_suffix{labels,le="bound"} "
static void render_series(struct buffer *out, const struct entry *entry, const char *suffix,
                          const double *bound) {
    buffer_append_str(out, str_from_c(families[entry->family].name));
    buffer_append_str(out, str_from_c(suffix));
    if (entry->labels != NULL || bound != NULL) {
        buffer_append_char(out, '{');
        buffer_append_str(out, str_from_c(entry->labels));
        if (bound != NULL) {
            buffer_append_str(out, entry->labels != NULL ? STR(",le=\"") : STR("le=\""));
            metrics_render_number(out, *bound);
            buffer_append_char(out, '"');
        }
        buffer_append_char(out, '}');
    }
    buffer_append_char(out, ' ');
}

static void render_histogram(struct buffer *out, const struct entry *entry) {
    uint64_t total = 0;
    for (unsigned i = 0; i <= entry->bound_count; i++) {
        double bound = i < entry->bound_count ? entry->bounds[i] : (double)INFINITY;
        total += merged(entry->cell + i);
        render_series(out, entry, "_bucket", &bound);
        buffer_append_u64(out, total);
        buffer_append_char(out, '\n');
    }
    render_series(out, entry, "_sum", NULL);
    metrics_render_number(out, real_of(merged(entry->cell + entry->bound_count + 1)));
    buffer_append_char(out, '\n');
    render_series(out, entry, "_count", NULL);
    buffer_append_u64(out, total);
    buffer_append_char(out, '\n');
}

static void render_entry(struct buffer *out, const struct entry *entry, enum metrics_kind kind) {
    if (kind == METRICS_HISTOGRAM) {
        render_histogram(out, entry);
        return;
    }
    render_series(out, entry, "", NULL);
    if (kind == METRICS_COUNTER) {
        buffer_append_u64(out, merged(entry->cell));
    } else {
        metrics_render_number(out, entry->read(entry->context));
    }
    buffer_append_char(out, '\n');
}

// All of one name must stand together.
static void render_family(struct buffer *out, unsigned family) {
    static const char *const types[] = {"counter", "histogram", "gauge"};
    enum metrics_kind kind = families[family].kind;
    bool begun = false;
    for (unsigned i = 0; i < entry_count; i++) {
        const struct entry *entry = &entries[i];
        if (entry->family != family || (kind == METRICS_GAUGE && entry->read == NULL)) {
            continue;
        }
        if (!begun) {
            metrics_render_head(out, families[family].name, families[family].help, types[kind]);
            begun = true;
        }
        render_entry(out, entry, kind);
    }
}

void metrics_render(struct buffer *out) {
    if (own_block == NULL) {
        (void)make_block(); // now, not under the lock, should a gauge's function count something
    }
    thread_must(pthread_mutex_lock(&mutex));
    for (unsigned i = 0; i < family_count; i++) {
        render_family(out, i);
    }
    thread_must(pthread_mutex_unlock(&mutex));
    metrics_render_process(out);
}

// ---- samples -------------------------------------------------------------------------------------

static void visit_entry(const struct entry *entry,
                        void (*visit)(const struct metrics_sample *sample, void *context),
                        void *context) {
    const struct family *family = &families[entry->family];
    struct metrics_sample sample = {
        .name = family->name, .help = family->help, .labels = entry->labels, .kind = family->kind};
    uint64_t buckets[BOUNDS_MAX + 1];
    if (family->kind == METRICS_COUNTER) {
        sample.count = merged(entry->cell);
    } else if (family->kind == METRICS_GAUGE) {
        sample.value = entry->read(entry->context);
    } else {
        for (unsigned i = 0; i <= entry->bound_count; i++) {
            buckets[i] = merged(entry->cell + i);
        }
        sample.value = real_of(merged(entry->cell + entry->bound_count + 1));
        sample.bounds = entry->bounds;
        sample.bound_count = entry->bound_count;
        sample.buckets = buckets;
    }
    visit(&sample, context);
}

void metrics_visit(void (*visit)(const struct metrics_sample *sample, void *context),
                   void *context) {
    if (own_block == NULL) {
        (void)make_block();
    }
    thread_must(pthread_mutex_lock(&mutex));
    for (unsigned i = 0; i < family_count; i++) {
        for (unsigned j = 0; j < entry_count; j++) {
            bool gone = families[i].kind == METRICS_GAUGE && entries[j].read == NULL;
            if (entries[j].family == i && !gone) {
                visit_entry(&entries[j], visit, context);
            }
        }
    }
    thread_must(pthread_mutex_unlock(&mutex));
}
