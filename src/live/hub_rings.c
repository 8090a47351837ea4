// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// From frames of several processes to one ring a partition: offsets tell what is new.
#include "live/hub_private.h"

static void begin(struct live_hub_rings *rings, struct live_hub_peer *peer,
                  const struct live_frame *frame, struct live_ring *ring) {
    unsigned p = frame->partition;
    peer->epochs[p] = frame->epoch;
    if (!rings->known[p] || rings->epochs[p] != frame->epoch || frame->offset > rings->next[p]) {
        live_ring_reset(ring, frame->epoch, frame->offset);
        rings->known[p] = true;
        rings->epochs[p] = frame->epoch;
        rings->next[p] = frame->offset;
        rings->published[p] = -1;
    }
}

static void take_frame(struct live_hub_rings *rings, struct live_hub_peer *peer,
                       const struct live_frame *frame) {
    unsigned p = frame->partition;
    if (frame->kind == LIVE_FRAME_HELLO) {
        live_feed_set_partitions(rings->feed, frame->partitions);
        return;
    }
    if (frame->kind == LIVE_FRAME_ALIVE) {
        peer->heard = true;
        return;
    }
    struct live_ring *ring = live_feed_ring(rings->feed, p);
    if (!ring) {
        return; // no memory: its readers see nothing of the partition, and the next connection tries again
    }
    if (frame->kind == LIVE_FRAME_FROM) {
        begin(rings, peer, frame, ring);
    } else if (!rings->known[p] || peer->epochs[p] != rings->epochs[p]) {
        return; // of another life of the log than the newest that was told
    } else if (frame->kind == LIVE_FRAME_ITEM && frame->item.offset >= rings->next[p]) {
        live_ring_put(ring, &frame->item);
        rings->next[p] = frame->item.offset + 1;
    } else if (frame->kind == LIVE_FRAME_COMPLETE && frame->offset >= rings->next[p] &&
               frame->offset > rings->published[p]) {
        rings->next[p] = rings->published[p] = frame->offset;
        live_ring_publish(ring, frame->offset);
    }
}

bool live_hub_take(struct live_hub_rings *rings, struct live_hub_peer *peer, struct str bytes) {
    struct live_frame frame;
    enum status status = STATUS_OK;
    buffer_append_str(&peer->in, bytes);
    if (buffer_status(&peer->in) != STATUS_OK) {
        return false;
    }
    struct str in = buffer_str(&peer->in);
    while ((status = live_frame_read(&in, &frame)) == STATUS_OK) {
        peer->told = true;
        take_frame(rings, peer, &frame);
    }
    buffer_consume(&peer->in, peer->in.len - in.len);
    live_feed_tell(rings->feed);
    return status == STATUS_END;
}

void live_hub_write_position(const struct live_hub_rings *rings, struct live_hub_peer *peer,
                             struct buffer *out, struct buffer *scratch) {
    int64_t offsets[LIVE_PARTITIONS_MAX];
    struct live_position position = {.count = live_feed_partitions(rings->feed),
                                     .offsets = offsets};
    bool any = false;
    for (unsigned i = 0; i < position.count; i++) {
        bool known = rings->known[i] && rings->published[i] >= 0;
        // Of one life only: of the others the peer tells all it has.
        known = known && (!any || rings->epochs[i] == position.epoch);
        position.epoch = known ? rings->epochs[i] : position.epoch;
        offsets[i] = known ? rings->published[i] : -1;
        peer->epochs[i] = known ? rings->epochs[i] : 0;
        any = any || known;
    }
    if (any) {
        live_position_write(out, scratch, &position);
    }
}

void live_hub_forget(struct live_hub_rings *rings) {
    for (unsigned i = 0; i < LIVE_PARTITIONS_MAX; i++) {
        struct live_ring *ring = live_feed_look(rings->feed, i);
        if (ring && rings->known[i]) {
            live_ring_reset(ring, rings->epochs[i], rings->next[i]);
        }
        rings->known[i] = false;
    }
}
