// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The processor as the writer of the live feed's rings.
//
// Filling reads records again that were processed before a start, and must show what was shown then. A record that was the first of its
// id is in the dedupe window, in the order of the log; so the window's end, read beside the records, tells the first of an id from its
// resends, and from dead letters, which never came into it. Bots are found as always, and rules are those of now: what must not be seen
// today is not shown because it was once.
#include "processor/feed.h"

#include "event/control.h"
#include "live/feed.h"
#include "processor/shaping.h"

static struct live_feed *feed_of(const struct partition *partition) {
    return partition->worker->shared->config.live;
}

static int64_t epoch_of(const struct partition *partition) {
    return eventlog_epoch(partition->worker->shared->config.log);
}

static void publish(struct partition *partition, int64_t next_offset) {
    live_ring_publish(partition->ring, next_offset);
    live_feed_tell(feed_of(partition));
}

void feed_loaded(struct partition *partition, int64_t log_begin, int64_t *start) {
    struct live_ring_view view = {.complete = -1};
    struct live_feed *feed = feed_of(partition);
    partition->ring = feed ? live_feed_ring(feed, partition->number) : NULL;
    partition->filling = false;
    if (!partition->ring) {
        return;
    }
    live_ring_look(partition->ring, &view);
    if (view.complete == partition->next_offset && view.epoch == epoch_of(partition)) {
        return;
    }
    int64_t from = partition->next_offset;
    if (start) {
        int64_t records = live_feed_records(feed);
        from = from - records > log_begin ? from - records : log_begin;
        from = from < partition->next_offset ? from : partition->next_offset;
        partition->filling = from < partition->next_offset;
        partition->fill_at = dedupe_near_end(&partition->dedupe, (size_t)records);
        *start = from;
    }
    live_ring_reset(partition->ring, epoch_of(partition), from);
    if (!partition->filling) {
        publish(partition, partition->next_offset);
    }
}

static void fill_one(struct partition *partition, const struct eventlog_view *record) {
    if (control_looks_like(record->value)) {
        feed_forget(partition, record->offset + 1);
        return;
    }
    struct worker *worker = partition->worker;
    struct applied_event *applied = &worker->events[0];
    struct error why;
    *applied = (struct applied_event){.offset = record->offset};
    if (event_decode(worker->parser, record->value, &worker->arena, &applied->event,
                     &applied->trees, &why) != STATUS_OK ||
        !dedupe_follows(&partition->dedupe, &partition->fill_at,
                        dedupe_hash(applied->event.project, applied->event.id))) {
        return;
    }
    bool user = applied->event.user_id.len > 0;
    struct store_actor key = {user ? STORE_ACTOR_USER : STORE_ACTOR_ANONYMOUS,
                              user ? applied->event.user_id : applied->event.anonymous_id};
    if (refusals_have(&partition->refusals, applied->event.project, key)) {
        return;
    }
    struct shape_batch batch;
    bool kept = false;
    enum status status = shaping_again(partition, applied, &batch, &kept);
    if (status == STATUS_OK && kept) {
        status = dimensions_of(&worker->dimensions, &applied->event, &applied->trees,
                               &worker->arena, &applied->dimensions);
        if (status == STATUS_OK &&
            (!applied->dimensions.bot.data || worker->shared->config.keep_bots)) {
            feed_put(partition, applied);
        }
    }
    shape_batch_discard(&batch);
}

size_t feed_fill(struct partition *partition, const struct eventlog_batch *batch) {
    size_t taken = 0;
    if (!partition->filling) {
        return 0;
    }
    for (; taken < batch->count && batch->records[taken].offset < partition->next_offset; taken++) {
        if (taken % CYCLE_STEP_EVENTS == 0) {
            arena_reset(&partition->worker->arena);
        }
        fill_one(partition, &batch->records[taken]);
    }
    if (batch->next_offset >= partition->next_offset) {
        partition->filling = false;
        publish(partition, partition->next_offset);
    }
    return taken;
}

void feed_put(struct partition *partition, const struct applied_event *applied) {
    if (partition->ring) {
        struct live_item item = live_item_of(&applied->event, applied->offset);
        live_ring_put(partition->ring, &item);
    }
}

void feed_publish(struct partition *partition) {
    if (partition->ring) {
        publish(partition, partition->next_offset);
    }
}

void feed_discard(struct partition *partition) {
    if (partition->ring) {
        live_ring_discard(partition->ring);
    }
}

// Whoever reads is behind where the ring begins then, and so learns that it must begin anew, too.
void feed_forget(struct partition *partition, int64_t next_offset) {
    if (partition->ring) {
        live_ring_reset(partition->ring, epoch_of(partition), next_offset);
    }
}

void feed_given_up(struct partition *partition) {
    if (partition->ring) {
        live_ring_reset(partition->ring, epoch_of(partition), 0);
        partition->ring = NULL;
    }
}
