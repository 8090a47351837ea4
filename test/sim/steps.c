// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Funnels as docs/definitions.md words them.
#include "steps.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define HOUR_MS 3600000LL
#define DAY_MS (24 * HOUR_MS)
#define STEPS_MOST 4
#define SPARE_MOST 16
#define REMEMBERED_MOST 128
#define DAYS_MOST 400

static const char *const texts[STEPS_SETS] = {
    "funnels:\n"
    "- {name: buy, within: 2d, steps: [Viewed, {type: page, label: Page}, {name: [Bought, Purchased]}]}\n"
    "- {name: again, within: 3h, steps: [Viewed, Viewed]}\n"
    "- {name: any, within: 64d, steps: [{type: [page, screen]}, {not: {type: screen}}]}\n",
    "funnels:\n"
    "- {name: again, within: 10d, steps: [Viewed, Viewed]}\n"
    "- {name: buy, within: 2d, steps: [Viewed, {type: page, label: Page}, {name: [Bought, Purchased]}]}\n"
    "- {name: long, within: 64d, steps: [{type: page}, {properties.step: 1}, {type: identify}, {type: [group, alias]}]}\n",
};

struct funnel_set *steps_read(unsigned set) {
    static const struct setting table[] = {
        {"funnels[].name", NULL, SETTING_STRING, "", 0, 0, NULL, "", false},
        {"funnels[].within", NULL, SETTING_DURATION, "7d", 1000, 64 * DAY_MS, NULL, "", false},
        {"funnels[].steps", NULL, SETTING_TREE, "", 0, 0, NULL, "", false},
    };
    struct settings *settings = NULL;
    struct funnel_set *funnels = NULL;
    struct error err = {STATUS_OK, ""};
    history_require(settings_make(table, sizeof table / sizeof table[0], &settings), "settings");
    history_require(settings_load_text(settings, "funnels", str_from_c(texts[set]), &err),
                    err.text);
    history_require(funnel_set_read(settings, &funnels, &err), err.text);
    settings_free(settings);
    return funnels;
}

// --- Which events are steps -------------------------------------------------------------------------------------------

static bool is_called(const struct history_event *it, const char *name) {
    return str_equal(it->event.name, str_from_c(name));
}

static bool is_of_buy(const struct history_event *it, unsigned step) {
    return step == 0   ? is_called(it, "Viewed")
           : step == 1 ? it->event.type == EVENT_PAGE
                       : is_called(it, "Bought") || is_called(it, "Purchased");
}

static bool is_of_again(const struct history_event *it, unsigned step) {
    (void)step;
    return is_called(it, "Viewed");
}

// Nearly every event, so that more are there than are remembered.
static bool is_of_any(const struct history_event *it, unsigned step) {
    return step == 0 ? it->event.type == EVENT_PAGE || it->event.type == EVENT_SCREEN
                     : it->event.type != EVENT_SCREEN;
}

static bool is_of_long(const struct history_event *it, unsigned step) {
    return step == 0   ? it->event.type == EVENT_PAGE
           : step == 1 ? it->step && strcmp(it->step, "1") == 0
           : step == 2 ? it->event.type == EVENT_IDENTIFY
                       : it->event.type == EVENT_GROUP || it->event.type == EVENT_ALIAS;
}

static const struct declared {
    const char *name;
    unsigned sets; // bits of those that have it
    unsigned steps;
    int64_t within_ms;
    bool (*is_step)(const struct history_event *it, unsigned step);
} declared[] = {
    {"buy", 3, 3, 2 * DAY_MS, is_of_buy},      {"again", 1, 2, 3 * HOUR_MS, is_of_again},
    {"again", 2, 2, 10 * DAY_MS, is_of_again}, {"any", 1, 2, 64 * DAY_MS, is_of_any},
    {"long", 2, 4, 64 * DAY_MS, is_of_long},
};

// --- What is remembered -----------------------------------------------------------------------------------------------

struct seen {
    const struct history_event *it;
    int64_t ms;
    int32_t day;
    bool of_use; // in the chain of an open day
};
struct outcome {
    int32_t day;
    size_t reached;
    int64_t ms[STEPS_MOST];
};
struct memory {
    const struct declared *funnel;
    struct seen *seen;
    size_t count;
    int32_t closed;
    struct outcome *outcomes; // of days, the last that was known of each
    size_t outcome_count;
};

static bool in_chain(const struct outcome *chain, int64_t ms) {
    for (size_t i = 0; i < chain->reached; i++) {
        if (chain->ms[i] == ms) {
            return true;
        }
    }
    return false;
}

static void go_on(const struct memory *memory, struct outcome *chain) {
    while (chain->reached < memory->funnel->steps) {
        int64_t next = INT64_MAX;
        for (size_t i = 0; i < memory->count; i++) {
            const struct seen *seen = &memory->seen[i];
            if (seen->ms > chain->ms[chain->reached - 1] && seen->ms < next &&
                memory->funnel->is_step(seen->it, (unsigned)chain->reached)) {
                next = seen->ms;
            }
        }
        if (next == INT64_MAX || next - chain->ms[0] > memory->funnel->within_ms) {
            return;
        }
        chain->ms[chain->reached++] = next;
    }
}

static struct outcome best_of(const struct memory *memory, int32_t day) {
    struct outcome best = {.day = day};
    for (size_t i = 0; i < memory->count; i++) {
        const struct seen *seen = &memory->seen[i];
        struct outcome chain = {.day = day, .reached = 1, .ms = {seen->ms}};
        if (seen->day != day || !memory->funnel->is_step(seen->it, 0)) {
            continue;
        }
        go_on(memory, &chain);
        if (chain.reached > best.reached ||
            (chain.reached == best.reached && chain.ms[0] < best.ms[0])) {
            best = chain;
        }
    }
    return best;
}

static void note(struct memory *memory, struct outcome outcome) {
    size_t i = 0;
    while (i < memory->outcome_count && memory->outcomes[i].day != outcome.day) {
        i++;
    }
    if (i == DAYS_MOST) {
        abort();
    }
    memory->outcomes[i] = outcome;
    memory->outcome_count += i == memory->outcome_count;
}

static void forget(struct memory *memory, size_t i) {
    memory->count--;
    for (; i < memory->count; i++) {
        memory->seen[i] = memory->seen[i + 1];
    }
}

// Different times of what is in no chain.
static size_t oldest_spare(const struct memory *memory, size_t *times) {
    size_t oldest = memory->count;
    *times = 0;
    for (size_t i = 0; i < memory->count; i++) {
        bool again = false;
        for (size_t j = 0; j < i; j++) {
            again = again || memory->seen[j].ms == memory->seen[i].ms;
        }
        if (memory->seen[i].of_use) {
            continue;
        }
        *times += !again;
        if (oldest == memory->count || memory->seen[i].ms < memory->seen[oldest].ms) {
            oldest = i;
        }
    }
    return oldest;
}

static void look_at_all(struct memory *memory) {
    for (size_t i = 0; i < memory->count; i++) {
        memory->seen[i].of_use = false;
    }
    for (size_t i = 0; i < memory->count; i++) {
        struct outcome best = best_of(memory, memory->seen[i].day);
        if (best.reached > 0) {
            note(memory, best);
        }
        for (size_t j = 0; j < memory->count; j++) {
            memory->seen[j].of_use = memory->seen[j].of_use || in_chain(&best, memory->seen[j].ms);
        }
    }
    size_t times = 0;
    for (size_t oldest = oldest_spare(memory, &times); times > SPARE_MOST;
         oldest = oldest_spare(memory, &times)) {
        forget(memory, oldest);
    }
    if (memory->count > REMEMBERED_MOST) {
        abort(); // test_funnel_progress.c has this
    }
}

static void see(struct memory *memory, const struct steps_life *life,
                const struct history_event *it) {
    int64_t ms = it->event.timestamp_ms;
    int32_t day = timezone_day(life->zone, ms, NULL);
    int32_t over = timezone_day(life->zone, ms - memory->funnel->within_ms - DAY_MS, NULL) - 1;
    bool any = false;
    for (unsigned step = 0; step < memory->funnel->steps; step++) {
        any = any || memory->funnel->is_step(it, step);
    }
    if (!any) {
        return;
    }
    memory->closed = over > memory->closed ? over : memory->closed;
    for (size_t i = memory->count; i-- > 0;) {
        if (memory->seen[i].day <= memory->closed) {
            forget(memory, i);
        }
    }
    if (day > memory->closed) {
        memory->seen[memory->count++] = (struct seen){it, ms, day, false};
        look_at_all(memory);
    }
}

// --- Counting -----------------------------------------------------------------------------------------------------------

// Six binary digits.
static int64_t rounded(int64_t seconds) {
    int64_t unit = 1;
    while (seconds >= 64 * unit) {
        unit *= 2;
    }
    return seconds - seconds % unit;
}

static void count(const struct memory *memory, const char *id, struct sums *sums) {
    for (size_t i = 0; i < memory->outcome_count; i++) {
        const struct outcome *outcome = &memory->outcomes[i];
        for (size_t step = 0; step < outcome->reached; step++) {
            char value[128];
            snprintf(value, sizeof value, "%s %s %zu", memory->funnel->name, id, step + 1);
            sums_add(sums, outcome->day, STORE_METRIC_FUNNEL, value, 1);
            if (step > 0) {
                int64_t seconds = (outcome->ms[step] - outcome->ms[step - 1]) / 1000;
                snprintf(value, sizeof value, "%s %s %zu %" PRId64, memory->funnel->name, id,
                         step + 1, rounded(seconds));
                sums_add(sums, outcome->day, STORE_METRIC_FUNNEL_SECONDS, value, 1);
            }
        }
    }
}

static void recount_one(const struct steps_life *life, const struct declared *funnel,
                        struct sums *sums) {
    struct memory memory = {.funnel = funnel, .closed = INT32_MIN};
    unsigned set = funnel->sets & 1 ? 0 : 1;
    struct funnel_set *read = steps_read(set);
    memory.seen = calloc(life->count + 1, sizeof *memory.seen);
    memory.outcomes = calloc(DAYS_MOST, sizeof *memory.outcomes);
    if (!memory.seen || !memory.outcomes) {
        abort();
    }
    for (size_t n = 0; n < life->count; n++) {
        size_t at = life->events[n];
        if (funnel->sets & 1U << life->history->sets[at]) {
            see(&memory, life, &life->history->events[at]);
        }
    }
    count(&memory, funnel_set_find(read, str_from_c(funnel->name))->id_text, sums);
    funnel_set_release(read);
    free(memory.seen);
    free(memory.outcomes);
}

void steps_recount(const struct steps_life *life, struct sums *sums) {
    for (size_t i = 0; life->history->sets && i < sizeof declared / sizeof declared[0]; i++) {
        recount_one(life, &declared[i], sums);
    }
}
