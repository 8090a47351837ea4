// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Checks of Kafka and Cassandra, where the settings name them.
#include <string.h>

#include "doctor/private.h"

// --- Kafka --------------------------------------------------------------------------------------------------------------

struct topic_look {
    struct doctor *doctor;
    unsigned differences;
};

static void tell_difference(void *context, const char *setting, const char *value,
                            const char *consequence) {
    struct topic_look *look = context;
    struct str topic = settings_string(look->doctor->settings, "kafka.topic");
    look->differences++;
    doctor_tell(
        look->doctor, DOCTOR_EVENT_LOG_TOPIC, DOCTOR_WARNING,
        "Change it with Kafka's tools (kafka-configs.sh --alter --topic), or change kafka.* to "
        "match.",
        "topic %.*s has %s %s: %s", STR_ARG(topic), setting, value, consequence);
}

static void examine_kafka(struct doctor *doctor) {
    struct str topic = settings_string(doctor->settings, "kafka.topic");
    struct topic_look look = {.doctor = doctor};
    struct error err = {STATUS_OK, ""};
    unsigned partitions = 0;
    enum status status = doctor->config->try_kafka(doctor->settings, doctor->config->apply,
                                                   tell_difference, &look, &partitions, &err);
    if (status == STATUS_OK) {
        doctor_tell(doctor, DOCTOR_EVENT_LOG_KAFKA, DOCTOR_OK, "",
                    "Kafka answers, topic %.*s has %u partitions", STR_ARG(topic), partitions);
        if (look.differences == 0) {
            doctor_tell(doctor, DOCTOR_EVENT_LOG_TOPIC, DOCTOR_OK, "",
                        "the topic's settings are as Footfall would make them");
        }
    } else if (status == STATUS_NOT_FOUND) {
        doctor_tell(
            doctor, DOCTOR_EVENT_LOG_KAFKA, DOCTOR_NOTE,
            "footfall doctor --apply makes it, and so does the first process that needs it.",
            "Kafka answers and has no topic %.*s", STR_ARG(topic));
    } else {
        doctor_tell(
            doctor, DOCTOR_EVENT_LOG_KAFKA, DOCTOR_PROBLEM,
            "Look at kafka.brokers and kafka.properties (logins, TLS), and whether brokers are "
            "up and reached from here.",
            "%s", err.text);
    }
}

// --- Cassandra ----------------------------------------------------------------------------------------------------------

static const struct {
    const char *subject;
    enum doctor_check check;
    const char *advice;
} subjects[] = {
    {"version", DOCTOR_STORE_VERSION, "Bring all nodes to one version, 4.0 or newer."},
    {"schema", DOCTOR_STORE_SCHEMA, "footfall doctor --apply, or a Footfall of that version."},
    {"replication", DOCTOR_STORE_REPLICATION,
     "ALTER KEYSPACE to three copies on three nodes or more, then nodetool repair."},
    {"commitlog_sync", DOCTOR_STORE_SETTINGS,
     "commitlog_sync: group or batch in cassandra.yaml; docs/cassandra.md."},
    {"timestamps", DOCTOR_STORE_SETTINGS, "Take it out of cassandra.yaml."},
    {"settings", DOCTOR_STORE_SETTINGS, "Look at cassandra.yaml by hand; docs/cassandra.md."},
    {"clock", DOCTOR_STORE_CLOCK, "Let NTP keep the clocks of all machines."},
};

static void take_finding(const struct store_finding *finding, void *context) {
    static const enum doctor_verdict verdicts[] = {[STORE_FINDING_FINE] = DOCTOR_OK,
                                                   [STORE_FINDING_WARNING] = DOCTOR_WARNING,
                                                   [STORE_FINDING_PROBLEM] = DOCTOR_PROBLEM};
    enum doctor_check check = DOCTOR_STORE_SETTINGS;
    const char *advice = "docs/cassandra.md says what is needed.";
    for (size_t i = 0; i < sizeof subjects / sizeof subjects[0]; i++) {
        if (str_equal(finding->subject, str_from_c(subjects[i].subject))) {
            check = subjects[i].check;
            advice = subjects[i].advice;
        }
    }
    doctor_tell(context, check, verdicts[finding->severity],
                finding->severity == STORE_FINDING_FINE ? "" : advice, "%.*s: %.*s",
                STR_ARG(finding->subject), STR_ARG(finding->text));
}

static void examine_cassandra(struct doctor *doctor) {
    struct store_cassandra_config config = doctor->config->cassandra;
    struct error err = {STATUS_OK, ""};
    enum status status = STATUS_OK;
    if (doctor->config->apply) {
        struct store *store = NULL;
        config.create_schema = true;
        status = store_open_cassandra(&config, &store, &err);
        store_close(store);
    }
    if (status == STATUS_OK) {
        status = store_cassandra_check(&config, take_finding, doctor, &err);
    }
    if (status != STATUS_OK) {
        doctor_tell(
            doctor, DOCTOR_STORE_CASSANDRA, DOCTOR_PROBLEM,
            "Look at cassandra.contact_points, the login and TLS, and whether nodes are up and "
            "reached from here.",
            "%s", err.text);
    } else {
        doctor_tell(doctor, DOCTOR_STORE_CASSANDRA, DOCTOR_OK, "", "Cassandra answers");
    }
}

void doctor_examine_engines(struct doctor *doctor) {
    if (str_equal(settings_string(doctor->settings, "eventlog"), STR("kafka"))) {
        examine_kafka(doctor);
    }
    if (str_equal(settings_string(doctor->settings, "store"), STR("cassandra"))) {
        examine_cassandra(doctor);
    }
}
