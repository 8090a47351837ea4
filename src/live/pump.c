// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The thread of live: rounds over the rings, each walked once for all readers; and whose time has come.
#include "base/log.h"
#include "live/private.h"

#define ROUND_MOST_US                                                                              \
    (500 * 1000LL) // a wait's end while somebody reads: keep-alive, permits, patience
#define IDLE_US (60 * 1000000LL)

// --- Where a reader stands ------------------------------------------------------------------------------------------------
static void miss(struct live_reader *reader, uint64_t records, bool other_log) {
    reader->gap.records += records;
    reader->gap.other_log = reader->gap.other_log || other_log;
}

// A partition that the reader sees for the first time, or that is of another life of the log now.
static void meet(struct live_reader *reader, unsigned partition,
                 const struct live_ring_view *view) {
    int64_t *offset = &reader->offsets[partition];
    bool known = *offset >= 0;
    int64_t epoch = reader->met[partition] ? reader->epochs[partition] : reader->epoch;
    bool anew = true;
    if (known && epoch != view->epoch) {
        miss(reader, 0, true);
        known = false;
    }
    if (!known) {
        *offset = reader->format->from_beginning ? view->begin : view->complete;
    } else if (*offset < view->begin) {
        miss(reader, (uint64_t)(view->begin - *offset), false);
        *offset = view->begin;
    } else {
        anew = false;
    }
    reader->met[partition] = true;
    reader->epochs[partition] = reader->epoch = view->epoch;
    if (anew) {
        reader->format->complete(reader, partition, true);
    }
    if (anew && *offset >= view->complete) { // there will be no walk that says so
        reader->format->complete(reader, partition, false);
    }
}

// The ring has moved on past a reader that took what it got: the ring began anew, or was too small for what came at once.
static void overtake(struct live_reader *reader, unsigned partition,
                     const struct live_ring_view *view) {
    miss(reader, (uint64_t)(view->begin - reader->offsets[partition]), false);
    reader->offsets[partition] = view->begin;
    reader->format->complete(reader, partition, true);
}

static bool is_full(const struct live_reader *reader) {
    return reader->buffer.len >= LIVE_BUFFER_FULL;
}

static bool takes_now(const struct live_reader *reader) {
    return reader->end == LIVE_GOES_ON && !atomic_load(&reader->delivering) &&
           atomic_load(&reader->has_room) && !is_full(reader);
}

// --- A round ----------------------------------------------------------------------------------------------------------------
struct round {
    struct live *live;
    unsigned partition;
    bool has_text;
    uint64_t sent;
};

static struct str text_of(struct round *round, const struct live_item *item) {
    struct live *live = round->live;
    if (!round->has_text) {
        struct json_writer writer;
        buffer_clear(&live->text);
        json_writer_init(&writer, &live->text);
        live_item_write(&writer, item);
        json_join_lines(&live->text, 0);
        if (json_writer_status(&writer) != STATUS_OK) {
            buffer_clear(&live->text); // no memory, or no text: it is passed over
        }
        round->has_text = true;
    }
    return buffer_str(&live->text);
}

static bool offer(const struct live_item *item, void *context) {
    struct round *round = context;
    unsigned p = round->partition;
    bool wanted = false;
    round->has_text = false;
    for (struct live_reader *reader = round->live->readers; reader; reader = reader->next) {
        if (!reader->takes) {
            continue;
        }
        if (item->offset >= reader->offsets[p]) {
            reader->offsets[p] = item->offset + 1;
            if (live_filter_takes(&reader->filter, item)) {
                struct str text = reader->format->wants_text ? text_of(round, item) : STR_EMPTY;
                reader->format->item(reader, p, item, text);
                round->sent++;
            }
            reader->takes = !is_full(reader);
        }
        wanted = wanted || reader->takes;
    }
    return wanted;
}

static bool knows(const struct live_reader *reader, unsigned partition,
                  const struct live_ring_view *view) {
    return reader->met[partition] && reader->epochs[partition] == view->epoch;
}

// Before the walks, so that a gap is told before what comes behind it.
static void place(struct live_reader *reader, unsigned partition,
                  const struct live_ring_view *view) {
    bool behind = knows(reader, partition, view) && reader->offsets[partition] < view->begin;
    if (takes_now(reader)) {
        if (!knows(reader, partition, view)) {
            meet(reader, partition, view);
        } else if (behind) {
            overtake(reader, partition, view);
        }
    } else if (behind && !atomic_load(&reader->has_room) && !reader->format->from_beginning &&
               reader->end == LIVE_GOES_ON) {
        reader->end = LIVE_SLOW;
    }
}

static void tell_gap(struct live_reader *reader) {
    if (takes_now(reader) && (reader->gap.records > 0 || reader->gap.other_log)) {
        metrics_add(reader->live->gaps, 1);
        reader->format->gap(reader, &reader->gap);
        reader->gap = (struct live_gap){0};
    }
}

static void place_all(struct live *live, unsigned count) {
    for (unsigned i = 0; i < count; i++) {
        struct live_ring *ring = live_feed_look(live->config.feed, i);
        struct live_ring_view view = {.complete = -1};
        if (ring) {
            live_ring_look(ring, &view);
        }
        for (struct live_reader *reader = live->readers; reader && view.complete >= 0;
             reader = reader->next) {
            place(reader, i, &view);
        }
    }
    for (struct live_reader *reader = live->readers; reader; reader = reader->next) {
        tell_gap(reader);
    }
}

// Who has room for this partition, and the lowest offset that one of them wants; INT64_MAX: nobody does.
static int64_t gather(struct live *live, unsigned partition, const struct live_ring_view *view) {
    int64_t lowest = INT64_MAX;
    for (struct live_reader *reader = live->readers; reader; reader = reader->next) {
        int64_t offset = reader->offsets[partition];
        reader->takes =
            takes_now(reader) && knows(reader, partition, view) && offset >= view->begin;
        if (reader->takes && offset < lowest) {
            lowest = offset;
        }
    }
    return lowest;
}

// True: there is more, for somebody who has room.
static bool walk(struct live *live, unsigned partition, struct live_ring *ring) {
    struct round round = {.live = live, .partition = partition};
    struct live_ring_view view;
    live_ring_look(ring, &view);
    if (view.complete < 0) {
        return false;
    }
    int64_t lowest = gather(live, partition, &view);
    if (lowest >= view.complete) {
        return false;
    }
    bool whole = live_ring_walk(ring, lowest, offer, &round);
    metrics_add(live->sent, round.sent);
    for (struct live_reader *reader = live->readers; reader && whole; reader = reader->next) {
        if (reader->takes && reader->offsets[partition] < view.complete) {
            reader->offsets[partition] = view.complete;
        }
        if (reader->takes && reader->offsets[partition] >= view.complete) {
            reader->format->complete(reader, partition, false);
        }
    }
    return !whole;
}

static bool round_over_all(struct live *live) {
    unsigned count = live_feed_partitions(live->config.feed);
    bool more = false;
    place_all(live, count);
    for (unsigned i = 0; i < count && live->readers; i++) {
        struct live_ring *ring = live_feed_look(live->config.feed, i);
        more = (ring && walk(live, i, ring)) || more;
    }
    return more;
}

// --- Whose time has come ------------------------------------------------------------------------------------------------------
static int64_t now_us(const struct live *live) {
    struct clock *clock = live->config.clock;
    return clock->mono_us(clock);
}

static void judge(struct live_reader *reader, int64_t now) {
    const struct live_config *config = &reader->live->config;
    if (reader->end != LIVE_GOES_ON) {
        return;
    }
    if (atomic_load(&reader->has_room)) {
        reader->room_us = now;
    }
    if (atomic_load(&reader->gone)) {
        reader->end = LIVE_GONE;
    } else if (atomic_load(&reader->live->draining)) {
        reader->end = LIVE_STOPPING;
    } else if (now - reader->room_us > config->patience_ms * 1000) {
        reader->end = LIVE_SLOW;
    } else if (reader->checked && now - reader->permit_us > config->permit_ms * 1000) {
        struct str sent = http_request_header(reader->exchange, STR("Authorization"));
        reader->permit_us = now;
        reader->end =
            live_permit(reader->live, sent, reader->filter.project) ? LIVE_GOES_ON : LIVE_DENIED;
    }
}

static void close_reader(struct live_reader *reader) {
    struct live *live = reader->live;
    if (reader->end == LIVE_SLOW) {
        metrics_add(live->dropped, 1);
        LOG_INFO("live", "a reader is dropped: it takes too little",
                 LOG_STR("requestId", reader->exchange->request_id),
                 LOG_STR("project", reader->filter.project));
    }
    if (reader->end == LIVE_GONE) {
        buffer_clear(&reader->buffer);
    } else {
        reader->format->end(reader);
    }
    live_reader_finish(reader);
}

// In every partition; of another process, in those that we know something of.
static bool has_its_place(const struct live_reader *reader) {
    const struct live_feed *feed = reader->live->config.feed;
    unsigned count = live_feed_partitions(feed);
    bool all = count > 0;
    for (unsigned i = 0; i < count && all; i++) {
        const struct live_ring *ring = live_feed_look(feed, i);
        struct live_ring_view view = {.complete = -1};
        if (ring) {
            live_ring_look(ring, &view);
        }
        all = reader->met[i] || (reader->format->from_beginning && view.complete < 0);
    }
    return all;
}

static void hand_over(struct live *live, int64_t now) {
    struct live_reader **link = &live->readers;
    while (*link) {
        struct live_reader *reader = *link;
        judge(reader, now);
        if (atomic_load(&reader->delivering)) {
            link = &reader->next;
            continue;
        }
        if (reader->end != LIVE_GOES_ON) {
            *link = reader->next;
            close_reader(reader);
            continue;
        }
        bool quiet = now - reader->written_us >= live->config.keep_alive_ms * 1000;
        bool first = !reader->caught_up && has_its_place(reader);
        if (reader->buffer.len == 0 && (quiet || first)) {
            reader->caught_up = reader->caught_up || first;
            reader->format->keep_alive(reader);
        }
        if (reader->buffer.len > 0 && atomic_load(&reader->has_room)) {
            reader->written_us = now;
            live_reader_deliver(reader);
        }
        link = &reader->next;
    }
}

static void take_joining(struct live *live) {
    thread_must(pthread_mutex_lock(&live->mutex));
    struct live_reader *joining = live->joining;
    live->joining = NULL;
    thread_must(pthread_mutex_unlock(&live->mutex));
    while (joining) {
        struct live_reader *reader = joining;
        joining = reader->next;
        reader->next = live->readers;
        live->readers = reader;
    }
}

void *live_run(void *context) {
    struct live *live = context;
    struct live_feed *feed = live->config.feed;
    bool more = false;
    while (!atomic_load(&live->stopping)) {
        if (!more) {
            live_feed_wait(feed, live->readers ? ROUND_MOST_US : IDLE_US);
        }
        take_joining(live);
        live_feed_listen(feed, live->readers != NULL);
        more = round_over_all(live);
        hand_over(live, now_us(live));
        if (live->config.hub && live->readers) {
            live_hub_want(live->config.hub);
        }
    }
    return NULL;
}
