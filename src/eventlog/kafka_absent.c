// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Stands in for the log on Kafka in a build without librdkafka.
#include "eventlog/eventlog.h"

enum status eventlog_open_kafka(const struct eventlog_kafka_config *config, struct eventlog **out,
                                struct error *err) {
    (void)config;
    *out = NULL;
    return error_set(err, STATUS_UNSUPPORTED,
                     "this footfall was built without Kafka: build it with librdkafka "
                     "(meson configure -Dkafka=enabled), or use eventlog: embedded");
}
