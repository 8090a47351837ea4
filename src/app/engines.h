// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Opens the event log and the store that the settings name.
#ifndef FOOTFALL_APP_ENGINES_H
#define FOOTFALL_APP_ENGINES_H

#include "base/settings.h"
#include "client/data_directory.h"
#include "eventlog/eventlog.h"
#include "store/store.h"

// Whether it is asked over the network: then it may be away, and other processes write to it, too.
bool app_store_is_remote(const struct settings *settings);
bool app_log_is_remote(const struct settings *settings);
// "cassandra at 127.0.0.1:9042", "embedded in ./footfall-data".
void app_describe_store(const struct settings *settings, char *out, size_t size);
void app_describe_log(const struct settings *settings, char *out, size_t size);

// paths are used by embedded engines and the spool. UNAVAILABLE and TIMEOUT of a remote engine: it does not answer, try again.
MUST_CHECK enum status app_open_store(const struct settings *settings,
                                      const struct client_paths *paths, struct store **out,
                                      struct error *err);
enum app_log_use {
    APP_LOG_APPEND, // behind a spool when it is remote: opening succeeds while Kafka is away
    APP_LOG_READ,
};
// settings must live as long as the log: the spool opens what is behind it later.
MUST_CHECK enum status app_open_log(const struct settings *settings,
                                    const struct client_paths *paths, enum app_log_use use,
                                    struct eventlog **out, struct error *err);

// For who moves an installation, whatever eventlog and store say.
// The embedded engines, which drop nothing meanwhile. partitions: of a log that is made; 0: embedded.partitions. On failure *log and
// *store may be open all the same.
MUST_CHECK enum status app_open_embedded(const struct settings *settings,
                                         const struct client_paths *paths, unsigned partitions,
                                         struct eventlog **log, struct store **store,
                                         struct error *err);
// In place of kafka.topic and cassandra.keyspace: another topic, another keyspace.
MUST_CHECK enum status app_open_topic(const struct settings *settings, struct str topic,
                                      unsigned partitions, struct eventlog **out,
                                      struct error *err);
MUST_CHECK enum status app_open_keyspace(const struct settings *settings, struct str keyspace,
                                         struct store **out, struct error *err);
// The topic of the settings, which must be there; somebody may have added partitions to the kafka.partitions that are read.
MUST_CHECK enum status app_open_kafka_to_leave(const struct settings *settings,
                                               struct eventlog **out, struct error *err);
// partitions: of a topic that is made; 0: kafka.partitions.
MUST_CHECK enum status app_open_kafka(const struct settings *settings, unsigned partitions,
                                      struct eventlog **out, struct error *err);
// Whether Kafka can be used as configured. make: the topic, when it is missing; else that is NOT_FOUND. differs: as eventlog.h has it.
MUST_CHECK enum status app_try_kafka(const struct settings *settings, bool make,
                                     void (*differs)(void *context, const char *setting,
                                                     const char *value, const char *consequence),
                                     void *context, unsigned *partitions, struct error *err);
// Its texts are the settings'.
struct store_cassandra_config app_cassandra_config(const struct settings *settings);
MUST_CHECK enum status app_open_cassandra(const struct settings *settings, struct store **out,
                                          struct error *err);

#endif
