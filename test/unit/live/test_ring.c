// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Rings: what readers see of what is pending, published, discarded and pushed out; readers beside a writer.
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/thread.h"
#include "live/ring.h"

#define BYTES ((size_t)64 * 1024)

static char filler[512];

static struct live_item item_at(int64_t offset, char id[24]) {
    int n = snprintf(id, 24, "id-%" PRId64, offset);
    return (struct live_item){.offset = offset,
                              .type = EVENT_TRACK,
                              .timestamp_ms = offset * 10,
                              .received_ms = offset * 10 + 1,
                              .project = STR("p"),
                              .id = str_make(id, (size_t)n),
                              .name = STR("Login"),
                              .user_id = STR("u1"),
                              .properties = str_make(filler, (size_t)(offset % 300))};
}

static void put(struct live_ring *ring, int64_t first, int64_t end) {
    char id[24];
    for (int64_t offset = first; offset < end; offset++) {
        struct live_item item = item_at(offset, id);
        live_ring_put(ring, &item);
    }
}

struct seen {
    int64_t first, last;
    size_t count;
    size_t most; // then enough
};

static bool see(const struct live_item *item, void *context) {
    struct seen *seen = context;
    char id[24];
    struct live_item expected = item_at(item->offset, id);
    if (seen->count > 0 && item->offset <= seen->last) {
        abort(); // cmocka's asserts belong to the main thread
    }
    if (!str_equal(item->id, expected.id) || item->received_ms != expected.received_ms ||
        item->properties.len != expected.properties.len || !str_equal(item->name, expected.name)) {
        abort();
    }
    seen->first = seen->count == 0 ? item->offset : seen->first;
    seen->last = item->offset;
    seen->count++;
    return seen->count != seen->most;
}

static struct live_ring *make(void) {
    struct live_ring *ring = NULL;
    assert_int_equal(live_ring_make(BYTES, &ring), STATUS_OK);
    live_ring_reset(ring, 7, 0);
    live_ring_publish(ring, 0);
    return ring;
}

static void test_nobody_sees_what_is_pending(void **state) {
    (void)state;
    struct live_ring *ring = make();
    struct live_ring_view view;
    struct seen seen = {0};
    put(ring, 0, 10);
    assert_true(live_ring_walk(ring, 0, see, &seen));
    assert_int_equal(seen.count, 0);
    live_ring_publish(ring, 12); // two more were bots
    live_ring_look(ring, &view);
    assert_int_equal(view.epoch, 7);
    assert_int_equal(view.begin, 0);
    assert_int_equal(view.complete, 12);
    assert_true(live_ring_walk(ring, 4, see, &seen));
    assert_int_equal(seen.first, 4);
    assert_int_equal(seen.count, 6);
    live_ring_free(ring);
}

static void test_what_is_discarded_comes_again(void **state) {
    (void)state;
    struct live_ring *ring = make();
    struct seen seen = {0};
    put(ring, 0, 10);
    live_ring_publish(ring, 10);
    put(ring, 10, 200); // several blocks
    live_ring_discard(ring);
    assert_true(live_ring_walk(ring, 0, see, &seen));
    assert_int_equal(seen.count, 10);
    put(ring, 10, 60);
    live_ring_publish(ring, 60);
    seen = (struct seen){0};
    assert_true(live_ring_walk(ring, 10, see, &seen));
    assert_int_equal(seen.first, 10);
    assert_int_equal(seen.count, 50);
    live_ring_free(ring);
}

static void test_the_oldest_go(void **state) {
    (void)state;
    struct live_ring *ring = make();
    struct live_ring_view view;
    for (int64_t at = 0; at < 5000; at += 50) {
        struct seen seen = {0};
        put(ring, at, at + 50);
        live_ring_publish(ring, at + 50);
        live_ring_look(ring, &view);
        assert_int_equal(view.complete, at + 50);
        assert_true(live_ring_walk(ring, view.begin, see, &seen));
        assert_int_equal(seen.first, view.begin);
        assert_int_equal(seen.count, view.complete - view.begin);
        assert_true(view.begin == 0 || !live_ring_walk(ring, view.begin - 1, see, &seen));
    }
    assert_true(view.begin > 4000 && view.begin < 4950);
    live_ring_free(ring);
}

static void test_a_cycle_larger_than_the_ring(void **state) {
    (void)state;
    struct live_ring *ring = make();
    struct live_ring_view view;
    struct seen seen = {0};
    put(ring, 0, 5000);
    live_ring_publish(ring, 5000);
    live_ring_look(ring, &view);
    assert_true(view.begin > 4000);
    assert_true(live_ring_walk(ring, view.begin, see, &seen));
    assert_int_equal(seen.first, view.begin);
    assert_int_equal(seen.last, 4999);
    put(ring, 5000, 10000);
    live_ring_discard(ring); // all that was published had to make room
    live_ring_look(ring, &view);
    assert_int_equal(view.begin, 5000);
    assert_int_equal(view.complete, 5000);
    put(ring, 5000, 5001);
    live_ring_publish(ring, 5001);
    seen = (struct seen){0};
    assert_true(live_ring_walk(ring, 5000, see, &seen));
    assert_int_equal(seen.count, 1);
    live_ring_free(ring);
}

static bool see_cut(const struct live_item *item, void *context) {
    *(bool *)context = item->cut && item->properties.len == 0 && item->name.len == 5;
    return true;
}

static void test_what_is_too_large_is_cut(void **state) {
    (void)state;
    struct live_ring *ring = make();
    static char large[BYTES];
    char id[24];
    bool cut = false;
    struct live_item item = item_at(3, id);
    item.properties = str_make(large, sizeof large);
    live_ring_put(ring, &item);
    live_ring_publish(ring, 4);
    assert_true(live_ring_walk(ring, 0, see_cut, &cut));
    assert_true(cut);
    item.offset = 4;
    item.id = str_make(large, sizeof large); // cannot be: the ring begins behind it
    live_ring_put(ring, &item);
    live_ring_publish(ring, 5);
    struct live_ring_view view;
    live_ring_look(ring, &view);
    assert_int_equal(view.begin, 5);
    live_ring_free(ring);
}

static void test_what_had_nothing_to_show_is_answered_for(void **state) {
    (void)state;
    struct live_ring *ring = make();
    struct seen seen = {0};
    live_ring_reset(ring, 7, 0);
    live_ring_publish(ring, 100); // all bots
    put(ring, 150, 151);
    live_ring_publish(ring, 151);
    assert_true(live_ring_walk(ring, 50, see, &seen));
    assert_int_equal(seen.count, 1);
    assert_int_equal(seen.first, 150);
    live_ring_free(ring);
}

static bool more(void *context) {
    const struct seen *seen = context;
    return seen->count < 20;
}

static bool count_back(const struct live_item *item, void *context) {
    struct seen *seen = context;
    seen->last = item->offset > seen->last ? item->offset : seen->last;
    seen->count++;
    return true;
}

static void test_the_newest_first(void **state) {
    (void)state;
    struct live_ring *ring = make();
    struct seen seen = {0};
    put(ring, 0, 2000);
    live_ring_publish(ring, 2000);
    live_ring_walk_back(ring, count_back, more, &seen);
    assert_int_equal(seen.last, 1999);
    assert_true(seen.count >= 20 && seen.count < 200);
    live_ring_free(ring);
}

// --- Beside a writer ----------------------------------------------------------------------------------------------------
#define LAST 60000

static void *read_all(void *context) {
    struct live_ring *ring = context;
    int64_t next = 0;
    while (next < LAST) {
        struct live_ring_view view;
        struct seen seen = {0};
        live_ring_look(ring, &view);
        next = next < view.begin ? view.begin : next;
        bool whole = live_ring_walk(ring, next, see, &seen);
        if (whole && seen.count > 0 && seen.first != next) {
            abort(); // there are no holes here
        }
        next = seen.count > 0 ? seen.last + 1 : next;
        if (!whole) {
            live_ring_look(ring, &view);
            if (view.begin <= next && seen.count == 0) {
                abort(); // said to be gone, and is not
            }
        }
    }
    return NULL;
}

static void test_readers_beside_a_writer(void **state) {
    (void)state;
    struct live_ring *ring = make();
    struct thread readers[3];
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(thread_start(&readers[i], "reader", read_all, ring), STATUS_OK);
    }
    for (int64_t at = 0; at < LAST; at += 25) {
        put(ring, at, at + 10);
        live_ring_discard(ring); // a cycle that failed
        put(ring, at, at + 25);
        live_ring_publish(ring, at + 25);
    }
    for (size_t i = 0; i < 3; i++) {
        thread_join(&readers[i]);
    }
    live_ring_free(ring);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nobody_sees_what_is_pending),
        cmocka_unit_test(test_what_is_discarded_comes_again),
        cmocka_unit_test(test_the_oldest_go),
        cmocka_unit_test(test_a_cycle_larger_than_the_ring),
        cmocka_unit_test(test_what_is_too_large_is_cut),
        cmocka_unit_test(test_what_had_nothing_to_show_is_answered_for),
        cmocka_unit_test(test_the_newest_first),
        cmocka_unit_test(test_readers_beside_a_writer),
    };
    memset(filler, 'x', sizeof filler);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
