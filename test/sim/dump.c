// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Prints a store's derived data.
#include "dump.h"

#include "store/erasure.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static void dump_state(struct store *store, struct str project, struct store_actor actor,
                       struct arena *arena, struct buffer *out) {
    struct store_actor_state state;
    enum status status = store_actor_get(store, project, actor, arena, &state);
    if (status == STATUS_NOT_FOUND) {
        return;
    }
    history_require(status, "actor");
    buffer_printf(out,
                  "actor %.*s %c%.*s %" PRId64 "..%" PRId64 " events %" PRIu64 " sessions %" PRIu64
                  " traits %.*s active",
                  STR_ARG(project), (char)actor.kind, STR_ARG(actor.id), state.first_seen_ms,
                  state.last_seen_ms, state.events, state.sessions,
                  STR_ARG(state.traits.data ? state.traits : STR("{}")));
    for (size_t bit = 0; bit < state.activity.len * 8; bit++) {
        if ((unsigned char)state.activity.data[bit / 8] >> (bit % 8) & 1) {
            buffer_printf(out, " %" PRId32, state.activity_first_day + (int32_t)bit);
        }
    }
    buffer_append_char(out, '\n');
    struct store_session *sessions;
    size_t count;
    history_require(store_actor_sessions(store, project, actor, INT64_MIN / 2, INT64_MAX / 2, arena,
                                         &sessions, &count),
                    "sessions");
    for (size_t i = 0; i <= count; i++) {
        const struct store_session *session = i < count ? &sessions[i] : &state.current;
        if (session->events == 0) {
            continue; // nobody was here who is in a session
        }
        buffer_printf(out, " session %" PRId64 "..%" PRId64 " events %u pages %u\n",
                      session->start_ms, session->end_ms, session->events, session->page_views);
    }
}

static void dump_days(struct store *store, struct str project, struct store_actor actor,
                      struct arena *arena, struct buffer *out) {
    struct store_actor_day *days;
    size_t count;
    history_require(store_actor_days(store, project, actor, 0, 40000, arena, &days, &count),
                    "days");
    for (size_t i = 0; i < count; i++) {
        buffer_printf(out, " day %" PRId32 " %" PRId64 "..%" PRId64 " events %u sessions %u types",
                      days[i].day, days[i].first_ms, days[i].last_ms, days[i].events,
                      days[i].sessions);
        for (size_t type = 0; type < EVENT_TYPE_COUNT; type++) {
            buffer_printf(out, " %u", days[i].by_type[type]);
        }
        for (size_t name = 0; name < days[i].name_count; name++) {
            buffer_printf(out, " %.*s=%u", STR_ARG(days[i].names[name].name),
                          days[i].names[name].events);
        }
        buffer_append_char(out, '\n');
    }
}

static void dump_timeline(struct store *store, struct str project, struct store_actor actor,
                          struct arena *arena, struct buffer *out) {
    struct store_timeline_query query = {
        .actors = &actor, .actor_count = 1, .from_ms = 0, .to_ms = INT64_MAX / 2, .limit = 1000};
    bool more = true;
    while (more) {
        struct store_timeline_row *rows;
        size_t count;
        history_require(store_timeline_read(store, project, &query, arena, &rows, &count, &more),
                        "timeline");
        for (size_t i = 0; i < count; i++) {
            buffer_printf(out, " row %" PRId64 " %.*s %u %.*s\n", rows[i].timestamp_ms,
                          STR_ARG(rows[i].event_id), rows[i].type, STR_ARG(rows[i].name));
        }
        if (more) {
            query.resume = true;
            query.after_ms = rows[count - 1].timestamp_ms;
            query.after_id = rows[count - 1].event_id;
        }
    }
}

static void dump_project(struct store *store, struct str project, struct buffer *out) {
    struct arena arena;
    arena_init(&arena, 1 << 16, 0);
    struct store_total *totals;
    size_t count;
    history_require(
        store_totals_read(store, project, 0, 40000, UINT64_MAX, &arena, &totals, &count), "totals");
    for (size_t i = 0; i < count; i++) {
        buffer_printf(out, "total %.*s %" PRId32 " %02d %.*s %" PRId64 "\n", STR_ARG(project),
                      totals[i].day, (int)totals[i].metric, STR_ARG(totals[i].value),
                      totals[i].amount);
    }
    for (unsigned i = 0; i < HISTORY_USERS + HISTORY_ANONYMOUS; i++) {
        bool user = i < HISTORY_USERS;
        struct store_actor actor = {
            user ? STORE_ACTOR_USER : STORE_ACTOR_ANONYMOUS,
            arena_printf(&arena, user ? "u%u" : "a%u", user ? i : i - HISTORY_USERS)};
        struct str owner;
        dump_state(store, project, actor, &arena, out);
        dump_days(store, project, actor, &arena, out);
        dump_timeline(store, project, actor, &arena, out);
        if (!user && store_link_owner(store, project, actor.id, &arena, &owner) == STATUS_OK) {
            buffer_printf(out, "link %.*s %.*s %.*s\n", STR_ARG(project), STR_ARG(actor.id),
                          STR_ARG(owner));
        }
    }
    arena_free(&arena);
}

// The simulation numbers receipts by their place in the history.
static void dump_receipts(struct store *store, struct buffer *out) {
    for (unsigned i = 0; i < DUMP_RECEIPTS_MAX; i++) {
        struct arena arena;
        struct store_erasure_part *parts;
        size_t count;
        arena_init(&arena, 1024, 0);
        struct str receipt = arena_printf(&arena, "receipt-%05u", i);
        history_require(store_erasure_parts(store, receipt, &arena, &parts, &count), "receipts");
        for (size_t n = 0; n < count; n++) {
            const struct store_erased *removed = &parts[n].removed;
            buffer_printf(out, "%.*s part %u timeline %" PRIu64 " states %" PRIu64 "%s\n",
                          STR_ARG(receipt), parts[n].part, removed->timeline, removed->states,
                          parts[n].done ? "" : " not done");
        }
        arena_free(&arena);
    }
}

void dump_store(struct store *store, struct buffer *out) {
    struct arena arena;
    struct store_dead_letter *letters;
    size_t count;
    for (size_t i = 0; i < HISTORY_PROJECTS; i++) {
        dump_project(store, history_projects[i].id, out);
    }
    arena_init(&arena, 1 << 16, 0);
    history_require(store_dead_letters(store, STR_EMPTY, 100000, &arena, &letters, &count),
                    "dead letters");
    buffer_printf(out, "dead letters %zu\n", count);
    arena_free(&arena);
    dump_receipts(store, out);
    history_require(buffer_status(out), "dump");
}

bool dump_equal(const struct buffer *expected, const struct buffer *got, const char *what) {
    struct str a = buffer_str(expected), b = buffer_str(got);
    while (a.len > 0 || b.len > 0) {
        struct str line_a = str_cut(&a, '\n'), line_b = str_cut(&b, '\n');
        if (!str_equal(line_a, line_b)) {
            fprintf(stderr, "%s:\n  expected %.*s\n  got      %.*s\n", what, STR_ARG(line_a),
                    STR_ARG(line_b));
            return false;
        }
    }
    return true;
}
