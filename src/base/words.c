// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Reading the flags of client commands.
#include "base/words.h"

#include <string.h>

static struct command_word *find(struct command_word *words, size_t count, const char *text,
                                 size_t len) {
    for (size_t i = 0; i < count; i++) {
        if (strlen(words[i].name) == len && memcmp(words[i].name, text, len) == 0) {
            return &words[i];
        }
    }
    return NULL;
}

enum status command_words_read(int argc, char *const *argv, struct command_word *words,
                               size_t count, struct error *err) {
    for (int i = 0; i < argc; i++) {
        const char *text = argv[i];
        if (strncmp(text, "--", 2) != 0 || text[2] == '\0') {
            return error_set(err, STATUS_INVALID, "unexpected argument \"%s\"", text);
        }
        const char *equals = strchr(text, '=');
        size_t len = equals ? (size_t)(equals - text) - 2 : strlen(text) - 2;
        struct command_word *word = find(words, count, text + 2, len);
        if (!word) {
            return error_set(err, STATUS_INVALID, "unknown flag \"%s\"", text);
        }
        if (word->is_switch && equals) {
            return error_set(err, STATUS_INVALID, "--%s takes no value", word->name);
        }
        if (word->is_switch) {
            word->value = "true";
        } else if (equals) {
            word->value = equals + 1;
        } else if (i + 1 < argc) {
            word->value = argv[++i];
        } else {
            return error_set(err, STATUS_INVALID, "--%s needs a value", word->name);
        }
    }
    return STATUS_OK;
}

void command_words_wipe(int argc, char *const *argv, const char *name) {
    size_t len = strlen(name);
    for (int i = 0; i < argc; i++) {
        char *text = argv[i];
        if (strncmp(text, "--", 2) != 0 || strncmp(text + 2, name, len) != 0) {
            continue;
        }
        if (text[2 + len] == '=') {
            memset(text + 3 + len, '*', strlen(text + 3 + len));
        } else if (text[2 + len] == '\0' && i + 1 < argc) {
            memset(argv[i + 1], '*', strlen(argv[i + 1]));
        }
    }
}
