// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Microseconds of CPU an event costs the processor: from a filled memory log to the memory, the RocksDB or the Cassandra store.
//
// usage: micro_processor [EVENTS [ACTORS [STORE [scattered|enriched|funnels]]]]
//        STORE: directory of a new RocksDB store; "memory": the memory store; "cassandra:HOST:PORT": a new keyspace there
//
// Actors come in visits of eight events on average, VISITORS of them at a time. "scattered" takes an actor at random for each event:
// nearly every event then is a session of its own, and nothing is in a cache. No site is like that; it is the worst there is.
// "enriched": with uap-core's expressions, templates of paths, and two declared dimensions. "funnels": with three, of which nearly
// every event is a step.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/random.h"
#include "event/event.h"
#include "processor/processor.h"

#define START_MS 1795392000000LL // 2026-11-23
#define APPEND_EVENTS 1000
#define VISITORS 2000
#define VISIT_EVENTS 8

static double cpu_seconds(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static long resident_kb(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

static void require(enum status status, const char *what) {
    if (status != STATUS_OK) {
        fprintf(stderr, "%s: %s\n", what, status_text(status));
        exit(1);
    }
}

static const char *const agents[] = {
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0",
};

struct workload {
    uint64_t events, actors;
    bool scattered;
    uint64_t visitors[VISITORS]; // actor, plus 1; 0: the place is free
};

static uint64_t next_actor(struct workload *workload, struct random_source *random) {
    uint64_t *visitor = &workload->visitors[random_below(random, VISITORS)];
    if (workload->scattered || *visitor == 0 || random_below(random, VISIT_EVENTS) == 0) {
        *visitor = 1 + random_below(random, workload->actors);
    }
    return *visitor - 1;
}

static struct eventlog_record make(struct random_source *random, struct arena *arena, uint64_t n,
                                   struct workload *workload) {
    static const char *const names[] = {"Viewed", "Added", "Bought", "Searched", "Shared"};
    uint64_t actor = next_actor(workload, random);
    bool page = random_below(random, 3) == 0;
    int64_t ms = START_MS + (int64_t)(n * 86400000 / workload->events);
    struct event event = {
        .id = arena_printf(arena, "0199f2d1-7a51-7b1c-9f6e-%012llx", (unsigned long long)n),
        .project = STR("shop"),
        .type = page ? EVENT_PAGE : EVENT_TRACK,
        .name = page ? STR("Home") : str_from_c(names[random_below(random, 5)]),
        .user_id =
            actor % 2 ? arena_printf(arena, "user-%llu", (unsigned long long)actor) : STR_EMPTY,
        .anonymous_id = arena_printf(arena, "anon-%llu", (unsigned long long)actor),
        .timestamp_ms = ms,
        .received_ms = ms + 200,
        .properties = arena_printf(
            arena,
            "{\"path\":\"/product/%llu\",\"referrer\":\"https://www.example.org/x\",\"price\":12.5}",
            (unsigned long long)random_below(random, 100)),
        .context = STR("{\"country\":\"de\",\"locale\":\"de-DE\",\"screen\":{\"width\":1920}}"),
        .dialect = STR("segment"),
        .ip = STR("203.0.113.0"),
        .user_agent = str_from_c(agents[random_below(random, 3)]),
    };
    struct buffer buffer;
    buffer_init(&buffer, EVENT_BYTES_MAX);
    require(event_encode(&event, &buffer), "encode");
    struct eventlog_record record = {event_record_key(&event, arena),
                                     arena_copy(arena, buffer_str(&buffer)), ms + 200};
    buffer_free(&buffer);
    return record;
}

static void appended(struct eventlog_append *append) {
    (void)append;
}

static void fill(struct eventlog *log, struct workload *workload) {
    struct random_seeded random;
    struct arena arena;
    random_seeded_init(&random, 1);
    arena_init(&arena, 1 << 20, 0);
    for (uint64_t n = 0; n < workload->events;) {
        static struct eventlog_record records[APPEND_EVENTS];
        size_t count = 0;
        arena_reset(&arena);
        while (count < APPEND_EVENTS && n < workload->events) {
            records[count++] = make(&random.source, &arena, n, workload);
            n++;
        }
        struct eventlog_append append = {
            .records = records, .count = count, .done = appended, .status = STATUS_TIMEOUT};
        struct eventlog_stats stats;
        eventlog_append(log, &append);
        do {
            eventlog_stats(log, &stats);
        } while (stats.appended_records < n && stats.refused == 0);
        if (stats.refused > 0) {
            require(append.status, "append");
        }
    }
    arena_free(&arena);
}

static bool done(struct processor *processor) {
    struct processor_partition_status parts[64];
    size_t count = processor_partitions(processor, parts, 64);
    for (size_t i = 0; i < count; i++) {
        if (parts[i].stuck) {
            fprintf(stderr, "partition %zu: %s\n", i, parts[i].problem);
            exit(1);
        }
        if (parts[i].next_offset < parts[i].log_end) {
            return false;
        }
    }
    return true;
}

static struct enrichment *make_enrichment(void) {
    static const struct enrich_declared declared[] = {
        {STR_INIT("locale"), STR_INIT("context.locale"), NULL, 0},
        {STR_INIT("price"), STR_INIT("properties.price"), NULL, 0}};
    static const struct str templates[] = {STR_INIT("/orders/*"), STR_INIT("/docs/**")};
    struct enrichment_config config = {
        .declared = declared, .declared_count = 2, .templates = templates, .template_count = 2};
    struct enrichment *made = NULL;
    struct error err;
    require(enrichment_make(&config, &made, &err), "enrichment");
    return made;
}

static struct funnel_board *make_funnels(void) {
    static const struct setting table[] = {
        {"funnels[].name", NULL, SETTING_STRING, "", 0, 0, NULL, "", false},
        {"funnels[].within", NULL, SETTING_DURATION, "7d", 0, 0, NULL, "", false},
        {"funnels[].steps", NULL, SETTING_TREE, "", 0, 0, NULL, "", false},
    };
    static const char text[] =
        "funnels:\n"
        "- {name: buy, steps: [Viewed, Added, Bought]}\n"
        "- {name: from-home, steps: [{type: page}, Searched, Added, Bought]}\n"
        "- {name: product, within: 1h, steps: "
        "[{type: page, properties.path: {prefix: /product/1}}, Shared]}\n";
    struct settings *settings = NULL;
    struct funnel_set *set = NULL;
    struct funnel_board *board = NULL;
    struct error err;
    require(settings_make(table, sizeof table / sizeof table[0], &settings), "settings");
    require(settings_load_text(settings, "funnels", str_from_c(text), &err), "settings");
    require(funnel_set_read(settings, &set, &err), "funnels");
    require(funnel_board_make(set, &board), "funnels");
    settings_free(settings);
    return board;
}

static void measure(struct eventlog *log, struct store *store, uint64_t events, const char *with) {
    struct processor_config config = {.log = log, .store = store, .clock = clock_system()};
    struct processor *processor = NULL;
    struct error err;
    config.enrichment = strcmp(with, "enriched") == 0 ? make_enrichment() : NULL;
    config.funnels = strcmp(with, "funnels") == 0 ? make_funnels() : NULL;
    long before_kb = resident_kb();
    int64_t start_us = clock_system()->mono_us(clock_system());
    double cpu = cpu_seconds();
    require(processor_start(&config, &processor, &err), "start");
    struct timespec pause = {0, 10 * 1000 * 1000};
    while (!done(processor)) {
        nanosleep(&pause, NULL);
    }
    cpu = cpu_seconds() - cpu;
    double wall = (double)(clock_system()->mono_us(clock_system()) - start_us) / 1e6;
    struct processor_stats stats;
    processor_stats(processor, &stats);
    processor_stop(processor);
    enrichment_free(config.enrichment);
    funnel_board_free(config.funnels);
    printf("%llu events applied in %llu cycles: %.2f us CPU/event, %.0f events/s wall, "
           "%ld MB more resident\n",
           (unsigned long long)stats.applied, (unsigned long long)stats.cycles,
           cpu * 1e6 / (double)events, (double)events / wall, (resident_kb() - before_kb) / 1024);
}

static struct store *open_store(const char *place) {
    struct store_config config = {0};
    struct store *store = NULL;
    struct error err = {0};
    enum status status;
    if (strcmp(place, "memory") == 0) {
        status = store_open_memory(&store, &err);
    } else if (strncmp(place, "cassandra:", 10) == 0) {
        char keyspace[32];
        snprintf(keyspace, sizeof keyspace, "micro_%d", getpid());
        struct store_cassandra_config cassandra = {.contact_points = str_from_c(place + 10),
                                                   .keyspace = str_from_c(keyspace),
                                                   .replication = 1,
                                                   .create_schema = true,
                                                   .clock = clock_system(),
                                                   .random = random_system()};
        status = store_open_cassandra(&cassandra, &store, &err);
    } else {
        status = store_open_rocksdb(place, &config, &store, &err);
    }
    if (status != STATUS_OK) {
        fprintf(stderr, "%s\n", err.text);
        exit(1);
    }
    return store;
}

int main(int argc, char **argv) {
    static struct workload workload;
    workload.events = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000;
    workload.actors = argc > 2 ? strtoull(argv[2], NULL, 10) : 100000;
    workload.scattered = argc > 4 && strcmp(argv[4], "scattered") == 0;
    struct eventlog_config log_config = {.partitions = 8, .clock = clock_system()};
    struct eventlog *log = NULL;
    struct error err;
    require(eventlog_open_memory(&log_config, &log, &err), "log");
    struct store *store = open_store(argc > 3 ? argv[3] : "memory");
    struct store_project project = {STR("shop"), STR("Shop"), STR("Europe/Berlin"), START_MS};
    require(store_project_put(store, &project), "project");
    fill(log, &workload);
    measure(log, store, workload.events, argc > 4 ? argv[4] : "");
    store_close(store);
    eventlog_close(log);
    return 0;
}
