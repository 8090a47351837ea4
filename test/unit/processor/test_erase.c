// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// After an erasure the store has the id nowhere, whatever failed on the way; and the receipt says what was removed, once.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/log.h"
#include "drive.h"
#include "event/control.h"
#include "store/engine.h"
#include "store/kv/kv.h"

#define GONE "gone-"
#define NOW 1774569600000LL
#define STEPS 2000
#define RECEIPT "0193a000-0000-7000-8000-000000000001"

extern const struct store_engine kv_store_engine_memory;

// The n-th of the wrapped calls fails, before or after it took effect.
static struct {
    unsigned calls, at;
    bool after;
} failing;

static bool fails(bool after) {
    return failing.at != 0 && failing.calls == failing.at && failing.after == after;
}

#define WRAPPED_LIST(X)                                                                            \
    X(store_profile_delete,                                                                        \
      (struct store * store, struct str project, struct str id, enum store_expect expect,          \
       uint64_t version),                                                                          \
      (store, project, id, expect, version))                                                       \
    X(store_report_rewrite,                                                                        \
      (struct store * store, struct str project, const struct store_report *report),               \
      (store, project, report))                                                                    \
    X(store_batch_erase,                                                                           \
      (struct store_batch * batch, struct str project, struct store_actor actor, unsigned limit,   \
       struct store_erased *removed, bool *more),                                                  \
      (batch, project, actor, limit, removed, more))
#define X(name, parameters, arguments)                                                             \
    enum status __real_##name parameters;                                                          \
    enum status __wrap_##name parameters;                                                          \
    enum status __wrap_##name parameters {                                                         \
        failing.calls++;                                                                           \
        if (fails(false)) {                                                                        \
            return STATUS_IO;                                                                      \
        }                                                                                          \
        enum status status = __real_##name arguments;                                              \
        return fails(true) ? STATUS_IO : status;                                                   \
    }
WRAPPED_LIST(X)
#undef X

enum status __real_store_batch_commit(struct store_batch *batch, int64_t next_offset);
enum status __wrap_store_batch_commit(struct store_batch *batch, int64_t next_offset);
enum status __wrap_store_batch_commit(struct store_batch *batch, int64_t next_offset) {
    failing.calls++;
    if (fails(false)) {
        store_batch_discard(batch);
        return STATUS_IO;
    }
    enum status status = __real_store_batch_commit(batch, next_offset);
    return fails(true) ? STATUS_IO : status;
}

struct world {
    struct drive drive;
    struct kv *kv; // the store's own
    struct arena arena;
    struct history history; // for history_append
};

static void open_world(struct world *world) {
    struct error err;
    drive_open(&world->drive, 3);
    store_close(world->drive.store);
    history_require(kv_memory_make(&world->kv, &err), "kv");
    history_require(kv_store_open(world->kv, &kv_store_engine_memory, &world->drive.store, &err),
                    "store");
    for (unsigned i = 0; i < HISTORY_PROJECTS; i++) {
        history_require(store_project_put(world->drive.store, &history_projects[i]), "project");
    }
    arena_init(&world->arena, 1 << 16, 0);
}

static void close_world(struct world *world) {
    drive_close(&world->drive);
    arena_free(&world->arena);
}

static void append(struct world *world, struct str key, struct str value) {
    struct eventlog_record record = {key, value, NOW};
    struct history one = {.records = &record, .count = 1};
    history_append(&one, world->drive.log, 0, 1);
}

static void append_event(struct world *world, unsigned number, enum event_type type,
                         const char *user, const char *anonymous) {
    struct buffer out;
    struct event event = {.id = arena_printf(&world->arena, "e%u", number),
                          .project = history_projects[0].id,
                          .type = type,
                          .name = type == EVENT_TRACK ? STR("Seen") : STR(""),
                          .user_id = str_from_c(user),
                          .anonymous_id = str_from_c(anonymous),
                          .dialect = STR("plain"),
                          .timestamp_ms = NOW - (int64_t)number * 3600000,
                          .received_ms = NOW};
    buffer_init(&out, 65536);
    history_require(event_encode(&event, &out), "encode");
    append(world, event_record_key(&event, &world->arena),
           arena_copy(&world->arena, buffer_str(&out)));
    buffer_free(&out);
}

static void append_control(struct world *world, enum control_action action, uint32_t part,
                           char kind, const char *id, const char *anonymous) {
    struct buffer out;
    struct control control = {.action = action,
                              .receipt = STR(RECEIPT),
                              .part = part,
                              .project = history_projects[0].id,
                              .kind = kind,
                              .id = str_from_c(id),
                              .anonymous_id = str_from_c(anonymous),
                              .requested_ms = NOW + 1000};
    buffer_init(&out, 8192);
    history_require(control_encode(&control, &out), "control");
    append(world, control_record_key(&control, &world->arena),
           arena_copy(&world->arena, buffer_str(&out)));
    buffer_free(&out);
}

// 30 events of the user over two days, 5 of a device that another user was seen on, too; a dead letter, a profile, a closed report.
static void fill(struct world *world) {
    struct str project = history_projects[0].id;
    for (unsigned i = 0; i < 30; i++) {
        append_event(world, i, EVENT_TRACK, GONE "user", NULL);
    }
    for (unsigned i = 30; i < 35; i++) {
        append_event(world, i, EVENT_TRACK, NULL, GONE "device");
    }
    append_event(world, 40, EVENT_IDENTIFY, GONE "user", GONE "device");
    append_event(world, 39, EVENT_TRACK, "other", NULL);
    struct event keyed = {.project = project, .user_id = STR(GONE "user")};
    append(world, event_record_key(&keyed, &world->arena), STR("{\"userId\":\"" GONE "user\"}"));
    struct store_profile profile = {.id = STR(GONE "user"),
                                    .email = STR(GONE "user@example.org"),
                                    .traits = STR("{}"),
                                    .created_ms = NOW,
                                    .updated_ms = NOW};
    history_require(
        store_profile_put(world->drive.store, project, &profile, STORE_EXPECT_ANY, 0, NULL),
        "profile");
    for (uint32_t revision = 1; revision <= 2; revision++) {
        struct store_report report = {.day = (int32_t)((NOW - 5 * 3600000) / 86400000),
                                      .revision = revision,
                                      .closed_ms = NOW,
                                      .body = STR("{\"events\": 5,\"topUsers\":[{\"userId\":\"" GONE
                                                  "user\",\"events\":30},"
                                                  "{\"userId\":\"other\",\"events\":1}]}")};
        history_require(store_report_put(world->drive.store, project, &report), "report");
    }
}

static void erase(struct world *world) {
    append_control(world, CONTROL_ERASE, 0, 'u', GONE "user", NULL);
    append_control(world, CONTROL_ERASE, 1, 'a', GONE "device", NULL);
}

static unsigned rows_with(struct world *world, const char *text) {
    unsigned found = 0;
    size_t len = strlen(text);
    for (int family = 0; family < KV_FAMILIES; family++) {
        struct kv_scan *scan = NULL;
        struct str key, value;
        history_require(world->kv->engine->scan_open(world->kv, (enum kv_family)family, STR(""),
                                                     STR("\xff\xff\xff"), &scan),
                        "scan");
        while (world->kv->engine->scan_entry(scan, &key, &value)) {
            found += memmem(key.data, key.len, text, len) ||
                     (value.len > 0 && memmem(value.data, value.len, text, len));
            world->kv->engine->scan_next(scan);
        }
        history_require(world->kv->engine->scan_close(scan), "scan");
    }
    return found;
}

static const struct processor_config small = {.cycle_events = 7,
                                              .dedupe_window_ms = 3650 * 86400000LL};

static void process(struct world *world) {
    drive_start(&world->drive, &small, 1);
    assert_true(drive_finish(&world->drive, STEPS));
    drive_stop(&world->drive);
}

static void expect_receipt(struct world *world) {
    struct store_erasure_part *parts = NULL;
    size_t count = 0;
    history_require(
        store_erasure_parts(world->drive.store, STR(RECEIPT), &world->arena, &parts, &count),
        "parts");
    assert_int_equal(count, 2);
    assert_true(parts[0].done && parts[1].done);
    assert_int_equal(parts[0].removed.profiles, 1);
    assert_int_equal(parts[0].removed.reports, 2);
    assert_int_equal(parts[0].removed.timeline, 31);
    assert_int_equal(parts[0].removed.letters, 1);
    assert_int_equal(parts[0].removed.links, 1);
    assert_int_equal(parts[0].removed.states, 1);
    assert_true(parts[0].removed.leaders >= 2);
    assert_int_equal(parts[1].removed.timeline, 5);
    assert_int_equal(parts[1].removed.profiles, 0);
}

static void the_id_is_nowhere(void **state) {
    (void)state;
    struct world world;
    failing.at = 0;
    open_world(&world);
    fill(&world);
    process(&world);
    assert_true(rows_with(&world, GONE) > 40);
    erase(&world);
    process(&world);
    assert_int_equal(rows_with(&world, GONE), 0);
    assert_true(rows_with(&world, "other") >= 4); // state, day, entry, both reports
    expect_receipt(&world);
    struct store_report *reports = NULL;
    size_t count = 0;
    history_require(store_report_revisions(world.drive.store, history_projects[0].id,
                                           (int32_t)((NOW - 5 * 3600000) / 86400000), &world.arena,
                                           &reports, &count),
                    "reports");
    assert_true(str_equal(
        reports[1].body, STR("{\"events\":5,\"topUsers\":[{\"userId\":\"other\",\"events\":1}]}")));
    close_world(&world);
}

// Whichever call fails, and whether it took effect or not.
static void failures_change_nothing(void **state) {
    (void)state;
    unsigned tried = 0;
    for (unsigned at = 1;; at++) {
        struct world world;
        bool met = true;
        for (int after = 0; after < 2 && met; after++) {
            failing.at = 0;
            open_world(&world);
            fill(&world);
            process(&world);
            erase(&world);
            failing.calls = 0;
            failing.at = at;
            failing.after = after != 0;
            process(&world);
            met = failing.calls >= at;
            assert_int_equal(rows_with(&world, GONE), 0);
            expect_receipt(&world);
            close_world(&world);
            tried += met;
        }
        if (!met) {
            break;
        }
    }
    assert_true(tried >= 20);
    failing.at = 0;
}

static void a_profile_made_since_stays(void **state) {
    (void)state;
    struct world world;
    open_world(&world);
    fill(&world);
    process(&world);
    struct str project = history_projects[0].id;
    struct store_profile profile = {.id = STR(GONE "user"), .traits = STR("{}")};
    history_require(
        store_profile_delete(world.drive.store, project, profile.id, STORE_EXPECT_ANY, 0),
        "delete");
    profile.created_ms = profile.updated_ms = NOW + 2000;
    history_require(
        store_profile_put(world.drive.store, project, &profile, STORE_EXPECT_ANY, 0, NULL), "put");
    erase(&world);
    process(&world);
    history_require(
        store_profile_get(world.drive.store, project, profile.id, &world.arena, &profile),
        "it is there");
    close_world(&world);
}

// What looks like a control record and is none must not stop the partition.
static void malformed_ones_are_dead_letters(void **state) {
    (void)state;
    struct world world;
    struct store_dead_letter *letters = NULL;
    size_t count = 0;
    open_world(&world);
    append(&world, STR("shop\0u1"), STR("[\"footfall-control\",1,{\"do\":\"erase\"}]     "));
    append(&world, STR("shop\0u1"),
           STR("[\"footfall-control\",1,{\"do\":\"erase\",\"receipt\":\"r\","
               "\"part\":0,\"project\":\"shop\",\"kind\":\"u\",\"id\":\"u2\","
               "\"requestedAt\":\"2026-11-25T12:00:00.000Z\"}]"));
    process(&world);
    history_require(
        store_dead_letters(world.drive.store, STR_EMPTY, 10, &world.arena, &letters, &count),
        "letters");
    assert_int_equal(count, 2);
    close_world(&world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_id_is_nowhere),
        cmocka_unit_test(failures_change_nothing),
        cmocka_unit_test(a_profile_made_since_stays),
        cmocka_unit_test(malformed_ones_are_dead_letters),
    };
    log_configure(LOG_LEVEL_OFF, LOG_FORMAT_TEXT, 2);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
