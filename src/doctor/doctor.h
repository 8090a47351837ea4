// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Examines settings, machine and engines of an installation, and says what to do about what it finds.
//
//   doctor_examine ─→ a group of checks after another ─→ tell(finding) for each thing looked at, also when it is well
//
// A check has a stable name ("limits.files"), by which scripts know it; docs/operating.md lists them all. Nothing is changed, unless
// apply asks for the topic and the tables that are missing; ports are tried by listening on them for a moment.
#ifndef FOOTFALL_DOCTOR_H
#define FOOTFALL_DOCTOR_H

#include <stdbool.h>
#include <stddef.h>

#include "base/clock.h"
#include "base/settings.h"
#include "store/store.h"

// X(id, name, what is looked at)
#define DOCTOR_CHECK_LIST(X)                                                                       \
    X(CONFIGURATION_SETTINGS, "configuration.settings",                                            \
      "settings, rules, routes and funnels are valid")                                             \
    X(CONFIGURATION_SECRETS, "configuration.secrets",                                              \
      "secrets are not where others can read them")                                                \
    X(CONFIGURATION_EXPOSURE, "configuration.exposure",                                            \
      "what listens for other machines is encrypted, and the management port is not open to all")  \
    X(LIMITS_FILES, "limits.files", "open files that are allowed, against http.connections")       \
    X(LIMITS_DISK, "limits.disk", "free space and free inodes under the data directory")           \
    X(LIMITS_MEMORY, "limits.memory", "caches and buffers of the settings, against the memory")    \
    X(LIMITS_CLOCK, "limits.clock", "the clock is plausible, and kept in step")                    \
    X(LIMITS_TIME_ZONES, "limits.time_zones", "the time zone of the settings is known here")       \
    X(PERMISSIONS_DATA, "permissions.data", "the data directory can be written, by its owner")     \
    X(PERMISSIONS_FILES, "permissions.files",                                                      \
      "what is in it belongs to that owner, and nobody else can read it")                          \
    X(PERMISSIONS_LOGS, "permissions.logs", "the directory of logging.access_file")                \
    X(RUNNING_READY, "running.ready", "a Footfall answers at management.listen, and is ready")     \
    X(RUNNING_HEALTH, "running.health", "all parts of it do their work")                           \
    X(RUNNING_SETTINGS, "running.settings", "it runs with the settings that it has")               \
    X(PORTS_PUBLIC, "ports.public", "listen can be listened on")                                   \
    X(PORTS_TLS, "ports.tls", "tls.listen can")                                                    \
    X(PORTS_MANAGEMENT, "ports.management", "management.listen can")                               \
    X(CERTIFICATES_FILE, "certificates.file",                                                      \
      "files of certificates, keys and authorities can be read, and keys by their owner alone")    \
    X(CERTIFICATES_KEY, "certificates.key", "the key belongs to the certificate")                  \
    X(CERTIFICATES_EXPIRY, "certificates.expiry", "it is valid now, and for 14 days more")         \
    X(CERTIFICATES_CHAIN, "certificates.chain", "its chain is whole and in order")                 \
    X(CERTIFICATES_NAMES, "certificates.names", "its names, and that of public_url among them")    \
    X(EVENT_LOG_KAFKA, "event_log.kafka", "Kafka answers, and the topic is there")                 \
    X(EVENT_LOG_TOPIC, "event_log.topic", "settings of topic and brokers, and copies")             \
    X(STORE_CASSANDRA, "store.cassandra", "Cassandra answers")                                     \
    X(STORE_VERSION, "store.version", "its version")                                               \
    X(STORE_SCHEMA, "store.schema", "keyspace and version of the schema")                          \
    X(STORE_REPLICATION, "store.replication", "copies of each row, against the nodes")             \
    X(STORE_SETTINGS, "store.settings", "settings of the nodes that Footfall relies on")           \
    X(STORE_CLOCK, "store.clock", "clocks of the nodes, against this one")                         \
    X(BACKUPS_DIRECTORY, "backups.directory", "backup.directory, where backups are configured")    \
    X(BACKUPS_AGE, "backups.age", "age of the newest backup, against backup.interval")

enum doctor_check {
#define X(id, name, what) DOCTOR_##id,
    DOCTOR_CHECK_LIST(X)
#undef X
        DOCTOR_CHECKS
};
const char *doctor_check_name(enum doctor_check check);  // "limits.files"; static
const char *doctor_check_about(enum doctor_check check); // one line; static

enum doctor_verdict {
    DOCTOR_OK,
    DOCTOR_NOTE,    // nothing is wrong; worth knowing
    DOCTOR_WARNING, // works now, and will not always or not for everybody
    DOCTOR_PROBLEM, // does not work, or loses or shows data
};
#define DOCTOR_VERDICTS 4
const char *doctor_verdict_name(enum doctor_verdict verdict); // "ok", "note", "warning", "problem"

struct doctor_finding {
    enum doctor_check check;
    enum doctor_verdict verdict;
    const char *text;
    const char *advice; // what to do; "" when nothing is
};

typedef void doctor_differs(void *context, const char *setting, const char *value,
                            const char *consequence);

struct doctor_config {
    const struct settings *settings; // of the role that is examined
    const struct setting *table;     // their rows
    size_t table_count;
    const char *config_file; // they were read from; NULL: none
    bool apply;              // make topic and tables that are missing
    bool has_ingress;        // the role has a public port
    struct clock *clock;
    struct store_cassandra_config cassandra;
    // What only the application knows: whether it would take these settings, and opening Kafka as configured (NOT_FOUND: no topic).
    enum status (*judge_settings)(const struct settings *settings, struct error *err);
    enum status (*try_kafka)(const struct settings *settings, bool make, doctor_differs *differs,
                             void *context, unsigned *partitions, struct error *err);
    // Gets each finding, whose texts live for the call alone.
    void (*tell)(const struct doctor_finding *finding, void *context);
    void *context;
};
void doctor_examine(const struct doctor_config *config);

#endif
