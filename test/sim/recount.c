// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The naive recount: loops over all events of an actor for each question, as the definitions are worded.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/timezone.h"
#include "dump.h"
#include "lives.h"
#include "steps.h"
#include "sums.h"

#define SESSION_MOST_MS 86400000LL

struct recount {
    const struct history *history;
    int64_t gap_ms, age_ms;
    bool *counted; // by event: neither resent nor bot nor broken
    struct timezone_rules *zones[HISTORY_PROJECTS];
    struct sums sums;
    struct buffer *out;
};
struct person {
    unsigned project;
    bool user;
    char id[16];
    size_t *events; // indices in log order, of one life: between two erasures
    bool last;      // no erasure came later
    size_t count;
    struct store_session *sessions; // by start
    size_t session_count;
};

static bool is_of(const struct history_event *event, const struct person *person) {
    struct str id = event->event.user_id.len > 0 ? event->event.user_id : event->event.anonymous_id;
    return !event->control && event->project == person->project &&
           (event->event.user_id.len > 0) == person->user && str_equal(id, str_from_c(person->id));
}

static int32_t day_of(const struct recount *recount, unsigned project, int64_t ms, int *hour) {
    return timezone_day(recount->zones[project], ms, hour);
}

static void add(struct recount *recount, int32_t day, enum store_metric metric, const char *value,
                int64_t amount) {
    sums_add(&recount->sums, day, metric, value, amount);
}

// --- Which events count -----------------------------------------------------------------------------------------------

static size_t choose(struct recount *recount) {
    const struct history *history = recount->history;
    size_t dead = 0;
    for (size_t i = 0; i < history->count; i++) {
        const struct history_event *event = &history->events[i];
        recount->counted[i] = false;
        if (event->control) {
            continue;
        }
        if (event->broken) {
            // The same record twice is the same dead letter at two offsets.
            dead += !lives_letter_goes(history, i);
        } else if (!lives_was_sent_before(history, i) && !lives_is_refused(history, i)) {
            dead += event->set_aside && !lives_letter_goes(history, i);
            recount->counted[i] =
                !history_agents[event->agent].bot && !event->filtered_by && !event->set_aside;
        }
    }
    return dead;
}

static void count_enriched(struct recount *recount, int32_t day, const struct history_event *event,
                           const struct history_agent *agent) {
    char step[64];
    add(recount, day, STORE_METRIC_REGION, event->region, 1);
    add(recount, day, STORE_METRIC_CHANNEL, event->channel, 1);
    add(recount, day, STORE_METRIC_CAMPAIGN_SOURCE, event->source, 1);
    add(recount, day, STORE_METRIC_CAMPAIGN_MEDIUM, event->medium, 1);
    add(recount, day, STORE_METRIC_CAMPAIGN, event->campaign, 1);
    add(recount, day, STORE_METRIC_BROWSER_VERSION, agent->browser_version, 1);
    add(recount, day, STORE_METRIC_OS_VERSION, agent->os_version, 1);
    snprintf(step, sizeof step, "step=%s", event->step ? event->step : "");
    add(recount, day, STORE_METRIC_DIMENSION, event->step ? step : NULL, 1);
}

static void count_events(struct recount *recount, unsigned project) {
    for (size_t i = 0; i < recount->history->count; i++) {
        const struct history_event *event = &recount->history->events[i];
        const struct history_agent *agent = &history_agents[event->agent];
        if (event->project != project || event->broken || event->control ||
            (!recount->counted[i] && lives_was_sent_before(recount->history, i))) {
            continue;
        }
        int hour;
        char text[8], name[64];
        int32_t day = day_of(recount, project, event->event.timestamp_ms, &hour);
        if (lives_is_refused(recount->history, i)) { // before rules see it
            add(recount, day, STORE_METRIC_FILTERED, "erased", 1);
            continue;
        }
        if (event->set_aside) {
            continue;
        }
        if (event->filtered_by) {
            add(recount, day, STORE_METRIC_FILTERED, event->filtered_by, 1);
            continue;
        }
        if (agent->bot) {
            add(recount, day, STORE_METRIC_BOTS, agent->bot, 1);
            continue;
        }
        struct str type = event_type_name(event->event.type);
        snprintf(name, sizeof name, "%.*s", STR_ARG(type));
        snprintf(text, sizeof text, "%02d", hour);
        add(recount, day, STORE_METRIC_EVENTS, "", 1);
        add(recount, day, STORE_METRIC_TYPE, name, 1);
        add(recount, day, STORE_METRIC_HOUR, text, 1);
        add(recount, day, STORE_METRIC_DEVICE, agent->device, 1);
        add(recount, day, STORE_METRIC_BROWSER, agent->browser, 1);
        add(recount, day, STORE_METRIC_OS, agent->os, 1);
        add(recount, day, STORE_METRIC_COUNTRY, event->country, 1);
        add(recount, day, STORE_METRIC_PAGE, event->path, 1);
        add(recount, day, STORE_METRIC_REFERRER, event->referrer, 1);
        count_enriched(recount, day, event, agent);
        snprintf(name, sizeof name, "%.*s", STR_ARG(event->event.name));
        add(recount, day, STORE_METRIC_NAME, event->event.name.len > 0 ? name : NULL, 1);
        day = day_of(recount, project, event->event.received_ms, &hour);
        add(recount, day, STORE_METRIC_LINKS, type.data, lives_linked(&event->event).len > 0);
    }
}

// --- A person ---------------------------------------------------------------------------------------------------------

static const struct event *event_of(const struct recount *recount, const struct person *person,
                                    size_t n) {
    return &recount->history->events[person->events[n]].event;
}

static size_t end_of_life(const struct recount *recount, const struct person *person, size_t from) {
    return lives_end(recount->history, person->project, person->user, str_from_c(person->id), from);
}

static void find_events(const struct recount *recount, struct person *person, size_t from,
                        size_t to) {
    person->events = calloc(recount->history->count + 1, sizeof(size_t));
    person->sessions = calloc(recount->history->count + 1, sizeof(struct store_session));
    person->count = person->session_count = 0;
    for (size_t i = from; i < to; i++) {
        if (recount->counted[i] && is_of(&recount->history->events[i], person)) {
            person->events[person->count++] = i;
        }
    }
}

static int compare_sessions(const void *a, const void *b) {
    int64_t x = ((const struct store_session *)a)->start_ms;
    int64_t y = ((const struct store_session *)b)->start_ms;
    return (x > y) - (x < y);
}

static struct store_session *session_for(const struct recount *recount, struct person *person,
                                         int64_t ms) {
    struct store_session *before = NULL, *after = NULL;
    for (size_t i = 0; i < person->session_count; i++) {
        struct store_session *session = &person->sessions[i];
        if (session->start_ms <= ms && ms <= session->end_ms) {
            return session;
        }
        if (session->end_ms < ms && (!before || session->end_ms > before->end_ms)) {
            before = session;
        }
        if (session->start_ms > ms && (!after || session->start_ms < after->start_ms)) {
            after = session;
        }
    }
    if (before && ms - before->end_ms < recount->gap_ms &&
        ms - before->start_ms <= SESSION_MOST_MS) {
        return before;
    }
    if (after && after->start_ms - ms < recount->gap_ms && after->end_ms - ms <= SESSION_MOST_MS) {
        return after;
    }
    struct store_session *made = &person->sessions[person->session_count++];
    *made = (struct store_session){ms, ms, 0, 0};
    return made;
}

static void find_sessions(struct recount *recount, struct person *person) {
    for (size_t n = 0; n < person->count; n++) {
        const struct event *event = event_of(recount, person, n);
        int64_t came_ms = recount->history->records[person->events[n]].timestamp_ms;
        if (recount->age_ms > 0 && came_ms - event->timestamp_ms > recount->age_ms) {
            continue;
        }
        struct store_session *session = session_for(recount, person, event->timestamp_ms);
        session->start_ms =
            event->timestamp_ms < session->start_ms ? event->timestamp_ms : session->start_ms;
        session->end_ms =
            event->timestamp_ms > session->end_ms ? event->timestamp_ms : session->end_ms;
        session->events++;
        session->page_views += event->type == EVENT_PAGE;
    }
    qsort(person->sessions, person->session_count, sizeof(struct store_session), compare_sessions);
    for (size_t i = 0; i < person->session_count; i++) {
        char seconds[24];
        const struct store_session *session = &person->sessions[i];
        int32_t day = day_of(recount, person->project, session->start_ms, NULL);
        snprintf(seconds, sizeof seconds, "%" PRId64, (session->end_ms - session->start_ms) / 1000);
        add(recount, day, STORE_METRIC_SESSIONS, "", 1);
        add(recount, day, STORE_METRIC_BOUNCES, "", session->events == 1);
        add(recount, day, STORE_METRIC_SESSION_SECONDS, seconds, 1);
    }
}

static bool active_between(const struct recount *recount, const struct person *person, int32_t from,
                           int32_t to) {
    for (size_t n = 0; n < person->count; n++) {
        int32_t day =
            day_of(recount, person->project, event_of(recount, person, n)->timestamp_ms, NULL);
        if (from <= day && day <= to) {
            return true;
        }
    }
    return false;
}

struct asked {
    const struct recount *recount;
    const struct person *person;
};
static bool asked_active(int32_t from, int32_t to, const void *context) {
    const struct asked *asked = context;
    return active_between(asked->recount, asked->person, from, to);
}

static void count_activity(struct recount *recount, const struct person *person, int32_t first,
                           int32_t last) {
    bool seen = false;
    if (person->user) {
        sums_add_retention(&recount->sums, first, last, asked_active,
                           &(struct asked){recount, person});
    }
    for (int32_t day = first; day <= last + 29; day++) {
        bool active = active_between(recount, person, day, day);
        add(recount, day, person->user ? STORE_METRIC_ACTIVE_USERS : STORE_METRIC_ACTIVE_ANONYMOUS,
            "", active);
        if (person->user) {
            add(recount, day, STORE_METRIC_NEW_USERS, "", active && !seen);
            add(recount, day, STORE_METRIC_ACTIVE_USERS_7, "",
                active_between(recount, person, day - 6, day));
            add(recount, day, STORE_METRIC_ACTIVE_USERS_30, "",
                active_between(recount, person, day - 29, day));
        }
        seen = seen || active;
    }
}

static int compare_names(const void *a, const void *b) {
    return str_compare(*(const struct str *)a, *(const struct str *)b);
}

static void print_names(struct recount *recount, struct str *names, size_t count, int32_t day) {
    qsort(names, count, sizeof(struct str), compare_names);
    for (size_t i = 0; i < count;) {
        char name[64];
        size_t end = i;
        while (end < count && str_equal(names[i], names[end])) {
            end++;
        }
        buffer_printf(recount->out, " %.*s=%zu", STR_ARG(names[i]), end - i);
        snprintf(name, sizeof name, "%.*s", STR_ARG(names[i]));
        add(recount, day, STORE_METRIC_NAME_ACTORS, name, 1);
        i = end;
    }
}

static void print_day(struct recount *recount, const struct person *person, int32_t day) {
    struct str *names = calloc(person->count + 1, sizeof(struct str));
    size_t name_count = 0, types[EVENT_TYPE_COUNT] = {0}, events = 0, sessions = 0;
    int64_t first = INT64_MAX, last = INT64_MIN;
    for (size_t n = 0; n < person->count; n++) {
        const struct event *event = event_of(recount, person, n);
        if (day_of(recount, person->project, event->timestamp_ms, NULL) == day) {
            first = event->timestamp_ms < first ? event->timestamp_ms : first;
            last = event->timestamp_ms > last ? event->timestamp_ms : last;
            types[event->type]++;
            events++;
            if (event->name.len > 0) {
                names[name_count++] = event->name;
            }
        }
    }
    for (size_t i = 0; i < person->session_count; i++) {
        sessions += day_of(recount, person->project, person->sessions[i].start_ms, NULL) == day;
    }
    if (events > 0) {
        buffer_printf(recount->out,
                      " day %" PRId32 " %" PRId64 "..%" PRId64 " events %zu sessions %zu types",
                      day, first, last, events, sessions);
        for (size_t type = 0; type < EVENT_TYPE_COUNT; type++) {
            buffer_printf(recount->out, " %zu", types[type]);
        }
        print_names(recount, names, name_count, day);
        buffer_append_char(recount->out, '\n');
        add(recount, day, STORE_METRIC_TOP_ACTORS, person->user && person->last ? person->id : NULL,
            (int64_t)events);
    }
    free(names);
}

static int compare_rows(const void *a, const void *b) {
    const struct event *x = *(const struct event *const *)a, *y = *(const struct event *const *)b;
    if (x->timestamp_ms != y->timestamp_ms) {
        return x->timestamp_ms < y->timestamp_ms ? 1 : -1;
    }
    return str_compare(y->id, x->id);
}

static void print_timeline(struct recount *recount, const struct person *person) {
    const struct event **rows = calloc(person->count + 1, sizeof *rows);
    for (size_t n = 0; n < person->count; n++) {
        rows[n] = event_of(recount, person, n);
    }
    qsort(rows, person->count, sizeof *rows, compare_rows);
    for (size_t n = 0; n < person->count; n++) {
        buffer_printf(recount->out, " row %" PRId64 " %.*s %u %.*s\n", rows[n]->timestamp_ms,
                      STR_ARG(rows[n]->id), (unsigned)rows[n]->type, STR_ARG(rows[n]->name));
    }
    free(rows);
}

static void print_state(struct recount *recount, const struct person *person, int64_t first_ms,
                        int64_t last_ms, int32_t first, int32_t last) {
    const char *plan = NULL;
    for (size_t n = 0; n < person->count; n++) {
        const struct history_event *event = &recount->history->events[person->events[n]];
        if (event->event.type == EVENT_IDENTIFY && (!event->plan || *event->plan)) {
            plan = event->plan;
        }
    }
    buffer_printf(recount->out,
                  "actor %.*s %c%s %" PRId64 "..%" PRId64 " events %zu sessions %zu traits ",
                  STR_ARG(history_projects[person->project].id), person->user ? 'u' : 'a',
                  person->id, first_ms, last_ms, person->count, person->session_count);
    if (plan) {
        buffer_printf(recount->out, "{\"plan\":\"%s\"} active", plan);
    } else {
        buffer_printf(recount->out, "{} active");
    }
    for (int32_t day = first; day <= last; day++) {
        if (active_between(recount, person, day, day)) {
            buffer_printf(recount->out, " %" PRId32, day);
        }
    }
    buffer_append_char(recount->out, '\n');
    for (size_t i = 0; i < person->session_count; i++) {
        const struct store_session *session = &person->sessions[i];
        buffer_printf(recount->out, " session %" PRId64 "..%" PRId64 " events %u pages %u\n",
                      session->start_ms, session->end_ms, session->events, session->page_views);
    }
}

static void recount_life(struct recount *recount, struct person *person, size_t from, size_t to) {
    int64_t first_ms = INT64_MAX, last_ms = INT64_MIN;
    find_events(recount, person, from, to);
    find_sessions(recount, person);
    for (size_t n = 0; n < person->count; n++) {
        int64_t ms = event_of(recount, person, n)->timestamp_ms;
        first_ms = ms < first_ms ? ms : first_ms;
        last_ms = ms > last_ms ? ms : last_ms;
    }
    if (person->count > 0) {
        int32_t first = day_of(recount, person->project, first_ms, NULL);
        int32_t last = day_of(recount, person->project, last_ms, NULL);
        print_state(recount, person, first_ms, last_ms, first, last);
        count_activity(recount, person, first, last);
        steps_recount(&(struct steps_life){recount->history, recount->zones[person->project],
                                           person->events, person->count},
                      &recount->sums);
        for (int32_t day = first; day <= last; day++) {
            print_day(recount, person, day);
        }
        print_timeline(recount, person);
    }
    free(person->events);
    free(person->sessions);
}

// What an erased life did stays in the totals; its rows are gone.
static void recount_person(struct recount *recount, struct person *person) {
    struct buffer *out = recount->out, gone;
    size_t from = 0, to = 0;
    buffer_init(&gone, DUMP_BYTES_MAX);
    recount->out = &gone;
    while ((to = end_of_life(recount, person, from)) < recount->history->count) {
        recount_life(recount, person, from, to);
        from = to + 1;
    }
    buffer_free(&gone);
    recount->out = out;
    person->last = true;
    recount_life(recount, person, from, to);
}

static void print_link(struct recount *recount, unsigned project, struct str anonymous) {
    struct str owner = STR_EMPTY;
    int64_t earliest = 0;
    for (size_t i = 0; i < recount->history->count; i++) {
        const struct event *event = &recount->history->events[i].event;
        if (!recount->counted[i] || recount->history->events[i].project != project ||
            !str_equal(lives_linked(event), anonymous) ||
            lives_link_goes(recount->history, i, anonymous)) {
            continue;
        }
        if (!owner.data || event->timestamp_ms < earliest ||
            (event->timestamp_ms == earliest && str_compare(event->user_id, owner) < 0)) {
            owner = event->user_id;
            earliest = event->timestamp_ms;
        }
    }
    if (owner.data) {
        buffer_printf(recount->out, "link %.*s %.*s %.*s\n", STR_ARG(history_projects[project].id),
                      STR_ARG(anonymous), STR_ARG(owner));
    }
}

// dump_store prints totals before people, but people make totals: their text waits in a buffer of its own.
static void recount_project(struct recount *recount, unsigned project) {
    struct buffer *out = recount->out, people;
    buffer_init(&people, DUMP_BYTES_MAX);
    recount->out = &people;
    count_events(recount, project);
    for (unsigned i = 0; i < HISTORY_USERS + HISTORY_ANONYMOUS; i++) {
        struct person person = {.project = project, .user = i < HISTORY_USERS};
        snprintf(person.id, sizeof person.id, person.user ? "u%u" : "a%u",
                 person.user ? i : i - HISTORY_USERS);
        recount_person(recount, &person);
        if (!person.user) {
            print_link(recount, project, str_from_c(person.id));
        }
    }
    recount->out = out;
    sums_print(&recount->sums, history_projects[project].id, recount->out);
    buffer_append_str(out, buffer_str(&people));
    buffer_free(&people);
}

static void print_receipt(struct recount *recount, size_t at) {
    const struct control *control = recount->history->events[at].control;
    struct person person = {.user = control->kind == 'u'};
    size_t from = 0;
    snprintf(person.id, sizeof person.id, "%.*s", STR_ARG(control->id));
    while (!str_equal(history_projects[person.project].id, control->project)) {
        person.project++;
    }
    for (size_t end = end_of_life(recount, &person, from); end < at;
         end = end_of_life(recount, &person, from)) {
        from = end + 1;
    }
    find_events(recount, &person, from, control->action == CONTROL_ERASE ? at : from);
    buffer_printf(recount->out, "%.*s part %u timeline %zu states %d\n", STR_ARG(control->receipt),
                  control->part, person.count, person.count > 0);
    free(person.events);
    free(person.sessions);
}

static void print_receipts(struct recount *recount) {
    for (size_t i = 0; i < recount->history->count; i++) {
        const struct control *control = recount->history->events[i].control;
        if (control && control->action != CONTROL_ALLOW) {
            print_receipt(recount, i);
        }
    }
}

void dump_recount(const struct history *history, int64_t session_gap_ms, int64_t session_age_ms,
                  struct buffer *out) {
    struct recount recount = {
        .history = history, .gap_ms = session_gap_ms, .age_ms = session_age_ms, .out = out};
    recount.counted = calloc(history->count + 1, sizeof(bool));
    sums_init(&recount.sums);
    for (unsigned i = 0; i < HISTORY_PROJECTS; i++) {
        struct error err;
        history_require(timezone_load(history_projects[i].time_zone, &recount.zones[i], &err),
                        "time zone");
    }
    size_t dead = choose(&recount);
    for (unsigned i = 0; i < HISTORY_PROJECTS; i++) {
        recount_project(&recount, i);
    }
    buffer_printf(out, "dead letters %zu\n", dead);
    print_receipts(&recount);
    for (unsigned i = 0; i < HISTORY_PROJECTS; i++) {
        timezone_free(recount.zones[i]);
    }
    free(recount.counted);
    sums_free(&recount.sums);
    history_require(buffer_status(out), "recount");
}
