// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Rings by partition, made when they are first written, and an eventfd to wake who waits for them.
#include "live/feed.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/check.h"

#define RECORD_BYTES 512 // of a usual event
#define RECORDS_MOST 2000

struct live_feed {
    size_t bytes;
    int fd;
    atomic_uint partitions;
    atomic_bool wanted; // somebody reads
    atomic_bool asleep; // the thread is about to wait, or waits
    _Atomic uint64_t news;
    uint64_t seen; // of news, by the thread
    _Atomic(struct live_ring *) rings[LIVE_PARTITIONS_MAX];
};

enum status live_feed_make(size_t bytes, struct live_feed **out) {
    struct live_feed *feed = calloc(1, sizeof *feed);
    if (!feed) {
        return STATUS_NO_MEMORY;
    }
    feed->bytes = bytes;
    feed->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (feed->fd < 0) {
        free(feed);
        return STATUS_IO;
    }
    *out = feed;
    return STATUS_OK;
}

void live_feed_free(struct live_feed *feed) {
    if (!feed) {
        return;
    }
    for (unsigned i = 0; i < LIVE_PARTITIONS_MAX; i++) {
        live_ring_free(atomic_load(&feed->rings[i]));
    }
    (void)close(feed->fd);
    free(feed);
}

void live_feed_set_partitions(struct live_feed *feed, unsigned count) {
    CHECK(count > 0 && count <= LIVE_PARTITIONS_MAX);
    if (count > atomic_load(&feed->partitions)) {
        atomic_store(&feed->partitions, count);
    }
}

unsigned live_feed_partitions(const struct live_feed *feed) {
    return atomic_load(&feed->partitions);
}

static size_t ring_bytes(const struct live_feed *feed) {
    unsigned count = atomic_load(&feed->partitions);
    return feed->bytes / (count > 0 ? count : 1);
}

int64_t live_feed_records(const struct live_feed *feed) {
    size_t records = ring_bytes(feed) / RECORD_BYTES;
    return records < RECORDS_MOST ? (int64_t)records : RECORDS_MOST;
}

struct live_ring *live_feed_look(const struct live_feed *feed, unsigned partition) {
    return partition < LIVE_PARTITIONS_MAX ? atomic_load(&feed->rings[partition]) : NULL;
}

struct live_ring *live_feed_ring(struct live_feed *feed, unsigned partition) {
    struct live_ring *ring = live_feed_look(feed, partition);
    if (ring || partition >= atomic_load(&feed->partitions) ||
        live_ring_make(ring_bytes(feed), &ring) != STATUS_OK) {
        return ring;
    }
    atomic_store(&feed->rings[partition], ring);
    return ring;
}

void live_feed_wake(struct live_feed *feed) {
    const uint64_t one = 1;
    atomic_fetch_add(&feed->news, 1);
    if (atomic_exchange(&feed->asleep, false)) {
        // Full is as good: it is woken.
        ssize_t n = write(feed->fd, &one, sizeof one);
        CHECK(n == (ssize_t)sizeof one || errno == EAGAIN);
    }
}

void live_feed_tell(struct live_feed *feed) {
    if (atomic_load(&feed->wanted)) {
        live_feed_wake(feed);
    }
}

void live_feed_listen(struct live_feed *feed, bool wanted) {
    atomic_store(&feed->wanted, wanted);
}

void live_feed_wait(struct live_feed *feed, int64_t timeout_us) {
    struct pollfd ready = {.fd = feed->fd, .events = POLLIN};
    uint64_t drained = 0;
    // Whoever tells adds first and looks then whether we sleep; we say that we sleep first and look then.
    atomic_store(&feed->asleep, true);
    if (atomic_load(&feed->news) == feed->seen) {
        (void)poll(&ready, 1, (int)((timeout_us + 999) / 1000));
    }
    atomic_store(&feed->asleep, false);
    feed->seen = atomic_load(&feed->news);
    if (read(feed->fd, &drained, sizeof drained) < 0) {
        CHECK(errno == EAGAIN || errno == EINTR);
    }
}
