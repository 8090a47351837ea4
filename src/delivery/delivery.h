// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Reports delivered on a schedule: into a directory, to a webhook, by mail.
//
//   due times (schedule.h) ─→ a row each in the store ─→ claimed by one process ─→ rendered as the API would ─→ delivered, or tried later
//
// Each due time is delivered once, and more often only when a process dies between delivering and writing that it has: receivers tell a
// repeat by the delivery's id, which stays the same. What failed is tried again with growing pauses, and given up after so many attempts;
// then the row is a dead letter that says why. A report about a day waits until the day is closed.
//
// One thread. Times, chance and the routes of the reports are passed in.
#ifndef FOOTFALL_DELIVERY_H
#define FOOTFALL_DELIVERY_H

#include "auth/keyring.h"
#include "base/clock.h"
#include "base/random.h"
#include "http/router.h"
#include "store/store.h"

// One of the list "deliveries" of the settings. Texts are copied.
struct delivery_entry {
    struct str name;              // of [A-Za-z0-9._-], unique
    struct str report;            // what stands behind /reports/: "daily", "events"
    const struct str *parameters; // "by=page", ...; copied
    size_t parameter_count;
    struct str format; // "json", "csv", "html"
    struct str project;
    struct str schedule;
    struct str to;      // "file:/directory", "https://…", "mailto:a@example.org,b@example.org"
    struct str secret;  // of a webhook: signs what is sent
    bool allow_private; // a webhook may be in a private network
    struct str origin;  // where it stands, for errors
};
struct delivery_mail {
    struct str url; // "smtp://host:587" (STARTTLS), "smtps://host"; empty: none can be sent
    struct str from, username, password;
    bool plain;         // STARTTLS is not insisted on
    struct str ca_file; // empty: the system's
};
struct delivery_config {
    struct store *store;
    const struct auth_keyring *keyring;
    struct clock *clock;
    struct random_source *random;
    struct http_route_table reports; // what can be delivered; handlers are called
    const struct delivery_entry *entries;
    size_t entry_count;
    struct delivery_mail mail;
    unsigned attempts;   // 0: 10
    int64_t backoff_ms;  // before the second attempt, then twice as long each time; 0: 30 s
    int64_t interval_ms; // how often it is looked; 0: 5 s
    // As reports.h has it: has everything that was received until a day's end been processed?
    void (*progress)(void *context, int64_t *received_ms, bool *caught_up);
    void *progress_context;
};
struct deliveries;
// INVALID: err names the entry and what is wrong with it.
MUST_CHECK enum status deliveries_start(const struct delivery_config *config,
                                        struct deliveries **out, struct error *err);
// What other settings say: entries, mail, attempts and backoff of a config, checked, in the words of deliveries_start. Others of it do not matter.
struct deliveries_plan;
MUST_CHECK enum status deliveries_plan_make(const struct delivery_config *config,
                                            struct deliveries_plan **out, struct error *err);
void deliveries_plan_free(struct deliveries_plan *plan); // NULL is fine
// Takes over the plan: what becomes due goes by it. An attempt that is under way ends as it began. Any thread.
void deliveries_change(struct deliveries *deliveries, struct deliveries_plan *plan);
void deliveries_stop(struct deliveries *deliveries); // waits for what is under way; NULL is fine
struct http_route_table deliveries_routes(struct deliveries *deliveries);
struct http_route_table deliveries_route_patterns(void);
// One look, now (what the thread does).
MUST_CHECK enum status deliveries_look(struct deliveries *deliveries, struct error *err);

#endif
