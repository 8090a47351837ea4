// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The table of subcommands, --help that is made from it, and dispatch.
#include "app/command.h"

#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "demo/demo.h"

static int print_version(int argc, char *const *argv);

#define ROLE_COMMAND(name, summary, more, run)                                                          \
    {                                                                                                   \
        (name), (summary), "footfall " name " [--config FILE] [--SETTING VALUE]...",                    \
            "One role in a process of its own, with eventlog: kafka and store: cassandra.\n" more       \
            "\nProcesses start in any order: each waits for what it needs, says so in its log and at\n" \
            "management.listen (/health/ready), and is ready only when it is there. SIGTERM drains.\n", \
            true, (run)                                                                                 \
    }

static const struct app_command commands[] = {
    {"run", "start every role in one process", "footfall run [--config FILE] [--SETTING VALUE]...",
     "Starts the gateway, the activity, users and reports services and the processor on the embedded\n"
     "engines. Without configuration: data in ./footfall-data, http://127.0.0.1:8080 for ingest and API,\n"
     "127.0.0.1:8090 for health and metrics. The first start makes a project and keys, prints them once and\n"
     "keeps them in DATA/credentials.json.\n\n"
     "SIGTERM or SIGINT drains: what was accepted is finished, then the process ends with 0. A second one\n"
     "ends it at once.\n",
     true, app_run_command},
    ROLE_COMMAND(
        "gateway", "the entry point: who may, administration, proxy to the other roles",
        "It answers at --listen, knows keys and projects from the store, and finds the others at\n"
        "gateway.users, gateway.activity and gateway.reports.\n",
        app_gateway_command),
    ROLE_COMMAND("users", "profiles and timelines, from the store", "", app_users_command),
    ROLE_COMMAND(
        "activity", "takes events and appends them to Kafka",
        "While Kafka is away events go to a queue in DATA/spool and are taken all the same.\n",
        app_activity_command),
    ROLE_COMMAND(
        "processor", "reads events from Kafka and keeps the store up to date",
        "Several of them share the partitions. It has no public address, only management.listen.\n",
        app_processor_command),
    ROLE_COMMAND("reports", "answers questions, and closes days", "", app_reports_command),
    ROLE_COMMAND(
        "config", "serves configuration, to Footfall and to Spring applications",
        "It answers as Spring Cloud Config Server does, from config.directories or config.git.url, and needs\n"
        "nothing else of Footfall.\n",
        app_config_command),
    {"demo", "send believable traffic of the last days",
     "footfall demo [--url URL] [--events N] [--days N] ...", demo_help, false, demo_command},
    {"key", "make, list and revoke keys of a running Footfall",
     "footfall key create --role write|viewer|editor|admin [--project ID] [--label TEXT]\n"
     "       footfall key list\n"
     "       footfall key revoke --id KEY_ID",
     "  --url URL        where Footfall is (FOOTFALL_URL; default http://127.0.0.1:8080)\n"
     "  --api-key KEY    an admin's API key (FOOTFALL_API_KEY; default: DATA/credentials.json)\n"
     "  --data DIR       where credentials.json is (default ./footfall-data)\n"
     "  --role ROLE      write (default) may send events; viewer, editor and admin are API keys\n"
     "  --project ID     write keys: default \"default\"; API keys: all projects when left out\n\n"
     "A key is shown once, when it is made.\n",
     false, app_key_command},
    {"erase", "erase a person from a running Footfall",
     "footfall erase --user ID [--project ID] [--keep-refusing]",
     "  --url, --api-key, --data   as for footfall key; the key must be an admin's\n"
     "  --user ID        whose profile, timeline, sessions, state and links go\n"
     "  --keep-refusing  drop what is sent about them from now on\n\n"
     "Waits until the processor has done it, and prints the receipt.\n",
     false, app_erase_command},
    {"export", "write out a project, or everything held about a person",
     "footfall export --project ID [--from DATE] [--to DATE] [--partial] [--output FILE [--resume]]\n"
     "       footfall export --user ID [--project ID] [--output FILE]",
     "  --url, --api-key, --data   as for footfall key; for a project the key must be an admin's, for a\n"
     "                   person it may be a viewer's\n"
     "  --output FILE    a new file; without it to standard output\n"
     "  --resume         go on with a FILE that was broken off\n"
     "  --from DATE, --to DATE     events of these days, both included; profiles come in any case\n"
     "  --partial        also when the event log no longer has everything\n\n"
     "A JSON object a line. A project comes with its profiles and with those of its events that are counted,\n"
     "as they were sent, with addresses of senders; footfall import takes it. A person comes with all that is\n"
     "derived.\n",
     false, app_export_command},
    {"import", "put an exported project into a running Footfall",
     "footfall import [--project ID] [--input FILE]",
     "  --url, --api-key, --data   as for footfall key; the key must be an admin's\n"
     "  --project ID     which is there already; default \"default\", or the key's own\n"
     "  --input FILE     what footfall export wrote; without it standard input\n\n"
     "Events keep their ids and times. What is there already is passed over: broken off, it may simply be done\n"
     "again. Exit code 1 when lines were refused, which are named on standard error.\n",
     false, app_import_command},
    {"replay", "derive everything anew from the event log, in a running Footfall",
     "footfall replay [--from TIME | --from-offset N] [--force] [--manual] [--wait]",
     "  --url, --api-key, --data   as for footfall key; the key must be an admin's of all projects\n"
     "  --from TIME      pass over events received before; --from-offset N: those below, in each partition\n"
     "  --force          also when the log's oldest records are gone: what came of them goes too\n"
     "  --manual         do not switch before POST /replays/ID/switch\n"
     "  --wait           until the new data are in use\n\n"
     "Answers come from the old data until the new ones are level with the log. By today's rules and settings.\n",
     false, app_replay_command},
    {"check-config", "check the configuration and print what it comes to",
     "footfall check-config [ROLE] [--event FILE] [--config FILE] [--SETTING VALUE]...",
     "ROLE is run (without it), gateway, users, activity, processor, reports or config: some defaults\n"
     "differ.\n"
     "Prints every setting with its value and where that came from. Exit code 2 and file, line and key when\n"
     "something is wrong.\n\n"
     "  --event FILE     show what the rules do to the events of FILE instead: one JSON event a line, or an\n"
     "                   array of them, as they are sent to POST /events or as they stand in the event log;\n"
     "                   - is standard input. One JSON object an event: what each rule did, the event before\n"
     "                   and after, and its fate. Exit code 1 when something in FILE is no event\n",
     true, app_check_config_command},
    {"routes", "list every route and who may call it",
     "footfall routes [--json] [--config FILE] [--SETTING VALUE]...",
     "One line for each role, method and path, from the tables that the servers are made of.\n\n"
     "  --json           as JSON; must be the first word\n",
     true, app_routes_command},
    {"doctor", "look for problems of this machine and of a running Footfall",
     "footfall doctor [ROLE] [--format text|json] [--strict] [--apply] [--list] [--config FILE]\n"
     "       [--SETTING VALUE]...",
     "Looks at settings, limits, permissions, ports, certificates, Kafka and Cassandra when they are\n"
     "configured, backups, and the running process, and says what to do about each finding. Exit code 0:\n"
     "nothing is wrong, there may be warnings; 1: there are problems; 2: it could not run.\n\n"
     "  --format json    one JSON object: {\"findings\":[{\"check\",\"verdict\",\"text\",\"advice\"}],...}\n"
     "  --strict         exit code 1 also when there are warnings\n"
     "  --apply          make the topic and the tables that are missing\n"
     "  --list           only the names of the checks\n",
     true, app_doctor_command},
    {"migrate", "move an installation to Kafka and Cassandra, or to another number of partitions",
     "footfall migrate [--dry-run] [--to-partitions N] [--config FILE] [--data DIR] [--SETTING VALUE]...\n"
     "       footfall migrate --to-data DIR [--to-partitions N] ...\n"
     "       footfall migrate --to-topic TOPIC --to-keyspace KEYSPACE [--to-partitions N] ...",
     "Carries the event log and the store of a data directory over to kafka.* and cassandra.*: log records,\n"
     "profiles, timelines, totals, reports, keys and accounts; then compares both sides. Footfall must not run\n"
     "meanwhile; topic and keyspace must be new or empty. Stopped or broken off, it goes on where it was when\n"
     "it is run again: DATA/migration.json says how far it came. Exit code 1 when something differs.\n\n"
     "  --to-data DIR    to another data directory instead\n"
     "  --to-topic TOPIC --to-keyspace KEYSPACE\n"
     "                   from kafka.topic and cassandra.keyspace to these instead\n"
     "  --to-partitions N\n"
     "                   partitions of the event log there. Default: as many as here; of a data directory\n"
     "                   embedded.partitions\n"
     "  --dry-run        only count what would be moved\n",
     true, app_migrate_command},
    {"backup", "take a backup of a running Footfall, or check one",
     "footfall backup [--data DIR]\n"
     "       footfall backup --to DIR [--data DIR]\n"
     "       footfall backup verify BACKUP",
     "Without --to: the running Footfall writes one into its backup.directory; waits until it is whole.\n\n"
     "  --url, --api-key, --data   as for footfall key; the key must be an admin's\n"
     "  --to DIR         of a stopped Footfall: the engines of --data are opened here, and the backup goes\n"
     "                   into DIR\n\n"
     "verify reads a whole backup and compares it with its manifest. Exit code 1 when it must not be used.\n",
     false, app_backup_command},
    {"restore", "put a backup into a new data directory",
     "footfall restore --from BACKUP --data DIR",
     "DIR must be new or empty; it is whole or untouched afterwards. Then: footfall run --data DIR\n",
     false, app_restore_command},
    {"settings", "print the table of settings", "footfall settings [--format markdown|json-schema]",
     "Every setting with its type, default, effect (at once, or at the next start) and meaning: as\n"
     "docs/configuration.md has them, or as a JSON Schema of the configuration file.\n",
     false, app_settings_command},
    {"manual", "print the manual page", "footfall manual [SECTION]",
     "Of section 1, the commands, or 5, the configuration file; as man(1) reads it:\n"
     "  footfall manual 5 | man -l -\n",
     false, app_manual_command},
    {"completion", "print what makes a shell complete commands and flags",
     "footfall completion bash|zsh|fish",
     "For the running bash: source <(footfall completion bash). make install and the package put each where\n"
     "its shell looks for it.\n",
     false, app_completion_command},
    {"version", "print the version", "footfall version", NULL, false, print_version},
};

const struct app_command *app_commands(size_t *count) {
    *count = sizeof commands / sizeof commands[0];
    return commands;
}

static int print_version(int argc, char *const *argv) {
    (void)argc;
    (void)argv;
    (void)printf("footfall %s\n", FOOTFALL_VERSION);
    return APP_OK;
}

int app_complain(int code, const struct error *err) {
    (void)fprintf(stderr, "footfall: %s\n", err->text[0] ? err->text : status_text(err->status));
    if (code == APP_USAGE) {
        (void)fprintf(stderr, "See: footfall --help\n");
    }
    return code;
}

static void print_overview(FILE *out) {
    (void)fprintf(out,
                  "Footfall %s: what people do in your web application, on your own machine.\n\n"
                  "Usage: footfall COMMAND [FLAG]...\n\n",
                  FOOTFALL_VERSION);
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        (void)fprintf(out, "  %-13s %s\n", commands[i].name, commands[i].summary);
    }
    (void)fprintf(out,
                  "\nfootfall COMMAND --help says more. Exit codes: 0 fine, 1 failure at run time, "
                  "2 wrong usage or configuration.\n");
}

static int print_settings(enum app_role role) {
    size_t count = 0;
    const struct setting *table = app_settings_table(&count);
    struct settings *settings = NULL;
    struct buffer text;
    buffer_init(&text, 1024 * 1024);
    enum status status = settings_make(table, count, &settings);
    if (status == STATUS_OK) {
        status = app_role_defaults(settings, role);
    }
    if (status == STATUS_OK) {
        settings_print_help(settings, &text);
        status = buffer_status(&text);
    }
    if (status == STATUS_OK) {
        (void)printf(
            "Settings, as flags (--KEY VALUE), environment (FOOTFALL_KEY with '_' for '.'), from a config "
            "server\n(config.import) or YAML (--config FILE); the strongest is named first. Those with [live] "
            "take effect\nwhen they are read again, others at the next start:\n\n");
        (void)fwrite(text.data, 1, text.len, stdout);
    }
    buffer_free(&text);
    settings_free(settings);
    return status == STATUS_OK ? APP_OK : APP_FAILED;
}

static int print_help(const struct app_command *command) {
    (void)printf("footfall %s: %s\n\nUsage: %s\n\n", command->name, command->summary,
                 command->synopsis);
    if (command->details) {
        (void)printf("%s\n", command->details);
    }
    enum app_role role = APP_ROLE_RUN;
    (void)app_role_find(str_from_c(command->name), &role); // else the table's own defaults
    return command->takes_settings ? print_settings(role) : APP_OK;
}

static bool asks_for_help(int argc, char *const *argv) {
    for (int i = 0; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            return true;
        }
    }
    return false;
}

static const struct app_command *find(const char *name) {
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (strcmp(commands[i].name, name) == 0) {
            return &commands[i];
        }
    }
    return NULL;
}

int app_main(int argc, char *const *argv) {
    const char *name = argc > 1 ? argv[1] : "";
    if (strcmp(name, "--version") == 0) {
        return print_version(0, NULL);
    }
    if (strcmp(name, "help") == 0 && argc > 2 && find(argv[2])) {
        return print_help(find(argv[2]));
    }
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0) {
        print_overview(stdout);
        return APP_OK;
    }
    const struct app_command *command = find(name);
    if (!command) {
        struct error err;
        if (name[0]) {
            (void)error_set(&err, STATUS_INVALID, "there is no command \"%s\"", name);
        } else {
            (void)error_set(&err, STATUS_INVALID, "name a command");
        }
        print_overview(stderr);
        return app_complain(APP_USAGE, &err);
    }
    if (asks_for_help(argc - 2, argv + 2)) {
        return print_help(command);
    }
    return command->run(argc - 2, argv + 2);
}
