// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// footfall completion: for bash, zsh and fish, from the tables of commands and settings.
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "app/command.h"

#define SCRIPT_MAX ((size_t)1024 * 1024)

// Called for each flag, with its dashes.
typedef void flag_visit(struct buffer *script, struct str flag);

static bool is_flag_char(char c) {
    return islower((unsigned char)c) || isdigit((unsigned char)c) || c == '-';
}

// Whether the flag stands in an earlier part of the text, as a word of its own.
static bool is_known(const char *text, size_t until, struct str flag) {
    for (size_t i = 0; i + flag.len <= until; i++) {
        if (memcmp(text + i, flag.data, flag.len) == 0 && !is_flag_char(text[i + flag.len])) {
            return true;
        }
    }
    return false;
}

// The flags of a command that takes no settings are those that its help names.
static void visit_named(struct buffer *script, const char *text, const char *before,
                        flag_visit *visit) {
    for (const char *at = text; (at = strstr(at, "--")) != NULL;) {
        size_t len = 2;
        while (is_flag_char(at[len])) {
            len++;
        }
        struct str flag = str_make(at, len);
        if (len > 2 && !is_known(text, (size_t)(at - text), flag) &&
            !(before && is_known(before, strlen(before), flag))) {
            visit(script, flag);
        }
        at += len;
    }
}

static void visit_flags(struct buffer *script, const struct app_command *command,
                        flag_visit *visit) {
    visit_named(script, command->synopsis, NULL, visit);
    if (command->details) {
        visit_named(script, command->details, command->synopsis, visit);
    }
}

static bool is_flag(const struct setting *setting) {
    return strchr(setting->key, '[') == NULL; // keys of list entries are no flags
}

static void put_word(struct buffer *script, struct str word) {
    buffer_append_str(script, word);
    buffer_append_char(script, ' ');
}

static void put_settings(struct buffer *script) {
    size_t count = 0;
    const struct setting *table = app_settings_table(&count);
    buffer_append_str(script, STR("--config "));
    for (size_t i = 0; i < count; i++) {
        if (is_flag(&table[i])) {
            buffer_printf(script, "--%s ", table[i].key);
        }
    }
}

// a|b|c as a b c
static void put_choices(struct buffer *script, const char *choices) {
    for (const char *c = choices; *c; c++) {
        buffer_append_char(script, *c == '|' ? ' ' : *c);
    }
}

// In single quotes, as bash, zsh and fish read them; none of the summaries has a quote, which the test sees to.
static void put_quoted(struct buffer *script, const char *text) {
    buffer_printf(script, "'%s'", text);
}

// --- bash -----------------------------------------------------------------------------------------------------------
static void put_names(struct buffer *script) {
    size_t count = 0;
    const struct app_command *commands = app_commands(&count);
    for (size_t i = 0; i < count; i++) {
        put_word(script, str_from_c(commands[i].name));
    }
}

static void put_bash_values(struct buffer *script) {
    size_t count = 0;
    const struct setting *table = app_settings_table(&count);
    for (size_t i = 0; i < count; i++) {
        if (is_flag(&table[i]) && table[i].type == SETTING_CHOICE) {
            buffer_printf(script, "    --%s) words='", table[i].key);
            put_choices(script, table[i].choices);
            buffer_append_str(script, STR("' ;;\n"));
        }
    }
}

static void put_bash(struct buffer *script) {
    size_t count = 0;
    const struct app_command *commands = app_commands(&count);
    buffer_append_str(script, STR("# bash completion for footfall\n_footfall_settings='"));
    put_settings(script);
    buffer_append_str(script, STR("'\n_footfall() {\n"
                                  "    local word=\"${COMP_WORDS[COMP_CWORD]}\" words=''\n"
                                  "    COMPREPLY=()\n"
                                  "    case \"${COMP_WORDS[COMP_CWORD - 1]}\" in\n"));
    put_bash_values(script);
    buffer_append_str(
        script,
        STR("    --config | --data | --output | --event)\n"
            "        mapfile -t COMPREPLY < <(compgen -f -- \"$word\")\n"
            "        return\n        ;;\n    esac\n"
            "    if [ -z \"$words\" ] && [ \"$COMP_CWORD\" -eq 1 ]; then\n        words='"));
    put_names(script);
    buffer_append_str(script, STR("help'\n    elif [ -z \"$words\" ]; then\n"
                                  "        case \"${COMP_WORDS[1]}\" in\n        help) words='"));
    put_names(script);
    buffer_append_str(script, STR("' ;;\n        completion) words='bash zsh fish' ;;\n"));
    for (size_t i = 0; i < count; i++) {
        if (strcmp(commands[i].name, "completion") == 0) {
            continue;
        }
        buffer_printf(script, "        %s) words=\"", commands[i].name);
        visit_flags(script, &commands[i], put_word);
        buffer_append_str(script,
                          commands[i].takes_settings ? STR("$_footfall_settings") : STR("--help"));
        buffer_append_str(script, STR("\" ;;\n"));
    }
    buffer_append_str(script,
                      STR("        esac\n    fi\n"
                          "    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n"
                          "}\ncomplete -o default -F _footfall footfall\n"));
}

// --- zsh ------------------------------------------------------------------------------------------------------------
static void put_zsh_flag(struct buffer *script, struct str flag) {
    buffer_printf(script, "            '%.*s:value:_files' \\\n", STR_ARG(flag));
}

static void put_zsh_settings(struct buffer *script) {
    size_t count = 0;
    const struct setting *table = app_settings_table(&count);
    for (size_t i = 0; i < count; i++) {
        if (!is_flag(&table[i])) {
            continue;
        }
        buffer_printf(script, "        '--%s:", table[i].key);
        if (table[i].type == SETTING_CHOICE) {
            buffer_append_str(script, STR("one of:("));
            put_choices(script, table[i].choices);
            buffer_append_str(script, STR(")'\n"));
        } else {
            buffer_append_str(script, STR("value:_files'\n"));
        }
    }
}

static void put_zsh(struct buffer *script) {
    size_t count = 0;
    const struct app_command *commands = app_commands(&count);
    buffer_append_str(script,
                      STR("#compdef footfall\n_footfall() {\n    local -a commands settings\n"
                          "    commands=(\n"));
    for (size_t i = 0; i < count; i++) {
        buffer_printf(script, "        '%s:%s'\n", commands[i].name, commands[i].summary);
    }
    buffer_append_str(script, STR("    )\n    settings=(\n        '--config:file:_files'\n"));
    put_zsh_settings(script);
    buffer_append_str(script,
                      STR("    )\n    if (( CURRENT == 2 )); then\n"
                          "        _describe command commands\n        return\n    fi\n"
                          "    local command=$words[2]\n    shift words\n    (( CURRENT-- ))\n"
                          "    case $command in\n"
                          "        completion) _values shell bash zsh fish ;;\n"));
    for (size_t i = 0; i < count; i++) {
        if (strcmp(commands[i].name, "completion") == 0) {
            continue;
        }
        buffer_printf(script, "        %s)\n            _arguments \\\n", commands[i].name);
        visit_flags(script, &commands[i], put_zsh_flag);
        buffer_append_str(script, commands[i].takes_settings ? STR("            $settings\n")
                                                             : STR("            '--help'\n"));
        buffer_append_str(script, STR("            ;;\n"));
    }
    buffer_append_str(script, STR("    esac\n}\n_footfall \"$@\"\n"));
}

// --- fish -----------------------------------------------------------------------------------------------------------
static void put_fish_flag(struct buffer *script, struct str flag) {
    buffer_printf(script, " -l %.*s", (int)flag.len - 2, flag.data + 2);
}

static void put_fish_settings(struct buffer *script) {
    size_t count = 0;
    const struct setting *table = app_settings_table(&count);
    for (size_t i = 0; i < count; i++) {
        if (!is_flag(&table[i])) {
            continue;
        }
        buffer_printf(script, "complete -c footfall -n $with_settings -r -l %s", table[i].key);
        if (table[i].type == SETTING_CHOICE) {
            buffer_append_str(script, STR(" -f -a '"));
            put_choices(script, table[i].choices);
            buffer_append_char(script, '\'');
        }
        buffer_append_char(script, '\n');
    }
}

static void put_fish(struct buffer *script) {
    size_t count = 0;
    const struct app_command *commands = app_commands(&count);
    buffer_append_str(script, STR("# fish completion for footfall\n"
                                  "set -l with_settings '__fish_seen_subcommand_from"));
    for (size_t i = 0; i < count; i++) {
        if (commands[i].takes_settings) {
            buffer_printf(script, " %s", commands[i].name);
        }
    }
    buffer_append_str(script, STR("'\ncomplete -c footfall -n $with_settings -r -l config\n"));
    put_fish_settings(script);
    for (size_t i = 0; i < count; i++) {
        buffer_printf(script, "complete -c footfall -f -n __fish_use_subcommand -a %s -d ",
                      commands[i].name);
        put_quoted(script, commands[i].summary);
        buffer_printf(script, "\ncomplete -c footfall -n '__fish_seen_subcommand_from %s' -l help",
                      commands[i].name);
        visit_flags(script, &commands[i], put_fish_flag);
        buffer_append_char(script, '\n');
    }
    buffer_append_str(script,
                      STR("complete -c footfall -f -n '__fish_seen_subcommand_from completion' "
                          "-a 'bash zsh fish'\n"));
}

int app_completion_command(int argc, char *const *argv) {
    static const struct {
        const char *name;
        void (*put)(struct buffer *script);
    } shells[] = {{"bash", put_bash}, {"zsh", put_zsh}, {"fish", put_fish}};
    struct error err;
    for (size_t i = 0; argc == 1 && i < sizeof shells / sizeof shells[0]; i++) {
        if (strcmp(argv[0], shells[i].name) != 0) {
            continue;
        }
        struct buffer script;
        buffer_init(&script, SCRIPT_MAX);
        shells[i].put(&script);
        enum status status = buffer_status(&script);
        if (status == STATUS_OK && fwrite(script.data, 1, script.len, stdout) != script.len) {
            status = STATUS_IO;
        }
        buffer_free(&script);
        return status == STATUS_OK ? APP_OK : APP_FAILED;
    }
    (void)error_set(&err, STATUS_INVALID, "name a shell: bash, zsh or fish");
    return app_complain(APP_USAGE, &err);
}
