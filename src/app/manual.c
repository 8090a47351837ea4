// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// footfall manual: the manual pages, from the tables of commands and settings, in the macros of man(7).
#include <stdio.h>
#include <string.h>

#include "app/command.h"

#define PAGE_MAX ((size_t)1024 * 1024)

// Text as it stands: a backslash, a hyphen and a dot or quote at the start of a line mean something to troff.
static void put_text(struct buffer *page, const char *text, size_t len) {
    bool starts = true;
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        if (starts && (c == '.' || c == '\'')) {
            buffer_append_str(page, STR("\\&"));
        }
        if (c == '\\') {
            buffer_append_str(page, STR("\\e"));
        } else if (c == '-') {
            buffer_append_str(page, STR("\\-"));
        } else {
            buffer_append_char(page, c);
        }
        starts = c == '\n';
    }
}

static void put(struct buffer *page, const char *text) {
    put_text(page, text, strlen(text));
}

static void put_line(struct buffer *page, const char *text) {
    put(page, text);
    buffer_append_char(page, '\n');
}

static void begin(struct buffer *page, const char *name, int section, const char *about) {
    buffer_printf(page, ".TH %s %d \"\" \"Footfall %s\" \"Footfall\"\n.SH NAME\n", name, section,
                  FOOTFALL_VERSION);
    put(page, name);
    buffer_append_str(page, STR(" \\- "));
    put_line(page, about);
}

// Usage and paragraphs are laid out by hand for a terminal, so they stay as they are.
static void put_as_is(struct buffer *page, const char *text) {
    buffer_append_str(page, STR(".nf\n"));
    put_line(page, text);
    buffer_append_str(page, STR(".fi\n"));
}

static void put_command(struct buffer *page, const struct app_command *command) {
    buffer_append_str(page, STR(".SS "));
    put_line(page, command->name);
    put(page, command->summary);
    buffer_append_str(page, STR(".\n.PP\n"));
    put_as_is(page, command->synopsis);
    if (command->details) {
        buffer_append_str(page, STR(".PP\n"));
        put_as_is(page, command->details);
    }
    if (command->takes_settings) {
        buffer_append_str(page, STR(".PP\nIts settings are those of\n.BR footfall.yaml (5).\n"));
    }
}

static void put_commands_page(struct buffer *page) {
    size_t count = 0;
    const struct app_command *commands = app_commands(&count);
    begin(page, "footfall", 1, "what people do in your web application, on your own machine");
    buffer_append_str(
        page, STR(".SH SYNOPSIS\n.B footfall\n.I COMMAND\n.RI [ FLAG ]...\n"
                  ".SH DESCRIPTION\nTakes the activity events of web applications, keeps every one "
                  "that it said yes to,\nand turns them into profiles, timelines and reports.\n"
                  ".SH COMMANDS\n"));
    for (size_t i = 0; i < count; i++) {
        put_command(page, &commands[i]);
    }
    buffer_append_str(
        page,
        STR(".SH EXIT STATUS\n.TP\n0\nfine\n.TP\n1\nfailure at run time\n.TP\n2\nwrong usage or "
            "configuration\n"
            ".SH ENVIRONMENT\nA setting is\n.B FOOTFALL_\nand its key in capitals, with\n.B _\n"
            "for a dot.\nCommands that ask a running Footfall also take\n.B FOOTFALL_URL\nand\n"
            ".BR FOOTFALL_API_KEY .\n"
            ".SH SIGNALS\n.TP\nSIGTERM, SIGINT\nfinish what was accepted, then end; a second one ends at "
            "once\n.TP\nSIGHUP\nread the settings again\n"
            ".SH SEE ALSO\n.BR footfall.yaml (5)\n"));
}

static const char *type_text(const struct setting *setting) {
    switch (setting->type) {
    case SETTING_STRING: return "text";
    case SETTING_BOOL: return "true or false";
    case SETTING_INTEGER: return "a number";
    case SETTING_BYTES: return "bytes, such as 64KiB or 2GiB";
    case SETTING_DURATION: return "a duration, such as 500ms, 15m or 7d";
    case SETTING_CHOICE: return setting->choices;
    case SETTING_LIST: return "a list";
    case SETTING_ADDRESS: return "HOST:PORT";
    case SETTING_TREE: return "keys and values";
    }
    return "";
}

static void put_setting(struct buffer *page, const struct setting *setting) {
    buffer_append_str(page, STR(".TP\n.B "));
    put_line(page, setting->key);
    put(page, setting->help);
    buffer_append_str(page, STR(".\nIt is "));
    put(page, type_text(setting));
    if (setting->fallback && setting->fallback[0] && !setting_is_secret(setting)) {
        buffer_append_str(page, STR(", by default\n.BR "));
        put(page, setting->fallback);
        buffer_append_str(page, STR(" .\n"));
    } else {
        buffer_append_str(page, STR(".\n"));
    }
    if (setting->traits & SETTING_LIVE) {
        buffer_append_str(page, STR("A change takes effect without a restart.\n"));
    }
    if (setting_is_secret(setting)) {
        buffer_append_str(page, STR("A secret: @PATH stands for what is in that file.\n"));
    }
}

static void put_settings_page(struct buffer *page) {
    size_t count = 0;
    const struct setting *table = app_settings_table(&count);
    begin(page, "footfall.yaml", 5, "the settings of Footfall");
    buffer_append_str(
        page,
        STR(".SH DESCRIPTION\nYAML. Nested keys and keys with dots mean the same. Each setting is also a flag\n"
            ".RI ( --KEY\n.IR VALUE )\nand an environment variable\n.RI ( FOOTFALL_KEY ,\nin capitals, with _ for a "
            "dot); flags are stronger than the environment, that than a config server, that than\nthe file. Keys with [] belong to the "
            "entries of a list, which only a file and a config server can hold.\n"
            "Roles and engines have some other defaults:\n.B footfall check\\-config\n.I ROLE\nprints all values and "
            "where they come from.\n.SH SETTINGS\n"));
    for (size_t i = 0; i < count; i++) {
        put_setting(page, &table[i]);
    }
    buffer_append_str(page, STR(".SH SEE ALSO\n.BR footfall (1)\n"));
}

int app_manual_command(int argc, char *const *argv) {
    const char *section = argc > 0 ? argv[0] : "1";
    struct error err;
    if (argc > 1 || (strcmp(section, "1") != 0 && strcmp(section, "5") != 0)) {
        (void)error_set(&err, STATUS_INVALID, "the sections are 1 and 5");
        return app_complain(APP_USAGE, &err);
    }
    struct buffer page;
    buffer_init(&page, PAGE_MAX);
    if (section[0] == '1') {
        put_commands_page(&page);
    } else {
        put_settings_page(&page);
    }
    enum status status = buffer_status(&page);
    if (status == STATUS_OK && fwrite(page.data, 1, page.len, stdout) != page.len) {
        status = STATUS_IO;
    }
    buffer_free(&page);
    if (status != STATUS_OK) {
        (void)error_set(&err, status, "the manual: %s", status_text(status));
        return app_complain(APP_FAILED, &err);
    }
    return APP_OK;
}
