// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Frames between processes: there and back, cut at every byte, of kinds to come, and broken; several processes that tell the same.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "live/hub_private.h"

static struct buffer out;

static int set_up(void **state) {
    (void)state;
    buffer_init(&out, 64 * 1024);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    buffer_free(&out);
    return 0;
}

static struct live_item item_at(int64_t offset) {
    return (struct live_item){.offset = offset,
                              .type = EVENT_PAGE,
                              .timestamp_ms = -5,
                              .received_ms = 1795435200000LL,
                              .project = STR("default"),
                              .id = STR("id"),
                              .name = STR("Home"),
                              .anonymous_id = STR("visitor"),
                              .properties = STR("{\"a\":1}"),
                              .context = STR("{}"),
                              .cut = true};
}

static void write(enum live_frame_kind kind, unsigned partition, int64_t epoch, int64_t offset) {
    struct live_frame frame = {.kind = kind,
                               .epoch = epoch,
                               .partitions = 4,
                               .partition = partition,
                               .offset = offset,
                               .item = item_at(offset)};
    live_frame_write(&out, &frame);
    assert_int_equal(buffer_status(&out), STATUS_OK);
}

static void test_there_and_back(void **state) {
    (void)state;
    struct live_frame frame;
    write(LIVE_FRAME_HELLO, 0, 0, 0);
    write(LIVE_FRAME_FROM, 3, 99, 1000);
    buffer_append(&out, "\x63\0\0\0\2xy", 7); // a kind to come
    write(LIVE_FRAME_ITEM, 2, 0, 7);
    write(LIVE_FRAME_COMPLETE, 1, 0, 8);
    write(LIVE_FRAME_ALIVE, 0, 0, 0);
    struct str in = buffer_str(&out);
    assert_int_equal(live_frame_read(&in, &frame), STATUS_OK);
    assert_int_equal(frame.partitions, 4);
    assert_int_equal(live_frame_read(&in, &frame), STATUS_OK);
    assert_true(frame.kind == LIVE_FRAME_FROM && frame.partition == 3 && frame.epoch == 99 &&
                frame.offset == 1000);
    assert_int_equal(live_frame_read(&in, &frame), STATUS_OK);
    struct live_item item = item_at(7);
    assert_true(frame.kind == LIVE_FRAME_ITEM && frame.partition == 2 && frame.item.cut);
    assert_true(frame.item.offset == 7 && frame.item.type == EVENT_PAGE &&
                frame.item.timestamp_ms == -5);
    assert_true(str_equal(frame.item.properties, item.properties) &&
                str_equal(frame.item.anonymous_id, item.anonymous_id) &&
                frame.item.user_id.len == 0);
    assert_int_equal(live_frame_read(&in, &frame), STATUS_OK);
    assert_true(frame.kind == LIVE_FRAME_COMPLETE && frame.partition == 1 && frame.offset == 8);
    assert_int_equal(live_frame_read(&in, &frame), STATUS_OK);
    assert_true(frame.kind == LIVE_FRAME_ALIVE);
    assert_int_equal(live_frame_read(&in, &frame), STATUS_END);
    assert_int_equal(in.len, 0);
}

static void test_cut_and_broken(void **state) {
    (void)state;
    struct live_frame frame;
    write(LIVE_FRAME_ITEM, 2, 0, 7);
    for (size_t len = 0; len < out.len; len++) {
        struct str in = str_make(out.data, len);
        assert_int_equal(live_frame_read(&in, &frame), STATUS_END);
    }
    static const char *const broken[] = {
        "\x01\0\0\0\1\2",           // another version
        "\x01\0\0\0\2\1\0",         // no partitions
        "\x03\0\0\0\2\xff\xff",     // cut inside
        "\x03\0\0\0\3\x80\x80\x01", // partition 16384
        "\x04\0\0\0\2\0\1",         // offset -1
        "\x03\x7f\xff\xff\xff",     // longer than any
    };
    static const size_t lens[] = {6, 7, 7, 8, 7, 5};
    for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
        struct str in = str_make(broken[i], lens[i]);
        assert_int_equal(live_frame_read(&in, &frame), STATUS_INVALID);
    }
}

// --- Several processes --------------------------------------------------------------------------------------------------
static struct live_hub_rings rings;
static struct live_hub_peer peers[2];

static bool tell(size_t peer) {
    bool took = live_hub_take(&rings, &peers[peer], buffer_str(&out));
    buffer_clear(&out);
    return took;
}

static bool count(const struct live_item *item, void *context) {
    (void)item;
    ++*(size_t *)context;
    return true;
}

static size_t items_of(unsigned partition, int64_t *begin, int64_t *complete) {
    struct live_ring *ring = live_feed_look(rings.feed, partition);
    struct live_ring_view view;
    size_t found = 0;
    assert_non_null(ring);
    live_ring_look(ring, &view);
    *begin = view.begin;
    *complete = view.complete;
    assert_true(live_ring_walk(ring, view.begin, count, &found));
    return found;
}

static void write_items(unsigned partition, int64_t first, int64_t end) {
    for (int64_t offset = first; offset < end; offset++) {
        write(LIVE_FRAME_ITEM, partition, 0, offset);
    }
}

static void test_a_partition_that_moves(void **state) {
    (void)state;
    int64_t begin = 0, complete = 0;
    memset(&rings, 0, sizeof rings);
    memset(peers, 0, sizeof peers);
    assert_int_equal(live_feed_make(1 << 20, &rings.feed), STATUS_OK);
    for (size_t i = 0; i < 2; i++) {
        buffer_init(&peers[i].in, LIVE_FRAME_MAX);
        write(LIVE_FRAME_HELLO, 0, 0, 0);
        assert_true(tell(i));
    }
    write(LIVE_FRAME_FROM, 1, 50, 100);
    write_items(1, 100, 110);
    assert_true(tell(0));
    assert_int_equal(items_of(1, &begin, &complete), 0); // not complete yet
    assert_int_equal(complete, -1);
    write(LIVE_FRAME_COMPLETE, 1, 0, 110);
    write(LIVE_FRAME_ALIVE, 0, 0, 0);
    assert_true(tell(0));
    assert_true(peers[0].heard);
    assert_int_equal(items_of(1, &begin, &complete), 10);
    // The new owner tells it from its newest records on.
    write(LIVE_FRAME_FROM, 1, 50, 95);
    write_items(1, 95, 115);
    write(LIVE_FRAME_COMPLETE, 1, 0, 116);
    assert_true(tell(1));
    assert_int_equal(items_of(1, &begin, &complete), 15);
    assert_int_equal(begin, 100);
    assert_int_equal(complete, 116);
    // The old one is late, and tells what is known.
    write_items(1, 110, 113);
    write(LIVE_FRAME_COMPLETE, 1, 0, 113);
    assert_true(tell(0));
    assert_int_equal(items_of(1, &begin, &complete), 15);
    // A hole, and another life of the log.
    write(LIVE_FRAME_FROM, 1, 50, 200);
    write(LIVE_FRAME_COMPLETE, 1, 0, 200);
    assert_true(tell(1));
    assert_int_equal(items_of(1, &begin, &complete), 0);
    assert_int_equal(begin, 200);
    write(LIVE_FRAME_FROM, 1, 51, 0);
    write_items(1, 0, 3);
    write(LIVE_FRAME_COMPLETE, 1, 0, 3);
    assert_true(tell(1));
    assert_int_equal(items_of(1, &begin, &complete), 3);
    write_items(1, 200, 210); // of the life before
    write(LIVE_FRAME_COMPLETE, 1, 0, 210);
    assert_true(tell(0));
    assert_int_equal(items_of(1, &begin, &complete), 3);
    live_hub_forget(&rings);
    assert_int_equal(items_of(1, &begin, &complete), 0);
    assert_int_equal(complete, -1);
    buffer_append(&out, "\x01\0\0\0\1\2", 6);
    assert_false(tell(1));
    for (size_t i = 0; i < 2; i++) {
        buffer_free(&peers[i].in);
    }
    live_feed_free(rings.feed);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_there_and_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_cut_and_broken, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_partition_that_moves, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
