// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What the embedded store costs a processor: CPU and disk an event, memory, the time to open and to read.
//
//   micro_store DIRECTORY [events [actors [events a batch]]]
//
// Every event is a timeline row; each batch writes the state and the day of every actor it touched once, some totals, a dedupe
// chunk. CPU is that of all threads, compaction included, until the store is closed.
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>

#include "store/store.h"

#define DAY_MS INT64_C(86400000)
#define START_MS INT64_C(1764000000000)

struct load {
    struct store *store;
    uint64_t chance;
    long events, actors, per_batch;
    long written;
    uint32_t *touched; // by actor: the last batch that wrote it
    uint32_t *counts;
};

static uint64_t next_random(struct load *load) {
    load->chance ^= load->chance << 13;
    load->chance ^= load->chance >> 7;
    load->chance ^= load->chance << 17;
    return load->chance;
}

static double seconds(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void die(const char *what, enum status status) {
    if (status != STATUS_OK) {
        fprintf(stderr, "%s: %s\n", what, status_text(status));
        exit(1);
    }
}

static struct store_actor name_actor(long number, char id[24]) {
    int len = snprintf(id, 24, "user-%08ld", number * 7919 % 100000007);
    return (struct store_actor){STORE_ACTOR_USER, str_make(id, (size_t)len)};
}

static void add_event(struct load *load, struct store_batch *batch, struct store_actor actor) {
    static const char *const names[] = {"Product Viewed", "Page Viewed", "Cart Updated",
                                        "Order Completed"};
    char id[40];
    uint64_t a = next_random(load);
    uint64_t b = next_random(load);
    snprintf(id, sizeof id, "%08x-%04x-4%03x-%04x-%012" PRIx64, (unsigned)(a >> 32),
             (unsigned)(a >> 16 & 0xFFFF), (unsigned)(a & 0xFFF), (unsigned)(b >> 48),
             b & UINT64_C(0xFFFFFFFFFFFF));
    char properties[96];
    snprintf(properties, sizeof properties, "{\"path\":\"/products/%u\",\"price\":%u.%02u}",
             (unsigned)(a >> 20 & 1023), (unsigned)(b & 255), (unsigned)(b >> 8 & 63));
    struct store_timeline_row row = {
        .event_id = str_from_c(id),
        .name = str_from_c(names[a >> 8 & 3]),
        .timestamp_ms = START_MS + load->written * 3,
        .received_ms = START_MS + load->written * 3 + (int64_t)(b >> 20 & 63),
        .properties = str_from_c(properties),
        .context = STR(
            "{\"page\":{\"url\":\"https://shop.example.org/\"},\"locale\":\"en-GB\",\"userAgent\":"
            "\"Mozilla/5.0 (X11; Linux x86_64) Firefox/128.0\"}"),
    };
    store_batch_timeline(batch, STR("shop"), actor, &row);
}

static void add_actor(struct load *load, struct store_batch *batch, struct store_actor actor,
                      long number) {
    uint32_t events = load->counts[number];
    int64_t now = START_MS + load->written * 3;
    struct store_actor_state state = {.first_seen_ms = START_MS + number,
                                      .last_seen_ms = now,
                                      .events = events,
                                      .sessions = events / 4 + 1,
                                      .current = {now - 5000, now, events % 4 + 1, 1},
                                      .activity_first_day = (int32_t)(START_MS / DAY_MS),
                                      .activity = STR("\x01\x02\x03\x04")};
    store_batch_actor(batch, STR("shop"), actor, &state);
    struct store_name_count names[] = {{STR("Cart Updated"), events / 3 + 1},
                                       {STR("Product Viewed"), events / 2 + 1}};
    struct store_actor_day day = {.day = (int32_t)(now / DAY_MS),
                                  .first_ms = START_MS + number,
                                  .last_ms = now,
                                  .events = events,
                                  .sessions = 1,
                                  .by_type = {events},
                                  .names = names,
                                  .name_count = 2};
    store_batch_actor_day(batch, STR("shop"), actor, &day);
}

static void write_batch(struct load *load, uint32_t number) {
    struct store_batch *batch = NULL;
    die("begin", store_batch_begin(load->store, 1, 0, &batch));
    uint64_t *hashes = calloc((size_t)load->per_batch, sizeof *hashes);
    if (hashes == NULL) {
        exit(1);
    }
    long first = load->written;
    for (long i = 0; i < load->per_batch; i++) {
        long who = (long)(next_random(load) % (uint64_t)load->actors);
        char id[24];
        struct store_actor actor = name_actor(who, id);
        hashes[i] = next_random(load);
        add_event(load, batch, actor);
        load->counts[who]++;
        if (load->touched[who] != number) {
            load->touched[who] = number;
            add_actor(load, batch, actor, who);
        }
        load->written++;
    }
    for (int i = 0; i < 200; i++) {
        char value[32];
        int len = snprintf(value, sizeof value, "/products/%d", i);
        struct store_total total = {20400, STORE_METRIC_PAGE, str_make(value, (size_t)len),
                                    number + 1};
        store_batch_total(batch, STR("shop"), &total);
    }
    store_batch_seen(batch, first, START_MS, hashes, (size_t)load->per_batch);
    free(hashes);
    die("commit", store_batch_commit(batch, load->written));
}

static double disk_bytes(const char *path) {
    double bytes = 0;
    DIR *directory = opendir(path);
    struct dirent *entry;
    while (directory != NULL && (entry = readdir(directory)) != NULL) {
        struct stat file;
        if (fstatat(dirfd(directory), entry->d_name, &file, 0) == 0 && S_ISREG(file.st_mode)) {
            bytes += (double)file.st_size;
        }
    }
    if (directory != NULL) {
        closedir(directory);
    }
    return bytes;
}

static double resident_mb(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)usage.ru_maxrss / 1024;
}

static void open_store(struct load *load, const char *directory) {
    struct error err;
    double began = seconds(CLOCK_MONOTONIC);
    if (store_open_rocksdb(directory, NULL, &load->store, &err) != STATUS_OK) {
        fprintf(stderr, "%s\n", err.text);
        exit(1);
    }
    printf("open                 %8.1f ms\n", (seconds(CLOCK_MONOTONIC) - began) * 1e3);
}

static void read_some(struct load *load) {
    struct arena arena;
    arena_init(&arena, 1 << 16, 0);
    enum { READS = 50000 };
    char id[24];
    struct store_actor_state state;
    double began = seconds(CLOCK_PROCESS_CPUTIME_ID);
    for (int i = 0; i < READS; i++) {
        struct store_actor actor = name_actor(load->actors + i, id);
        if (store_actor_get(load->store, STR("shop"), actor, &arena, &state) != STATUS_NOT_FOUND) {
            exit(1);
        }
    }
    printf("new actor, a miss    %8.2f us\n",
           (seconds(CLOCK_PROCESS_CPUTIME_ID) - began) / READS * 1e6);
    began = seconds(CLOCK_PROCESS_CPUTIME_ID);
    for (int i = 0; i < READS; i++) {
        struct store_actor actor =
            name_actor((long)(next_random(load) % (uint64_t)load->actors), id);
        (void)!store_actor_get(load->store, STR("shop"), actor, &arena, &state);
        arena_reset(&arena);
    }
    printf("actor state          %8.2f us\n",
           (seconds(CLOCK_PROCESS_CPUTIME_ID) - began) / READS * 1e6);
    began = seconds(CLOCK_PROCESS_CPUTIME_ID);
    for (int i = 0; i < READS / 10; i++) {
        struct store_actor actor =
            name_actor((long)(next_random(load) % (uint64_t)load->actors), id);
        struct store_timeline_query query = {
            .actors = &actor, .actor_count = 1, .from_ms = 0, .to_ms = INT64_MAX, .limit = 50};
        struct store_timeline_row *rows;
        size_t count;
        bool more;
        die("read",
            store_timeline_read(load->store, STR("shop"), &query, &arena, &rows, &count, &more));
        arena_reset(&arena);
    }
    printf("timeline page        %8.2f us\n",
           (seconds(CLOCK_PROCESS_CPUTIME_ID) - began) / (READS / 10) * 1e6);
    arena_free(&arena);
}

int main(int argc, char **argv) {
    if (argc < 2) {
        fprintf(stderr, "usage: micro_store DIRECTORY [events [actors [events a batch]]]\n");
        return 2;
    }
    struct load load = {.chance = 88172645463325252,
                        .events = argc > 2 ? strtol(argv[2], NULL, 10) : 1000000,
                        .actors = argc > 3 ? strtol(argv[3], NULL, 10) : 100000,
                        .per_batch = argc > 4 ? strtol(argv[4], NULL, 10) : 5000};
    load.touched = calloc((size_t)load.actors, sizeof *load.touched);
    load.counts = calloc((size_t)load.actors, sizeof *load.counts);
    if (load.touched == NULL || load.counts == NULL) {
        return 1;
    }
    open_store(&load, argv[1]);
    double cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
    double wall = seconds(CLOCK_MONOTONIC);
    double thread = seconds(CLOCK_THREAD_CPUTIME_ID);
    for (uint32_t number = 1; load.written < load.events; number++) {
        write_batch(&load, number);
    }
    double own = seconds(CLOCK_THREAD_CPUTIME_ID) - thread;
    store_close(load.store);
    cpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    wall = seconds(CLOCK_MONOTONIC) - wall;
    double events = (double)load.written;
    printf("events               %8.0f   actors %ld, %ld a batch\n", events, load.actors,
           load.per_batch);
    printf("cpu, all threads     %8.2f us an event\n", cpu / events * 1e6);
    printf("cpu, writing thread  %8.2f us an event\n", own / events * 1e6);
    printf("wall                 %8.2f us an event\n", wall / events * 1e6);
    printf("disk after close     %8.1f bytes an event\n", disk_bytes(argv[1]) / events);
    printf("memory, peak         %8.1f MB\n", resident_mb());
    open_store(&load, argv[1]);
    read_some(&load);
    store_close(load.store);
    free(load.touched);
    free(load.counts);
    return 0;
}
