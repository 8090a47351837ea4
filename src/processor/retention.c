// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What a new active day changes in retention.
#include "processor/retention.h"

struct cohort {
    struct partition *partition;
    const struct actor *actor;
    int32_t first; // day
    int64_t amount;
};

// 1970-01-01 was a Thursday; days before it are never given.
static int32_t monday_of(int32_t day) {
    return day - (day + 3) % 7;
}

static enum status count(const struct cohort *cohort, enum store_metric metric, int32_t day,
                         int32_t back) {
    struct partition *partition = cohort->partition;
    struct day_totals_cache *cache = &partition->worker->totals;
    struct day_totals *totals = NULL;
    enum status status = day_totals_take(cache, &partition->dirty_totals, partition->number,
                                         cohort->actor->project, day, &totals);
    return status == STATUS_OK ? day_totals_add_number(cache, totals, metric, back, cohort->amount)
                               : status;
}

static enum status count_day(const struct cohort *cohort, int32_t day) {
    int32_t back = day - cohort->first;
    return back <= RETENTION_DAYS ? count(cohort, STORE_METRIC_RETENTION_DAY, day, back)
                                  : STATUS_OK;
}

static enum status count_week(const struct cohort *cohort, int32_t monday) {
    int32_t back = (monday - monday_of(cohort->first)) / 7;
    return back <= RETENTION_WEEKS ? count(cohort, STORE_METRIC_RETENTION_WEEK, monday, back)
                                   : STATUS_OK;
}

// All active days from the cohort's first on.
static enum status count_all(const struct cohort *cohort) {
    const struct actives *actives = &cohort->actor->actives;
    int32_t last = cohort->first + (RETENTION_WEEKS + 1) * 7;
    int32_t week = INT32_MIN;
    enum status status = STATUS_OK;
    for (int32_t day = cohort->first; day <= last && status == STATUS_OK;
         day = actives_after(actives, day)) {
        status = count_day(cohort, day);
        if (status == STATUS_OK && monday_of(day) != week) {
            week = monday_of(day);
            status = count_week(cohort, week);
        }
    }
    return status;
}

enum status retention_count(struct partition *partition, const struct actor *actor, int32_t day) {
    const struct actives *actives = &actor->actives;
    int32_t before = actives_before(actives, day);
    int32_t after = actives_after(actives, day);
    struct cohort cohort = {partition, actor, day, 1};
    enum status status = STATUS_OK;
    if (before == INT32_MIN && after != INT32_MAX) { // seen earlier than was known
        struct cohort old = {partition, actor, after, -1};
        status = count_all(&old);
    }
    if (before == INT32_MIN) {
        return status == STATUS_OK ? count_all(&cohort) : status;
    }
    cohort.first = actives_after(actives, actives->first_day - 1);
    status = count_day(&cohort, day);
    int32_t monday = monday_of(day);
    bool new_week = before < monday && after >= monday + 7;
    return status == STATUS_OK && new_week ? count_week(&cohort, monday) : status;
}
