// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Simulation: random histories through a processor that crashes and fails at random must leave what one clean pass leaves, and that must be
// what a naive recount of the events says.
//
// usage: footfall-sim [--seconds N [--least N]] [--seeds N] [--jobs N] [--seed N]
//   --seed runs that one. --seconds (also SIM_SECONDS in the environment): until they are over, and at least so many histories.
// One seed decides everything: the history, sizes of cycles and caches, where it is cut, and every fault. A failing seed is printed
// and replays exactly.
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "drive.h"
#include "dump.h"
#include "faults.h"
#include "judged.h"
#include "moving.h"
#include "rules.h"
#include "store/generations.h"

#define STEPS_MOST 20000
#define JOBS_MOST 64
#define ALWAYS_MS (3650 * 86400000LL)

static struct processor_config random_config(struct random_source *random) {
    static const size_t caches[] = {1, 4096, 65536, 1 << 20, 24 << 20};
    static const size_t cycles[] = {1, 2, 7, 50, 300, 20000};
    return (struct processor_config){
        .cache_bytes = caches[random_below(random, 5)],
        .cycle_events = cycles[random_below(random, 6)],
        .linger_us = 1 + (int64_t)random_below(random, 3000000),
    };
}

// What must be the same in the clean pass: it is part of the definitions. The rules for events are, too; they are made for each pass.
static void set_rules(struct processor_config *config, const struct processor_config *rules) {
    config->shape = rules->shape;
    config->funnels = rules->funnels;
    config->replay = rules->replay;
    config->beside = rules->beside;
    config->session_gap_ms = rules->session_gap_ms;
    config->session_age_ms = rules->session_age_ms;
    config->dedupe_window_ms = rules->dedupe_window_ms;
    config->dedupe_ids = rules->dedupe_ids;
    config->breakdown_limit = rules->breakdown_limit;
}

static struct processor_config random_rules(struct random_source *random) {
    static const size_t ids[] = {1, 10, 100, 1000000};
    int64_t gap_ms = 60000 * (int64_t)(1 + random_below(random, 60));
    // An hour or days: so late events often are near the age, and sessions often beyond it.
    static const uint64_t ages_ms[] = {3600000, 3 * 86400000};
    int64_t age_ms = random_below(random, 3) == 0
                         ? 1 + (int64_t)random_below(random, ages_ms[random_below(random, 2)])
                         : 0;
    if (random_below(random, 2) == 0) { // the recount remembers every id
        return (struct processor_config){.session_gap_ms = gap_ms,
                                         .session_age_ms = age_ms,
                                         .dedupe_window_ms = ALWAYS_MS,
                                         .dedupe_ids = 1000000};
    }
    return (struct processor_config){
        .session_gap_ms = gap_ms,
        .session_age_ms = age_ms,
        .dedupe_window_ms = 3600000 * (int64_t)(1 + random_below(random, 200)),
        .dedupe_ids = ids[random_below(random, 4)],
        // With so few, values are folded.
        .breakdown_limit = random_below(random, 3) == 0 ? 1 + (uint32_t)random_below(random, 4) : 0,
    };
}

// Removes sessions that are too old when the log's newest record of `count` has come, all of them in steps.
static void remove_sessions(struct store *store, const struct history *history, size_t count,
                            const struct processor_config *rules, size_t step) {
    struct buffer position;
    uint64_t removed = 0;
    if (rules->session_age_ms == 0 || count == 0) {
        return;
    }
    // Histories are short: as if the store kept them for two days longer, and not for eight.
    int64_t before_ms = history->records[count - 1].timestamp_ms - rules->session_age_ms +
                        STORE_SESSION_KEEP_MS - 2 * 86400000LL;
    buffer_init(&position, 4096);
    do {
        history_require(store_sessions_age(store, before_ms, step, &position, &removed), "age");
    } while (position.len > 0);
    buffer_free(&position);
}

// How events are shaped in a history.
enum shaping { SHAPING_NONE, SHAPING_FIXED, SHAPING_CHANGING };

// NULL where there are no rules.
static struct shape *make_shape(const struct history *history, enum shaping shaping,
                                unsigned partitions) {
    return shaping == SHAPING_NONE ? NULL : judged_begin(history, partitions);
}

// aged: the same without the sessions that are too old.
static bool clean_pass(const struct history *history, const struct processor_config *given,
                       enum shaping shaping, unsigned partitions, struct buffer *out,
                       struct buffer *aged) {
    struct drive drive;
    struct processor_config config = *given, *rules = &config;
    config.shape = make_shape(history, shaping, partitions);
    config.funnels = config.shape ? judged_funnels() : NULL;
    faults = (struct faults){0};
    drive_open(&drive, partitions);
    history_append(history, drive.log, 0, history->count);
    drive_start(&drive, rules, 1);
    bool finished = drive_finish(&drive, STEPS_MOST);
    dump_store(drive.store, out);
    remove_sessions(drive.store, history, history->count, rules, 1000000);
    dump_store(drive.store, aged);
    drive_close(&drive);
    (void)judged_end();
    shape_free(config.shape);
    return finished;
}

// A life of the processor, until it crashes or has had its steps; the log grows meanwhile.
static void one_life(struct drive *drive, const struct history *history, size_t *appended,
                     const struct processor_config *rules, enum shaping shaping,
                     struct random_source *random) {
    struct processor_config config = random_config(random);
    set_rules(&config, rules);
    faults.crashed = false;
    faults.crash_at = faults.calls + 1 + random_below(random, 300);
    faults.fail_one_in = random_below(random, 3) == 0 ? 5 + random_below(random, 100) : 0;
    drive_start(drive, &config, 1 + (unsigned)random_below(random, DRIVE_WORKERS));
    for (uint64_t steps = random_below(random, 60); steps > 0 && !faults.crashed; steps--) {
        size_t more = (size_t)random_below(random, history->count / 10 + 2);
        more = more < history->count - *appended ? more : history->count - *appended;
        history_append(history, drive->log, *appended, *appended + more);
        *appended += more;
        drive_step(drive);
        if (shaping == SHAPING_CHANGING && random_below(random, 4) == 0) {
            judged_change(rules->shape);
        }
    }
    drive_stop(drive);
}

// The same log once more into a new generation, by lives that end at any moment, between lives of the processor that keeps the old one. Then
// that one goes on in the new one.
static bool replay(struct drive *drive, const struct history *history, size_t *appended,
                   const struct processor_config *rules, enum shaping shaping,
                   struct random_source *random) {
    struct store_generation_start start = {.note = STR("sim")};
    struct processor_config replaying = *rules;
    struct store *old = drive->store;
    bool finished = true;
    bool more = true;
    history_require(store_generation_begin(old, &start), "generation");
    replaying.replay = true;
    replaying.beside = old;
    for (uint64_t lives = 1 + random_below(random, 5); lives > 0 && finished; lives--) {
        bool last = lives == 1;
        if (last) { // the old one is never behind then
            faults = (struct faults){0};
            drive_start(drive, rules, 1);
            finished = drive_finish(drive, STEPS_MOST);
            drive_stop(drive);
        } else if (random_below(random, 2) == 0) {
            one_life(drive, history, appended, rules, shaping, random);
        }
        faults = (struct faults){0};
        history_require(store_generation_open(old, NULL, NULL, &drive->store), "generation");
        if (last) {
            drive_start(drive, &replaying, 1);
            finished = finished && drive_finish(drive, STEPS_MOST);
            drive_stop(drive);
        } else {
            one_life(drive, history, appended, &replaying, shaping, random);
        }
        faults = (struct faults){0};
        store_close(drive->store);
        drive->store = old;
    }
    history_require(store_generation_switch(old, STR_EMPTY), "switch");
    while (more) {
        history_require(store_generation_sweep(old, 1 + (size_t)random_below(random, 500), &more),
                        "sweep");
    }
    return finished;
}

// In between, when everything so far is processed, so that nothing is looked for that is gone.
static bool finish_and_age(struct drive *drive, const struct history *history, size_t appended,
                           const struct processor_config *rules, struct random_source *random) {
    faults = (struct faults){0};
    drive_start(drive, rules, 1);
    bool finished = drive_finish(drive, STEPS_MOST);
    drive_stop(drive);
    remove_sessions(drive->store, history, appended, rules, 1 + (size_t)random_below(random, 50));
    return finished;
}

// Whether the number of partitions may change without changing what comes out: where windows and breakdowns are never full, as both
// are of a partition, and where nobody watches places in the log.
static bool can_move(const struct processor_config *rules, enum shaping shaping) {
    return rules->dedupe_window_ms == ALWAYS_MS && rules->breakdown_limit == 0 &&
           shaping == SHAPING_NONE;
}

static bool finish_and_move(struct drive *drive, const struct processor_config *rules,
                            struct random_source *random) {
    faults = (struct faults){0};
    drive_start(drive, rules, 1);
    bool finished = drive_finish(drive, STEPS_MOST);
    drive_stop(drive);
    if (finished) {
        moving_move(drive, 1 + (unsigned)random_below(random, 9));
    }
    return finished;
}

// Which letters go with a person depends on the number of partitions.
static void leave_out_letters(struct buffer *dump) {
    static const char begin[] = "dead letters ";
    char *line = memmem(dump->data, dump->len, begin, sizeof begin - 1);
    size_t at = (size_t)(line - dump->data);
    size_t end = at + (size_t)((char *)memchr(line, '\n', dump->len - at) - line) + 1;
    memmove(line, dump->data + end, dump->len - end);
    dump->len -= end - at;
}

static bool faulty_pass(const struct history *history, const struct processor_config *given,
                        enum shaping shaping, unsigned partitions, uint64_t seed,
                        struct random_source *random, struct buffer *out) {
    struct drive drive;
    size_t appended = 0;
    struct processor_config shaped = *given, *rules = &shaped;
    shaped.shape = make_shape(history, shaping, partitions);
    shaped.funnels = shaped.shape ? judged_funnels() : NULL;
    // Receipts say how many sessions went with a person, and a recount knows of no age of theirs.
    bool ages =
        rules->session_age_ms > 0 && history->partitions == 0 && shaping != SHAPING_CHANGING;
    bool finished = true;
    faults_seed(seed);
    drive_open(&drive, partitions);
    for (uint64_t lives = 1 + random_below(random, 8); lives > 0; lives--) {
        one_life(&drive, history, &appended, rules, shaping, random);
        if (can_move(rules, shaping) && random_below(random, 3) == 0) {
            finished = finish_and_move(&drive, rules, random) && finished;
        }
        if (ages && random_below(random, 2) == 0) {
            finished = finish_and_age(&drive, history, appended, rules, random) && finished;
        }
    }
    if (shaping != SHAPING_CHANGING && random_below(random, 3) == 0) {
        finished = replay(&drive, history, &appended, rules, shaping, random) && finished;
    }
    struct processor_config config = random_config(random);
    set_rules(&config, rules);
    faults = (struct faults){0};
    history_append(history, drive.log, appended, history->count);
    drive_start(&drive, &config, 1);
    finished = drive_finish(&drive, STEPS_MOST) && finished;
    if (shaping != SHAPING_CHANGING) {
        remove_sessions(drive.store, history, history->count, rules, 100);
    }
    dump_store(drive.store, out);
    drive_close(&drive);
    (void)judged_end();
    shape_free(shaped.shape);
    return finished;
}

// Where ids leave the dedupe window nothing is compared: true.
static bool recount_agrees(struct history *history, const struct processor_config *rules,
                           enum shaping shaping, const struct buffer *got, const char *what) {
    struct buffer naive;
    if (rules->dedupe_window_ms != ALWAYS_MS) {
        return true;
    }
    buffer_init(&naive, DUMP_BYTES_MAX);
    struct history shaped =
        shaping == SHAPING_NONE ? *history : rules_recount(history, judged_end());
    dump_recount(&shaped, rules->session_gap_ms, rules->session_age_ms, &naive);
    bool equal = dump_equal(&naive, got, what);
    buffer_free(&naive);
    return equal;
}

static bool run_seed(uint64_t seed) {
    struct random_seeded seeded;
    struct history history;
    struct buffer clean, aged, faulty;
    random_seeded_init(&seeded, seed ^ 0x5eed);
    struct random_source *random = &seeded.source;
    history_make(&history, seed, 20 + (size_t)random_below(random, 800));
    struct processor_config rules = random_rules(random);
    unsigned partitions = 1 + (unsigned)random_below(random, 4);
    if (random_below(random, 3) > 0) {
        history_add_controls(&history, seed, partitions);
    }
    buffer_init(&clean, DUMP_BYTES_MAX);
    buffer_init(&aged, DUMP_BYTES_MAX);
    buffer_init(&faulty, DUMP_BYTES_MAX);
    // A third each: no rules, rules, and rules that change meanwhile, which only a recount can follow.
    enum shaping shaping = (enum shaping)(seed % 3);
    if (shaping == SHAPING_CHANGING && rules.dedupe_window_ms != ALWAYS_MS) {
        shaping = SHAPING_FIXED;
    }
    bool good = clean_pass(&history, &rules, shaping, partitions, &clean, &aged);
    if (!good) {
        fprintf(stderr, "the clean pass does not finish\n");
    } else if (!recount_agrees(&history, &rules, shaping, &clean,
                               "a clean pass, against a naive recount")) {
        good = false;
    } else if (!faulty_pass(&history, &rules, shaping, partitions, seed, random, &faulty)) {
        fprintf(stderr, "the pass after faults does not finish\n");
        good = false;
    } else {
        if (can_move(&rules, shaping) && history.partitions > 0) {
            leave_out_letters(&aged);
            leave_out_letters(&faulty);
        }
        good = shaping == SHAPING_CHANGING ? recount_agrees(&history, &rules, shaping, &faulty,
                                                            "after faults and changes of rules")
                                           : dump_equal(&aged, &faulty, "after faults");
    }
    buffer_free(&clean);
    buffer_free(&aged);
    buffer_free(&faulty);
    history_free(&history);
    return good;
}

static bool option(int argc, char **argv, const char *name, uint64_t *value) {
    for (int i = 1; i + 1 < argc; i++) {
        if (strcmp(argv[i], name) == 0) {
            return str_to_u64(str_from_c(argv[i + 1]), value);
        }
    }
    return false;
}

// What all processes of a run share.
struct tally {
    _Atomic uint64_t next_seed, done, failed;
};
struct work {
    struct tally *tally;
    uint64_t first_seed, seeds; // so many at least
    int64_t end_us;             // and until then
};

static void run_some(const struct work *work) {
    struct tally *tally = work->tally;
    while (atomic_load(&tally->failed) == 0) {
        uint64_t number = atomic_fetch_add(&tally->next_seed, 1);
        if (number >= work->seeds && clock_system()->mono_us(clock_system()) >= work->end_us) {
            return;
        }
        uint64_t seed = work->first_seed + number;
        if (run_seed(seed)) {
            atomic_fetch_add(&tally->done, 1);
        } else {
            atomic_fetch_add(&tally->failed, 1);
            printf("seed %" PRIu64 " fails; again with: footfall-sim --seed %" PRIu64 "\n", seed,
                   seed);
        }
    }
}

// A process that dies has failed, too.
static void run_side_by_side(const struct work *work, uint64_t jobs) {
    pid_t children[JOBS_MOST];
    for (uint64_t i = 0; i < jobs; i++) {
        children[i] = fork();
        if (children[i] == 0) {
            run_some(work);
            exit(0); // writes what was printed
        }
        if (children[i] < 0) {
            perror("fork");
            exit(1);
        }
    }
    for (uint64_t i = 0; i < jobs; i++) {
        int result = 0;
        if (waitpid(children[i], &result, 0) != children[i] || result != 0) {
            atomic_fetch_add(&work->tally->failed, 1);
        }
    }
}

int main(int argc, char **argv) {
    uint64_t seconds = 0, seeds = 200, seed = 0, jobs = 1;
    struct tally *tally =
        mmap(NULL, sizeof *tally, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (tally == MAP_FAILED) {
        perror("mmap");
        return 1;
    }
    // Faults are what this is about; their log lines are not.
    log_configure(LOG_LEVEL_OFF, LOG_FORMAT_TEXT, 2);
    struct work work = {.tally = tally, .first_seed = 1};
    bool timed = option(argc, argv, "--seconds", &seconds) ||
                 str_to_u64(str_from_c(getenv("SIM_SECONDS")), &seconds);
    bool counted = option(argc, argv, "--seeds", &seeds);
    if (option(argc, argv, "--seed", &seed)) {
        work.first_seed = seed;
        work.seeds = 1;
    } else if (timed && !counted) {
        work.first_seed = (uint64_t)clock_system()->wall_ms(clock_system());
        work.end_us = clock_system()->mono_us(clock_system()) + (int64_t)seconds * 1000000;
        (void)option(argc, argv, "--least", &work.seeds);
    } else {
        work.seeds = seeds;
    }
    if (option(argc, argv, "--jobs", &jobs) && jobs > 1) {
        run_side_by_side(&work, jobs < JOBS_MOST ? jobs : JOBS_MOST);
    } else {
        run_some(&work);
    }
    printf("%" PRIu64 " passed, %" PRIu64 " failed\n", atomic_load(&tally->done),
           atomic_load(&tally->failed));
    return atomic_load(&tally->failed) > 0;
}
