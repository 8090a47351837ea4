// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The command line: a table of subcommands, and what they share.
#ifndef FOOTFALL_APP_COMMAND_H
#define FOOTFALL_APP_COMMAND_H

#include "app/role.h"
#include "base/error.h"
#include "base/settings.h"
#include "config_client/config_client.h"

// Exit codes of every command.
enum app_exit { APP_OK = 0, APP_FAILED = 1, APP_USAGE = 2 };

struct app_command {
    const char *name;
    const char *summary;                     // one line for the overview
    const char *synopsis;                    // "footfall key create --role ROLE [--project ID]"
    const char *details;                     // paragraphs for `footfall NAME --help`
    bool takes_settings;                     // the settings table is part of its help
    int (*run)(int argc, char *const *argv); // argv[0] is the first word behind the command's name
};

int app_main(int argc, char *const *argv);
const struct app_command *app_commands(size_t *count);

int app_run_command(int argc, char *const *argv);
int app_gateway_command(int argc, char *const *argv);
int app_users_command(int argc, char *const *argv);
int app_activity_command(int argc, char *const *argv);
int app_processor_command(int argc, char *const *argv);
int app_reports_command(int argc, char *const *argv);
int app_config_command(int argc, char *const *argv);
int app_erase_command(int argc, char *const *argv);
int app_export_command(int argc, char *const *argv);
int app_import_command(int argc, char *const *argv);
int app_replay_command(int argc, char *const *argv);
int app_key_command(int argc, char *const *argv);
int app_check_config_command(int argc, char *const *argv);
int app_routes_command(int argc, char *const *argv);
int app_doctor_command(int argc, char *const *argv);
int app_migrate_command(int argc, char *const *argv);
int app_backup_command(int argc, char *const *argv);
int app_restore_command(int argc, char *const *argv);
int app_settings_command(int argc, char *const *argv);
int app_manual_command(int argc, char *const *argv);
int app_completion_command(int argc, char *const *argv);

// "footfall: <text>" on standard error, with a hint at --help for APP_USAGE. Returns code.
int app_complain(int code, const struct error *err);

// The log as logging.level and logging.format say.
void app_configure_log(const struct settings *settings);

// The settings of this process: defaults, --config FILE, FOOTFALL_* environment, flags. *used: how many words of argv were flags.
MUST_CHECK enum status app_load_settings(int argc, char *const *argv, int *used,
                                         struct settings **out, struct error *err);
// The same for a process of another role than run, whose defaults differ.
MUST_CHECK enum status app_load_role_settings(enum app_role role, int argc, char *const *argv,
                                              int *used, struct settings **out, struct error *err);
// The same once more: again and origin as config_client.h has them. argv: of a copy, as secrets in it are overwritten.
struct app_settings_source {
    enum app_role role;
    int argc;
    char *const *argv;
    char *const *envp; // NULL: the environment as it is now
    bool again;
    struct config_client_origin origin; // given back, also on failure
};
MUST_CHECK enum status app_read_settings(struct app_settings_source *source, int *used,
                                         struct settings **out, struct error *err);
// Whether a process would take them: routes, rules, funnels, enrichment, limits. INVALID: err says what is wrong where.
MUST_CHECK enum status app_judge_settings(const struct settings *settings, struct error *err);
MUST_CHECK enum status app_role_defaults(struct settings *settings, enum app_role role);
// Defaults that follow from the engines chosen; once all layers are loaded.
MUST_CHECK enum status app_engine_defaults(struct settings *settings);
// A copy in one piece, for free; argv or an environment; NULL: no memory. Reading flags overwrites those of secrets.
char **app_copy_words(int argc, char *const *argv);
// Whether a key, or a list of maps by its name, takes effect while the process runs.
bool app_setting_is_live(const char *key);
// logging.level alone.
void app_configure_log_level(const struct settings *settings);
// The rows of the settings table, for help and documentation.
const struct setting *app_settings_table(size_t *count);

#endif
