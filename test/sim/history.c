// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Makes random histories and puts them into a log.
#include "history.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define BEGIN_MS 1774569600000LL // 2026-03-27: Berlin's clocks change on the 29th
#define MINUTE_MS 60000LL
#define DAY_MS 86400000LL

const struct history_agent history_agents[HISTORY_AGENTS] = {
    {"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36",
     "desktop", "Chrome", "Windows", "Chrome 126", "Windows 10", NULL},
    {"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Version/17.5 Mobile/15E148 Safari/604.1",
     "mobile", "Safari", "iOS", "Safari 17", "iOS 17", NULL},
    {"Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0", "desktop", "Firefox",
     "Linux", "Firefox 127", NULL, NULL},
    {"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", NULL, NULL, NULL,
     NULL, NULL, "Googlebot"},
    {NULL, NULL, NULL, NULL, NULL, NULL, NULL},
};
const struct store_project history_projects[HISTORY_PROJECTS] = {
    {STR_INIT("shop"), STR_INIT("Shop"), STR_INIT("Europe/Berlin"), BEGIN_MS},
    {STR_INIT("blog"), STR_INIT("Blog"), STR_INIT("UTC"), BEGIN_MS},
};

void history_require(enum status status, const char *what) {
    if (status != STATUS_OK) {
        fprintf(stderr, "%s: %s\n", what, status_text(status));
        abort();
    }
}

struct enrichment *history_enrichment(void) {
    static const struct enrich_declared step = {.name = STR_INIT("step"),
                                                .path = STR_INIT("properties.step")};
    struct enrichment_config config = {
        .agent_rules = STR("builtin"), .declared = &step, .declared_count = 1};
    struct enrichment *made = NULL;
    struct error err;
    history_require(enrichment_make(&config, &made, &err), "enrichment");
    return made;
}

static bool one_in(struct random_source *random, uint64_t n) {
    return random_below(random, n) == 0;
}

static int64_t event_time(struct random_source *random, int64_t received) {
    switch (random_below(random, 10)) {
    case 0: return received - (int64_t)random_below(random, 40 * DAY_MS);
    case 1: return received - (int64_t)random_below(random, 2 * DAY_MS);
    case 2:
    case 3: return received - (int64_t)random_below(random, 60 * MINUTE_MS);
    case 4: return received + (int64_t)random_below(random, 20 * MINUTE_MS);
    default: return received - (int64_t)random_below(random, 5000);
    }
}

static void fill_people(struct history_event *made, struct random_source *random,
                        struct arena *arena) {
    struct event *event = &made->event;
    uint64_t anonymous = random_below(random, HISTORY_ANONYMOUS);
    if (!one_in(random, 3)) {
        event->user_id =
            arena_printf(arena, "u%llu", (unsigned long long)random_below(random, HISTORY_USERS));
    }
    if (!event->user_id.data || one_in(random, 2)) {
        event->anonymous_id = arena_printf(arena, "a%llu", (unsigned long long)anonymous);
    }
    if (event->type == EVENT_ALIAS) {
        event->previous_id = arena_printf(arena, "a%llu", (unsigned long long)anonymous);
    }
}

// Where a page view comes from.
static void fill_visit(struct history_event *made, struct random_source *random,
                       struct arena *arena) {
    static const struct {
        const char *url, *referrer; // as sent
        const char *host, *channel, *source, *medium, *campaign;
    } visits[] = {
        {"?x=1#y", "https://shop.test/b", NULL, "internal", NULL, NULL, NULL},
        {"/?x=1", "", NULL, "direct", NULL, NULL, NULL},
        {"", "https://www.EXAMPLE.org/a", "www.example.org", "referral", NULL, NULL, NULL},
        {"?q", "https://www.google.co.uk/", "www.google.co.uk", "search", "Google", NULL, NULL},
        {"", "https://m.facebook.com/x", "m.facebook.com", "social", "Facebook", NULL, NULL},
        {"?utm_source=news&utm_medium=email&utm_campaign=May+%232", "https://mail.google.com/",
         "mail.google.com", "email", "news", "email", "May #2"},
        {"?gclid=abc", "https://www.google.com/", "www.google.com", "campaign", "Google", "cpc",
         NULL},
    };
    size_t n = random_below(random, sizeof visits / sizeof visits[0]);
    made->referrer = visits[n].host;
    made->channel = visits[n].channel;
    made->source = visits[n].source;
    made->medium = visits[n].medium;
    made->campaign = visits[n].campaign;
    // The path as it is to be counted, with a spelling of its own half of the time.
    const char *root = made->path[1] == '\0' ? "" : made->path;
    made->event.properties =
        arena_printf(arena, "{\"url\":\"https://shop.test%s%s%s\",\"referrer\":\"%s\"}",
                     one_in(random, 2) ? "//" : "", one_in(random, 2) ? root : made->path,
                     visits[n].url, visits[n].referrer);
}

static void fill_details(struct history_event *made, struct random_source *random,
                         struct arena *arena) {
    static const char *const names[] = {"Viewed", "Added", "Bought", "\xc3\x9cnlock"};
    static const char *const paths[] = {"/", "/cart", "/help/a"};
    static const char *const plans[] = {"free", "pro", ""};
    struct event *event = &made->event;
    if (event->type == EVENT_TRACK || event->type == EVENT_PAGE || event->type == EVENT_SCREEN) {
        event->name = str_from_c(names[random_below(random, 4)]);
    }
    if (event->type == EVENT_PAGE) {
        made->path = paths[random_below(random, 3)];
        fill_visit(made, random, arena);
    } else if (one_in(random, 3)) {
        made->step = one_in(random, 2) ? "1" : "true";
        event->properties = arena_printf(arena, "{\"step\":%s}", made->step);
    }
    if (event->type == EVENT_IDENTIFY) {
        made->plan = one_in(random, 5) ? NULL : plans[random_below(random, 3)];
        event->traits = !made->plan    ? STR("{\"plan\":null}")
                        : !*made->plan ? STR("{}")
                                       : arena_printf(arena, "{\"plan\":\"%s\"}", made->plan);
    } else {
        made->plan = "";
    }
    if (one_in(random, 2)) {
        made->country = one_in(random, 2) ? "DE" : "FR";
        made->region = made->country[0] == 'D' ? "DE-BE" : NULL;
        event->context = made->country[0] == 'D'
                             ? STR("{\"location\":{\"country\":\"de\",\"region\":\"BE\"}}")
                             : STR("{\"country\":\"FR\"}");
    }
}

static struct history_event make_event(struct random_source *random, struct arena *arena,
                                       size_t number, int64_t received) {
    struct history_event made = {.project = (unsigned)random_below(random, HISTORY_PROJECTS)};
    struct event *event = &made.event;
    event->id = arena_printf(arena, "event-%zu", number);
    event->project = history_projects[made.project].id;
    event->type = (enum event_type)random_below(random, EVENT_TYPE_COUNT);
    event->name = STR("");
    event->received_ms = received;
    event->timestamp_ms = event_time(random, received);
    event->dialect = STR("plain");
    fill_people(&made, random, arena);
    fill_details(&made, random, arena);
    made.agent = one_in(random, 20) ? 3 : (unsigned)random_below(random, 3);
    made.agent = one_in(random, 4) ? 4 : made.agent;
    event->user_agent = str_from_c(history_agents[made.agent].text);
    return made;
}

static struct eventlog_record make_record(struct history_event *made, struct random_source *random,
                                          struct arena *arena) {
    struct buffer buffer;
    buffer_init(&buffer, EVENT_BYTES_MAX);
    history_require(event_encode(&made->event, &buffer), "encode");
    struct eventlog_record record = {event_record_key(&made->event, arena),
                                     arena_copy(arena, buffer_str(&buffer)),
                                     made->event.received_ms};
    if (one_in(random, 100)) {
        record.value = STR("{\"id\":\"");
        made->broken = true;
    } else if (one_in(random, 100)) {
        record.key = STR("shop\0someone else");
        made->broken = true;
    }
    buffer_free(&buffer);
    return record;
}

void history_make(struct history *history, uint64_t seed, size_t count) {
    struct random_seeded seeded;
    struct random_source *random = &seeded.source;
    int64_t now = BEGIN_MS;
    random_seeded_init(&seeded, seed);
    *history = (struct history){.count = count};
    arena_init(&history->arena, 1 << 16, 0);
    history->events = arena_alloc_array(&history->arena, count, sizeof *history->events);
    history->records = arena_alloc_array(&history->arena, count, sizeof *history->records);
    if (!history->events || !history->records) {
        abort();
    }
    uint64_t pace = 1 + random_below(random, 20 * MINUTE_MS);
    for (size_t i = 0; i < count; i++) {
        now += (int64_t)random_below(random, pace);
        if (i > 0 && one_in(random, 12)) { // resent
            size_t again = random_below(random, i);
            history->events[i] = history->events[again];
            history->records[i] = history->records[again];
            history->records[i].timestamp_ms = now;
            continue;
        }
        history->events[i] = make_event(random, &history->arena, i, now);
        history->records[i] = make_record(&history->events[i], random, &history->arena);
    }
}

static struct control make_control(struct random_source *random, struct arena *arena, size_t number,
                                   int64_t now) {
    bool user = !one_in(random, 3);
    unsigned project = (unsigned)random_below(random, HISTORY_PROJECTS);
    struct control control = {
        .action = one_in(random, 6)   ? CONTROL_ALLOW
                  : one_in(random, 6) ? CONTROL_UNLINK
                                      : CONTROL_ERASE,
        .project = history_projects[project].id,
        .requested_ms = now,
        .receipt = arena_printf(arena, "receipt-%05zu", number),
        .part = (uint32_t)random_below(random, 3),
    };
    user = user || control.action == CONTROL_UNLINK;
    control.kind = user ? 'u' : 'a';
    control.id = arena_printf(
        arena, "%c%llu", control.kind,
        (unsigned long long)random_below(random, user ? HISTORY_USERS : HISTORY_ANONYMOUS));
    control.keep_refusing = control.action == CONTROL_ERASE && one_in(random, 4);
    if (control.action == CONTROL_UNLINK) {
        control.anonymous_id = arena_printf(
            arena, "a%llu", (unsigned long long)random_below(random, HISTORY_ANONYMOUS));
    }
    if (control.action == CONTROL_ALLOW) {
        control.receipt = STR_EMPTY;
        control.part = 0;
    }
    return control;
}

void history_add_controls(struct history *history, uint64_t seed, unsigned partitions) {
    struct random_seeded seeded;
    struct random_source *random = &seeded.source;
    random_seeded_init(&seeded, seed);
    history->partitions = partitions;
    uint64_t every = 10 + random_below(random, 100);
    for (size_t i = 0; i < history->count; i++) {
        if (!one_in(random, every)) {
            continue;
        }
        int64_t now = history->records[i].timestamp_ms;
        struct control *control = arena_alloc(&history->arena, sizeof *control);
        struct buffer value;
        if (!control) {
            abort();
        }
        buffer_init(&value, EVENT_BYTES_MAX);
        *control = make_control(random, &history->arena, i, now);
        history_require(control_encode(control, &value), "control");
        history->events[i] =
            (struct history_event){.agent = HISTORY_AGENTS - 1, .control = control};
        history->records[i] =
            (struct eventlog_record){control_record_key(control, &history->arena),
                                     arena_copy(&history->arena, buffer_str(&value)), now};
        buffer_free(&value);
    }
}

void history_free(struct history *history) {
    arena_free(&history->arena);
}

struct waiter {
    pthread_mutex_t mutex;
    pthread_cond_t cond;
    bool done;
};

static void appended(struct eventlog_append *append) {
    struct waiter *waiter = append->context;
    pthread_mutex_lock(&waiter->mutex);
    waiter->done = true;
    pthread_cond_signal(&waiter->cond);
    pthread_mutex_unlock(&waiter->mutex);
}

void history_append(const struct history *history, struct eventlog *log, size_t from, size_t to) {
    struct waiter waiter = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false};
    struct eventlog_append append = {.records = history->records + from,
                                     .count = to - from,
                                     .done = appended,
                                     .context = &waiter};
    eventlog_append(log, &append);
    pthread_mutex_lock(&waiter.mutex);
    while (!waiter.done) {
        pthread_cond_wait(&waiter.cond, &waiter.mutex);
    }
    pthread_mutex_unlock(&waiter.mutex);
    history_require(append.status, "append");
}
