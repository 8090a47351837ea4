// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The fixture in a build without librdkafka.
#include "fixture_kafka.h"

void fixture_kafka_init(struct fixture *fixture) {
    (void)fixture;
    fail_msg("this build has no Kafka");
}

void fixture_kafka_free(struct fixture *fixture) {
    (void)fixture;
}

bool fixture_kafka_is_settled(struct eventlog_consumer *consumer) {
    (void)consumer;
    return true;
}
