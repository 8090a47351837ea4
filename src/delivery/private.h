// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What the files of this folder share: a delivery as it was read from the settings, and one attempt of it.
#ifndef FOOTFALL_DELIVERY_PRIVATE_H
#define FOOTFALL_DELIVERY_PRIVATE_H

#include <stdatomic.h>

#include "base/metrics.h"
#include "base/thread.h"
#include "delivery/delivery.h"
#include "delivery/schedule.h"
#include "http/detached.h"
#include "store/deliveries.h"
#include "view/zones.h"

#define DELIVERY_REPORT_MAX ((size_t)16 * 1024 * 1024)
#define DELIVERY_ID_TEXT 40

enum delivery_target { DELIVERY_FILE, DELIVERY_WEBHOOK, DELIVERY_MAIL };

struct delivery {
    const struct deliveries_plan *plan; // that it is in
    struct delivery_entry entry;        // texts are in the plan's arena
    struct delivery_schedule schedule;
    enum delivery_target target;
    struct str place; // a directory; a URL; addresses separated by commas
};

// What the settings say, until they say something else.
struct deliveries_plan {
    atomic_uint holds;
    struct arena arena;
    struct delivery *list;
    size_t count;
    struct delivery_mail mail; // texts are in the arena
    unsigned attempts;
    int64_t backoff_ms;
};

struct deliveries {
    struct delivery_config config; // without entries and mail, which are the plan's
    struct view_zones *zones;
    struct http_router *reports;
    pthread_mutex_t looking; // one look at a time
    struct thread thread;
    bool started;
    pthread_mutex_t mutex; // guards what follows
    pthread_cond_t wake;
    struct deliveries_plan *plan;
    bool stopping;
    bool wanted;
    metrics_id delivered, failed, given_up;
};

// --- plan.c: from entries to deliveries ---------------------------------------------------------------------------------
// Those that count now; give the hold back with deliveries_plan_free.
struct deliveries_plan *delivery_plan_hold(struct deliveries *deliveries);

// --- look.c: what is due --------------------------------------------------------------------------------------------------
// Writes rows of what became due, and *rows of all. zone is filled in.
MUST_CHECK enum status delivery_note_due(struct deliveries *deliveries,
                                         const struct delivery *delivery, struct view_zone *zone,
                                         struct arena *arena, struct store_delivery **rows,
                                         size_t *count, struct error *err);

// --- attempt.c: one attempt ----------------------------------------------------------------------------------------------
struct delivery_attempt {
    struct deliveries *deliveries;
    const struct delivery *delivery;
    char id[DELIVERY_ID_TEXT]; // of the delivery: the same for each attempt
    unsigned number;           // 1, 2, ...
    int32_t first, last;       // days
    struct arena *arena;
    struct http_detached *report;
    struct http_detached *table; // by mail: as CSV; else NULL
};
// What failed is in err, in words for people.
MUST_CHECK enum status delivery_attempt(struct deliveries *deliveries,
                                        const struct delivery *delivery,
                                        const struct view_zone *zone,
                                        const struct store_delivery *row, struct error *err);
// "daily-2026-11-22", with both dates when they differ.
struct str delivery_stem(const struct delivery_attempt *attempt);
const char *delivery_extension(struct str format);

// --- One file each ---------------------------------------------------------------------------------------------------------
MUST_CHECK enum status delivery_to_file(const struct delivery_attempt *attempt, struct error *err);
MUST_CHECK enum status delivery_to_webhook(const struct delivery_attempt *attempt,
                                           struct error *err);
MUST_CHECK enum status delivery_to_mail(const struct delivery_attempt *attempt, struct error *err);
// Of an address as text: neither of this machine nor of a network that is nobody else's (networks.c).
struct sockaddr;
bool delivery_address_is_public(const struct sockaddr *address);

#endif
