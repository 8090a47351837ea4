// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What the files of this folder share: readers, and how each kind of them is written to.
#ifndef FOOTFALL_LIVE_PRIVATE_H
#define FOOTFALL_LIVE_PRIVATE_H

#include <stdatomic.h>

#include "base/metrics.h"
#include "base/thread.h"
#include "http/stream.h"
#include "live/hub.h"
#include "live/live.h"

#define LIVE_BUFFER_FULL ((size_t)64 * 1024) // of a reader: no further item is put into it
#define LIVE_BUFFER_MAX ((size_t)4 * 1024 * 1024)

enum live_end {
    LIVE_GOES_ON,
    LIVE_GONE,     // the client
    LIVE_SLOW,     // it was given up
    LIVE_DENIED,   // its key or token does not count any more
    LIVE_STOPPING, // we are going
};

struct live_reader;
// What was missed, and cannot be had.
struct live_gap {
    uint64_t records; // of the event log: at most so many activities
    bool other_log;   // the position was of another life of the log: nobody knows how many
};

// How a kind of reader is written to. All append to reader->buffer, on the thread of live.
struct live_format {
    bool from_beginning; // of what there is; else from now on, without a position
    // text: the item as JSON, made once for all readers; NULL: not wanted.
    void (*item)(struct live_reader *reader, unsigned partition, const struct live_item *item,
                 struct str text);
    bool wants_text;
    void (*gap)(struct live_reader *reader, const struct live_gap *gap);
    // Of a partition nothing below reader->offsets[partition] will come; gap: it begins there anew.
    void (*complete)(struct live_reader *reader, unsigned partition, bool anew);
    void (*keep_alive)(struct live_reader *reader);
    void (*end)(struct live_reader *reader);
};
extern const struct live_format live_format_events; // stream.c
extern const struct live_format live_format_peer;   // wire.c

struct live_reader {
    struct live_reader *next;
    struct live *live;
    struct http_exchange *exchange;
    const struct live_format *format;
    struct live_filter filter; // texts are in the exchange's arena
    bool checked;              // has a key or token that may be revoked
    // Told by the loop.
    atomic_bool gone;
    atomic_bool has_room;
    // The buffer is being delivered, and the loop's.
    atomic_bool delivering;
    struct buffer buffer;
    // The thread's.
    enum live_end end;
    bool takes;         // in this round
    bool caught_up;     // has its place and all there was for it; that is told at once
    int64_t written_us; // when something was last given to the loop
    int64_t room_us;    // when it last had room
    int64_t permit_us;  // when it was last looked whether it may
    struct live_gap gap;
    int64_t epoch;                        // of its position
    int64_t offsets[LIVE_PARTITIONS_MAX]; // next to be seen; -1: not known
    int64_t epochs[LIVE_PARTITIONS_MAX];  // of the offset, once met
    bool met[LIVE_PARTITIONS_MAX];        // the partition was seen since the reader came
};

struct live {
    struct live_config config;
    struct thread thread;
    bool started;
    atomic_bool stopping;
    atomic_bool draining;
    atomic_uint reader_count; // from before a reader is made until it has ended
    atomic_uint peer_count;   // of these, other processes of ours
    pthread_mutex_t mutex;    // guards joining
    struct live_reader *joining;
    pthread_cond_t none; // told when the last reader has ended
    // The thread's.
    struct live_reader *readers;
    struct buffer text;    // of an item
    struct buffer scratch; // of a position
    metrics_id sent, dropped, gaps, readers_gauge, peers_gauge;
};

// --- readers.c: how they come, are written to and go ------------------------------------------------------------------------
// Counts one more in. False: there are too many, or we are going; a problem was sent.
MUST_CHECK bool live_reader_admit(struct live *live, struct http_exchange *exchange);
// Of one that was admitted: NULL: no memory; a problem was sent and it is counted out again.
struct live_reader *live_reader_make(struct live *live, struct http_exchange *exchange,
                                     const struct live_format *format);
// Where it stands, of a text that live_position_read took.
void live_reader_place(struct live_reader *reader, const struct live_position *position);
// The head is sent and the thread takes it over. On the loop.
void live_reader_begin(struct live_reader *reader, const char *content_type, struct str first);
// Hands the buffer to the loop. The thread's.
void live_reader_deliver(struct live_reader *reader);
// The same for the last time: the loop ends the exchange and frees the reader.
void live_reader_finish(struct live_reader *reader);

// --- pump.c: the thread ------------------------------------------------------------------------------------------------------
void *live_run(void *live);

// --- permit.c ----------------------------------------------------------------------------------------------------------------
// Whether whoever sent the Authorization header may still read the project. Any thread.
bool live_permit(const struct live *live, struct str authorization, struct str project);

#endif
