// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Answers by going through the whole history each time.
#include "lives.h"

#include <stdio.h>

static bool is_about(const struct control *control, struct str project, bool user, struct str id) {
    return control && str_equal(control->project, project) && (control->kind == 'u') == user &&
           str_equal(control->id, id);
}

// Whether the last control record of the event's actor that says so keeps them away.
bool lives_is_refused(const struct history *history, size_t n) {
    const struct event *event = &history->events[n].event;
    bool user = event->user_id.len > 0;
    bool refused = false;
    for (size_t i = 0; i < n; i++) {
        const struct control *control = history->events[i].control;
        if (is_about(control, event->project, user, user ? event->user_id : event->anonymous_id) &&
            (control->keep_refusing || control->action == CONTROL_ALLOW)) {
            refused = control->keep_refusing;
        }
    }
    return refused;
}

// What a rule set aside is not remembered: it may be replayed. Who is refused is so before rules see the event.
bool lives_was_sent_before(const struct history *history, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (!history->events[i].broken && !history->events[i].control &&
            (!history->events[i].set_aside || lives_is_refused(history, i)) &&
            history->events[i].project == history->events[n].project &&
            str_equal(history->events[i].event.id, history->events[n].event.id)) {
            return true;
        }
    }
    return false;
}

// A letter goes with the erasure of somebody whose id is in it, when it lies in their partition.
bool lives_letter_goes(const struct history *history, size_t n) {
    for (size_t i = n + 1; i < history->count; i++) {
        const struct control *control = history->events[i].control;
        char needle[32];
        if (!control || control->action != CONTROL_ERASE) {
            continue;
        }
        snprintf(needle, sizeof needle, "\"%.*s\"", STR_ARG(control->id));
        struct str project = history->records[n].key, value = history->records[n].value;
        project = str_cut(&project, '\0');
        if (str_equal(project, control->project) &&
            eventlog_partition_of(history->records[n].key, history->partitions) ==
                eventlog_partition_of(history->records[i].key, history->partitions) &&
            memmem(value.data, value.len, needle, strlen(needle))) {
            return true;
        }
    }
    return false;
}

// The erasure that ends the life which begins at `from`; the history's end when none does.
size_t lives_end(const struct history *history, unsigned project, bool user, struct str id,
                 size_t from) {
    size_t end = from;
    while (end < history->count &&
           !(is_about(history->events[end].control, history_projects[project].id, user, id) &&
             history->events[end].control->action == CONTROL_ERASE)) {
        end++;
    }
    return end;
}

// The user was erased later, or the link alone was removed.
bool lives_link_goes(const struct history *history, size_t n, struct str anonymous) {
    const struct event *event = &history->events[n].event;
    for (size_t i = n + 1; i < history->count; i++) {
        const struct control *control = history->events[i].control;
        if (is_about(control, event->project, true, event->user_id) &&
            (control->action == CONTROL_ERASE ||
             (control->action == CONTROL_UNLINK && str_equal(control->anonymous_id, anonymous)))) {
            return true;
        }
    }
    return false;
}

struct str lives_linked(const struct event *event) {
    struct str linked = event->type == EVENT_IDENTIFY ? event->anonymous_id
                        : event->type == EVENT_ALIAS  ? event->previous_id
                                                      : STR_EMPTY;
    return event->user_id.len > 0 ? linked : STR_EMPTY;
}
