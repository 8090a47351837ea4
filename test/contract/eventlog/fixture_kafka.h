// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// The fixture's part that talks to brokers: fixture_kafka.c, or fixture_kafka_absent.c in a build without librdkafka.
#ifndef FOOTFALL_TEST_FIXTURE_KAFKA_H
#define FOOTFALL_TEST_FIXTURE_KAFKA_H

#include "eventlog_fixture.h"

void fixture_kafka_init(struct fixture *fixture); // fails the test when there are no brokers
void fixture_kafka_free(struct fixture *fixture); // deletes the topics
// The member owns all partitions and has nothing left to read, apart from where it cannot.
bool fixture_kafka_is_settled(struct eventlog_consumer *consumer);

// How many brokers there are.
unsigned fixture_kafka_brokers(const struct fixture *fixture);
// One setting of the topic as it is; the fixture's log need not be open.
void fixture_kafka_setting(const struct fixture *fixture, const char *name, char out[64]);
// Makes the topic by hand, as another tool would. settings: name, value, ..., NULL.
void fixture_kafka_make_topic(const struct fixture *fixture, const char *name, unsigned partitions,
                              const char *const *settings);
// Adds partitions until there are so many.
void fixture_kafka_widen_topic(const struct fixture *fixture, unsigned partitions);
void fixture_kafka_delete_topic(const struct fixture *fixture, const char *name);

#endif
