// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Asks for each project of a request whether its events may come in.
#include "activity/activity_private.h"

struct str activity_project_of_record(const struct eventlog_record *record) {
    struct str rest = record->key;
    return str_cut(&rest, '\0');
}

// How many records from there on are of the same project. Mostly all of them: one request brings one key.
static size_t run_length(const struct eventlog_record *records, size_t count) {
    struct str project = activity_project_of_record(&records[0]);
    size_t length = 1;
    while (length < count && str_equal(project, activity_project_of_record(&records[length]))) {
        length++;
    }
    return length;
}

void activity_give_back(const struct activity *activity, const struct eventlog_record *records,
                        size_t count) {
    const struct activity_admission *admission = activity->config.admission;
    for (size_t at = 0, length; admission && at < count; at += length) {
        length = run_length(records + at, count - at);
        admission->give_back(admission->context, activity_project_of_record(&records[at]), length);
    }
}

bool activity_admit(const struct activity *activity, struct http_exchange *exchange,
                    const struct eventlog_record *records, size_t count) {
    const struct activity_admission *admission = activity->config.admission;
    for (size_t at = 0, length; admission && at < count; at += length) {
        length = run_length(records + at, count - at);
        if (!admission->admit(admission->context, exchange,
                              activity_project_of_record(&records[at]), length, at == 0)) {
            activity_give_back(activity, records, at);
            return false;
        }
    }
    return true;
}
