// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Lines of tries: whoever gives up may leave from the middle.
#include "cql/call.h"

void cql_line_init(struct cql_line *line) {
    line->first = NULL;
    line->end = &line->first;
    line->length = 0;
}

void cql_line_append(struct cql_line *line, struct cql_try *attempt) {
    attempt->line = line;
    attempt->next_waiting = NULL;
    attempt->waiting_link = line->end;
    *line->end = attempt;
    line->end = &attempt->next_waiting;
    line->length++;
}

void cql_line_remove(struct cql_try *attempt) {
    struct cql_line *line = attempt->line;
    if (!line) {
        return;
    }
    *attempt->waiting_link = attempt->next_waiting;
    if (attempt->next_waiting) {
        attempt->next_waiting->waiting_link = attempt->waiting_link;
    } else {
        line->end = attempt->waiting_link;
    }
    line->length--;
    attempt->line = NULL;
}

void cql_line_take(struct cql_line *from, struct cql_line *to) {
    cql_line_init(to);
    while (from->first) {
        struct cql_try *attempt = from->first;
        cql_line_remove(attempt);
        cql_line_append(to, attempt);
    }
}
