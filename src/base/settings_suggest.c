// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// "Did you mean": the key closest to a mistyped one, by Levenshtein distance.
#include <stdio.h>

#include "base/check.h"
#include "base/settings_layer.h"

enum { LONGEST = SETTINGS_SUGGESTION - 1 };

static char fold(char c, bool loose) {
    if (c >= 'A' && c <= 'Z') {
        return (char)(c | 0x20);
    }
    return loose && (c == '_' || c == '-') ? '.' : c;
}

// Insertions, deletions and replacements from a to b, both at most LONGEST bytes.
static size_t distance(struct str a, struct str b, bool loose) {
    size_t row[LONGEST + 1];
    CHECK(a.len <= LONGEST && b.len <= LONGEST);
    for (size_t j = 0; j <= b.len; j++) {
        row[j] = j;
    }
    for (size_t i = 1; i <= a.len; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b.len; j++) {
            bool same = fold(a.data[i - 1], loose) == fold(b.data[j - 1], loose);
            size_t least = diagonal + (same ? 0 : 1);
            diagonal = row[j];
            least = row[j] + 1 < least ? row[j] + 1 : least;
            row[j] = row[j - 1] + 1 < least ? row[j - 1] + 1 : least;
        }
    }
    return row[b.len];
}

struct best {
    struct str wrong;
    bool loose;
    size_t distance;
    struct str text;
    int index;
};

static void consider(struct best *best, struct str candidate, int index) {
    if (candidate.len == 0 || candidate.len > LONGEST) {
        return;
    }
    size_t d = distance(best->wrong, candidate, best->loose);
    if (d < best->distance) {
        best->distance = d;
        best->text = candidate;
        best->index = index;
    }
}

int settings_suggest(const struct settings *settings, struct str wrong, bool loose,
                     char out[SETTINGS_SUGGESTION]) {
    if (wrong.len > LONGEST) {
        return SETTINGS_NOWHERE;
    }
    // Up to a third of the letters wrong, two at least: beyond that the offer is noise.
    size_t allowed = wrong.len / 3 > 2 ? wrong.len / 3 : 2;
    struct best best = {
        .wrong = wrong, .loose = loose, .distance = allowed + 1, .index = SETTINGS_NOWHERE};
    for (size_t i = 0; i < settings->count; i++) {
        struct str key = str_from_c(settings->table[i].key);
        if (loose && settings_is_row(&settings->table[i])) {
            continue; // not for the environment
        }
        consider(&best, key, (int)i);
        consider(&best, str_from_c(settings->table[i].alias), (int)i);
        for (size_t j = 0; j < key.len && !loose; j++) {
            // Of a list of maps the name stands before the brackets, which nobody writes.
            bool name =
                key.data[j] == '[' || (key.data[j] == '.' && j > 0 && key.data[j - 1] != ']');
            if (name) {
                consider(&best, str_make(key.data, j), (int)i);
            }
        }
    }
    if (best.index != SETTINGS_NOWHERE) {
        snprintf(out, SETTINGS_SUGGESTION, "%.*s", STR_ARG(best.text));
    }
    return best.index;
}
