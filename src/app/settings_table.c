// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Every setting there is: key, type, default, limits and meaning, as data; and what differs by role.
#include "app/command.h"

#define KIB 1024LL
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)
#define SECOND 1000LL
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

static const struct setting table[] = {
    {"data", "data", SETTING_STRING, "./footfall-data", 0, 0, NULL,
     "directory of the embedded engines, of the spool in front of Kafka and of credentials.json",
     false},
    {"listen", "listen", SETTING_ADDRESS, "127.0.0.1:8080", 0, 0, NULL,
     "public address: ingest and API", false},
    {"management.listen", NULL, SETTING_ADDRESS, "127.0.0.1:8090", 0, 0, NULL,
     "address of health and metrics", false},
    {"public_url", NULL, SETTING_STRING, "", 0, 0, NULL,
     "where browsers reach this server; empty: the Host of the request", false},
    {"eventlog", NULL, SETTING_CHOICE, "embedded", 0, 0, "embedded|kafka",
     "engine of the event log", false},
    {"store", NULL, SETTING_CHOICE, "embedded", 0, 0, "embedded|cassandra", "engine of the store",
     false},

    {"embedded.partitions", NULL, SETTING_INTEGER, "8", 1, 1024, NULL,
     "partitions of a new event log", false},
    {"embedded.log_retention", NULL, SETTING_DURATION, "7d", 0, 36500 * DAY, NULL,
     "age from which processed log records may go; 0s: never", false},
    {"embedded.log_retention_bytes", NULL, SETTING_BYTES, "0", 0, 0, NULL,
     "size from which the oldest processed log records go; 0: no limit", false},
    {"embedded.disk_quota", NULL, SETTING_BYTES, "0", 0, 0, NULL,
     "size of the event log from which events are refused with 503; 0: none", false},
    {"embedded.disk_reserve", NULL, SETTING_BYTES, "256MiB", 0, 0, NULL,
     "free space on the disk below which events are refused with 503", false},
    {"embedded.cache", NULL, SETTING_BYTES, "16MiB", MIB, 64 * GIB, NULL,
     "block cache of the store", false},
    {"embedded.write_buffer", NULL, SETTING_BYTES, "16MiB", MIB, 4 * GIB, NULL,
     "write buffers of the store", false},

    {"kafka.brokers", NULL, SETTING_STRING, "127.0.0.1:9092", 0, 0, NULL,
     "where to find the cluster: HOST:PORT,HOST:PORT", false},
    {"kafka.topic", NULL, SETTING_STRING, "footfall.events", 0, 0, NULL,
     "topic of the events; what belongs to it is in TOPIC.meta", false},
    {"kafka.partitions", NULL, SETTING_INTEGER, "8", 1, 1024, NULL,
     "partitions of a topic that is made; an existing one must have as many", false},
    {"kafka.replication", NULL, SETTING_INTEGER, "0", 0, 100, NULL,
     "copies of a topic that is made; 0: 3, or as many as there are brokers", false},
    {"kafka.min_insync", NULL, SETTING_INTEGER, "0", 0, 100, NULL,
     "copies that must have a record before it counts; 0: one less than kafka.replication, at least 1",
     false},
    {"kafka.retention", NULL, SETTING_DURATION, "7d", 0, 36500 * DAY, NULL,
     "age from which records of a topic that is made may go; 0s: never", false},
    {"kafka.retention_bytes", NULL, SETTING_BYTES, "0", 0, 0, NULL,
     "size from which the oldest records of a topic that is made may go, one copy; 0: no limit",
     false},
    {"kafka.instance_id", NULL, SETTING_STRING, "", 0, 0, NULL,
     "name of this processor in its group, so that a restart moves no partitions; empty: none",
     false},
    {"kafka.session_timeout", NULL, SETTING_DURATION, "10s", SECOND, HOUR, NULL,
     "silence after which a processor's partitions go to others", false},
    {"kafka.delivery_timeout", NULL, SETTING_DURATION, "30s", SECOND, HOUR, NULL,
     "how long a record may wait for its acknowledgement", false},
    {"kafka.properties", NULL, SETTING_LIST, "", 0, 0, NULL,
     "settings handed to librdkafka as they are, NAME=VALUE: security.protocol, sasl.*, ssl.*",
     true},
    {"spool.quota", NULL, SETTING_BYTES, "1GiB", 0, 0, NULL,
     "size of the queue in front of Kafka from which events are refused with 503; 0: none", false},
    {"spool.disk_reserve", NULL, SETTING_BYTES, "256MiB", 0, 0, NULL,
     "free space on the disk below which the queue takes no events", false},
    {"spool.patience", NULL, SETTING_DURATION, "2s", 10, HOUR, NULL,
     "how long Kafka may take before events go to the queue in front of it", false},

    {"cassandra.contact_points", NULL, SETTING_STRING, "127.0.0.1:9042", 0, 0, NULL,
     "where to find the cluster: HOST:PORT,HOST:PORT", false},
    {"cassandra.local_dc", NULL, SETTING_STRING, "", 0, 0, NULL,
     "datacentre whose nodes are asked; empty: that of the first node that answers", false},
    {"cassandra.keyspace", NULL, SETTING_STRING, "footfall", 0, 0, NULL, "keyspace of the tables",
     false},
    {"cassandra.replication", NULL, SETTING_INTEGER, "0", 0, 100, NULL,
     "copies in a keyspace that is made; 0: 3, or as many as there are nodes", false},
    {"cassandra.username", NULL, SETTING_STRING, "", 0, 0, NULL, "user; empty: none", false},
    {"cassandra.password", NULL, SETTING_STRING, "", 0, 0, NULL, "password of that user", true},
    {"cassandra.tls", NULL, SETTING_BOOL, "false", 0, 0, NULL, "encrypt connections", false},
    {"cassandra.tls_ca", NULL, SETTING_STRING, "", 0, 0, NULL,
     "file of the authorities to trust, PEM; empty: those of the machine", false},
    {"cassandra.tls_certificate", NULL, SETTING_STRING, "", 0, 0, NULL,
     "file of the certificate to show, PEM; empty: none", false},
    {"cassandra.tls_key", NULL, SETTING_STRING, "", 0, 0, NULL, "file of its key, PEM", false},
    {"cassandra.tls_verify", NULL, SETTING_BOOL, "true", 0, 0, NULL,
     "refuse a node whose certificate is not trusted or names another host", false},
    {"cassandra.connections", NULL, SETTING_INTEGER, "1", 1, 64, NULL, "connections to a node",
     false},
    {"cassandra.create_schema", NULL, SETTING_BOOL, "true", 0, 0, NULL,
     "make keyspace and tables that are missing", false},

    {"timeline.retention", NULL, SETTING_DURATION, "0s", 0, 36500 * DAY, NULL,
     "age from which timeline entries go; 0s: never", false},

    {"http.threads", NULL, SETTING_INTEGER, "0", 0, 256, NULL, "event loops; 0: one a core", false},
    {"http.connections", NULL, SETTING_INTEGER, "10000", 1, 1000000, NULL,
     "connections at the same time", false},
    {"http.memory_limit", NULL, SETTING_BYTES, "256MiB", MIB, 64 * GIB, NULL,
     "requests being received or answered, over all connections; more get 503", false},
    {"http.body_limit", NULL, SETTING_BYTES, "4MiB", KIB, GIB, NULL, "body of a request, as sent",
     false},
    {"http.header_timeout", NULL, SETTING_DURATION, "10s", 10, HOUR, NULL,
     "for a request's headers", false},
    {"http.body_timeout", NULL, SETTING_DURATION, "30s", 10, HOUR, NULL,
     "without a byte of the body", false},
    {"http.idle_timeout", NULL, SETTING_DURATION, "75s", 10, DAY, NULL, "between requests", false},
    {"http.write_timeout", NULL, SETTING_DURATION, "30s", 10, HOUR, NULL,
     "without the client taking a byte", false},

    {"tls.listen", NULL, SETTING_ADDRESS, "", 0, 0, NULL,
     "public address for HTTPS, beside listen; empty: none", false},
    {"tls.certificates", NULL, SETTING_LIST, "", 0, 0, NULL,
     "CHAIN.pem:KEY.pem of each, chosen by the name a client asks for; the first is for all others",
     false},
    {"tls.client_auth", NULL, SETTING_CHOICE, "off", 0, 0, "off|optional|required",
     "whether clients show a certificate", false},
    {"tls.client_ca", NULL, SETTING_STRING, "", 0, 0, NULL,
     "file of the authorities that clients' certificates are from, PEM", false},
    {"tls.min_version", NULL, SETTING_CHOICE, "1.2", 0, 0, "1.2|1.3", "oldest TLS spoken", false},
    {"http.redirect_to_https", NULL, SETTING_BOOL, "false", 0, 0, NULL,
     "send plain requests to HTTPS, but for health checks and ACME challenges", false},
    {"http.hsts", NULL, SETTING_DURATION, "0s", 0, 3650 * DAY, NULL,
     "tell who came through HTTPS to use nothing else for so long; 0s: do not", false},
    {"http.http2", NULL, SETTING_BOOL, "true", 0, 0, NULL, "offer HTTP/2 to clients", false},

    {"http.trusted_proxies", NULL, SETTING_LIST, "", 0, 0, NULL,
     "networks whose X-Forwarded-For, -Proto and -Host are believed: 10.0.0.0/8,::1/128", false},

    {"limits.address", NULL, SETTING_STRING, "500/s burst 5000", 0, 0, NULL,
     "requests of an address, or of a /64 of IPv6: 100/s, 30/m burst 60, none", false},
    {"limits.key", NULL, SETTING_STRING, "100/s burst 1000", 0, 0, NULL, "requests of an API key",
     false},
    {"limits.account", NULL, SETTING_STRING, "50/s burst 500", 0, 0, NULL, "requests of an account",
     false},
    {"limits.events", NULL, SETTING_STRING, "5000/s burst 50000", 0, 0, NULL,
     "requests that bring events, a project", false},
    {"limits.routes", NULL, SETTING_LIST, "", 0, 0, NULL,
     "limits of single routes, for each key, or address without one: POST /users=10/s", false},
    {"limits.exempt", NULL, SETTING_LIST, "127.0.0.0/8,::1/128", 0, 0, NULL,
     "networks without these limits; quotas hold for them too", false},
    {"quotas.events", NULL, SETTING_INTEGER, "0", 0, INT64_MAX, NULL,
     "events that a project may bring on a day (UTC); 0: any number", false},
    {"quotas.projects", NULL, SETTING_LIST, "", 0, 0, NULL,
     "other quotas of single projects, 0 for none: shop=1000000,blog=0", false},
    {"limits.clients", NULL, SETTING_INTEGER, "65536", 7, 100000000, NULL,
     "addresses, keys and projects that are told apart; each takes 18 to 36 bytes of memory",
     false},
    {"limits.body", NULL, SETTING_BYTES, "1MiB", KIB, GIB, NULL,
     "body of a request that brings no events", false},

    {"gateway.users", NULL, SETTING_LIST, "http://127.0.0.1:8081", 0, 0, NULL,
     "where footfall gateway finds the users processes", false},
    {"gateway.activity", NULL, SETTING_LIST, "http://127.0.0.1:8082", 0, 0, NULL,
     "where it finds the activity processes", false},
    {"gateway.reports", NULL, SETTING_LIST, "http://127.0.0.1:8084", 0, 0, NULL,
     "where it finds the reports processes", false},
    {"gateway.connect_timeout", NULL, SETTING_DURATION, "1s", 10, HOUR, NULL,
     "for a connection to one of them", false},
    {"gateway.reply_timeout", NULL, SETTING_DURATION, "30s", 10, HOUR, NULL,
     "for the first byte of its reply", false},
    {"gateway.total_timeout", NULL, SETTING_DURATION, "60s", 10, HOUR, NULL,
     "for the whole reply, attempts at others included", false},
    {"gateway.connections", NULL, SETTING_INTEGER, "64", 1, 10000, NULL,
     "connections to each of them, an event loop", false},
    {"gateway.requests", NULL, SETTING_INTEGER, "16384", 1, 1000000, NULL,
     "requests to the processes of a role under way, from which on more get 503", false},
    {"gateway.retry_share", NULL, SETTING_INTEGER, "20", 1, 100, NULL,
     "of these, percent that may be sent again though a process may have begun with them", false},
    {"gateway.eject_after", NULL, SETTING_INTEGER, "5", 1, 1000000, NULL,
     "failures in a row after which an address gets nothing for a while", false},
    {"gateway.eject_time", NULL, SETTING_DURATION, "1s", 10, HOUR, NULL,
     "for how long, times how often it happened lately", false},
    {"gateway.eject_share", NULL, SETTING_INTEGER, "50", 1, 100, NULL,
     "percent of the addresses of a role that are left out at the same time; the last one never",
     false},
    {"gateway.health_path", NULL, SETTING_STRING, "/health/ready", 0, 0, NULL,
     "path that each of them is asked for, to see whether it is well; empty: none", false},
    {"gateway.health_interval", NULL, SETTING_DURATION, "2s", 100, HOUR, NULL, "how often", false},
    {"gateway.resolve", NULL, SETTING_DURATION, "30s", 100, DAY, NULL,
     "how often names are looked up again", false},
    {"gateway.tls_ca", NULL, SETTING_STRING, "", 0, 0, NULL,
     "file of the authorities to trust with https URLs, PEM; empty: those of the machine", false},
    {"gateway.tls_certificate", NULL, SETTING_STRING, "", 0, 0, NULL,
     "file of the certificate to show there, PEM; empty: none", false},
    {"gateway.tls_key", NULL, SETTING_STRING, "", 0, 0, NULL,
     "file of its key, PEM; empty: in the same file", false},
    {"upstreams[].name", NULL, SETTING_STRING, "", 0, 0, NULL,
     "what routes call a service of yours that stands behind Footfall", false},
    {"upstreams[].urls", NULL, SETTING_LIST, "", 0, 0, NULL,
     "where it is: one or more of http://host:port or https://host:port", false},
    {"upstreams[].tls_ca", NULL, SETTING_STRING, "", 0, 0, NULL,
     "file of the authorities to trust with https, PEM; empty: those of the machine", false},
    {"upstreams[].tls_certificate", NULL, SETTING_STRING, "", 0, 0, NULL,
     "file of the certificate to show there, PEM; empty: none", false},
    {"upstreams[].tls_key", NULL, SETTING_STRING, "", 0, 0, NULL,
     "file of its key, PEM; empty: in the same file", false},
    {"upstreams[].health_path", NULL, SETTING_STRING, "", 0, 0, NULL,
     "path that each is asked for every gateway.health_interval, to see whether it is well; empty: "
     "none",
     false},
    {"upstreams[].connections", NULL, SETTING_INTEGER, "64", 1, 10000, NULL,
     "connections to each of them, an event loop", false},
    {"upstreams[].connect_timeout", NULL, SETTING_DURATION, "1s", 10, HOUR, NULL,
     "for a connection to one of them", false},
    {"upstreams[].reply_timeout", NULL, SETTING_DURATION, "30s", 10, HOUR, NULL,
     "for the first byte of its reply", false},
    {"upstreams[].total_timeout", NULL, SETTING_DURATION, "60s", 10, HOUR, NULL,
     "for the whole reply, attempts at others included", false},
    {"upstreams[].idle_timeout", NULL, SETTING_DURATION, "20s", 10, HOUR, NULL,
     "then an unused connection is closed; less than the service's own", false},
    {"routes[].path", NULL, SETTING_STRING, "", 0, 0, NULL,
     "paths that are passed on: /shop/* with all behind it, or /orders/:id", false},
    {"routes[].methods", NULL, SETTING_LIST, "GET,POST,PUT,PATCH,DELETE", 0, 0, NULL,
     "methods that are; GET is HEAD, too", false},
    {"routes[].upstream", NULL, SETTING_STRING, "", 0, 0, NULL, "name of where they go", false},
    {"routes[].access", NULL, SETTING_STRING, "", 0, 0, NULL,
     "who may: public, send (a write key), viewer, editor or admin; must be said", false},
    {"routes[].body_limit", NULL, SETTING_BYTES, "0", 0, GIB, NULL,
     "bytes of a body; 0: http.body_limit", false},
    {"routes[].strip_prefix", NULL, SETTING_STRING, "", 0, 0, NULL,
     "beginning of the path that does not go on to the upstream: /shop", false},
    {"routes[].replace_prefix", NULL, SETTING_STRING, "", 0, 0, NULL,
     "what stands in its place, or before the path", false},
    {"routes[].request_headers.set", NULL, SETTING_LIST, "", 0, 0, NULL,
     "\"Name: value\" in place of what the client sends", false},
    {"routes[].request_headers.remove", NULL, SETTING_LIST, "", 0, 0, NULL,
     "names of headers that are not passed on", false},
    {"routes[].response_headers.set", NULL, SETTING_LIST, "", 0, 0, NULL,
     "\"Name: value\" in place of what the upstream sends", false},
    {"routes[].response_headers.remove", NULL, SETTING_LIST, "", 0, 0, NULL,
     "names of headers that do not come back", false},
    {"routes[].reply_timeout", NULL, SETTING_DURATION, "0s", 0, HOUR, NULL,
     "for the first byte of a reply; 0s: the upstream's", false},
    {"routes[].total_timeout", NULL, SETTING_DURATION, "0s", 0, HOUR, NULL,
     "for the whole reply; 0s: the upstream's", false},

    {"status.peers", NULL, SETTING_LIST,
     "http://127.0.0.1:8090,http://127.0.0.1:8091,http://127.0.0.1:8092,http://127.0.0.1:8083,"
     "http://127.0.0.1:8094",
     0, 0, NULL, "management addresses of all processes, for /status and for closing days", false},
    {"keys.refresh", NULL, SETTING_DURATION, "2s", 100, HOUR, NULL,
     "how often keys and projects are read again from a store that others write to", false},

    {"auth.issuer", NULL, SETTING_STRING, "footfall", 0, 0, NULL,
     "iss of our own tokens; the same in every process", false},
    {"auth.audience", NULL, SETTING_STRING, "footfall", 0, 0, NULL, "aud of our own tokens", false},
    {"auth.algorithm", NULL, SETTING_CHOICE, "EdDSA", 0, 0, "EdDSA|ES256|HS256",
     "of signing keys that are made; HS256 has no key for others to verify with", false},
    {"auth.access_token", NULL, SETTING_DURATION, "15m", MINUTE, HOUR, NULL,
     "how long an access token lives", false},
    {"auth.session", NULL, SETTING_DURATION, "30d", MINUTE, 3650 * DAY, NULL,
     "how long after a login its refresh tokens end, however often they are used", false},
    {"auth.key_rotation", NULL, SETTING_DURATION, "30d", MINUTE, 3650 * DAY, NULL,
     "from one signing key to the next", false},
    {"auth.seal_key", NULL, SETTING_STRING, "", 0, 0, NULL,
     "seals signing keys in the store; at least 32 bytes, the same in every gateway", true},
    {"auth.seal_key_file", NULL, SETTING_STRING, "", 0, 0, NULL, "file that has auth.seal_key",
     false},
    {"auth.login_account", NULL, SETTING_STRING, "10/m burst 10", 0, 0, NULL,
     "attempts to log in to one account", false},
    {"auth.login_address", NULL, SETTING_STRING, "30/m burst 30", 0, 0, NULL,
     "attempts to log in from one address, or a /64 of IPv6", false},
    {"auth.password_threads", NULL, SETTING_INTEGER, "2", 1, 64, NULL,
     "passwords that are hashed at once; each takes 64MiB", false},
    {"auth.password_queue", NULL, SETTING_INTEGER, "64", 1, 10000, NULL,
     "logins that wait for that; more get 503", false},
    {"auth.token_cache", NULL, SETTING_INTEGER, "4096", 1, 10000000, NULL,
     "verified tokens that are remembered; about 400 bytes each", false},
    {"auth.issuers", NULL, SETTING_LIST, "", 0, 0, NULL,
     "outside issuers: issuer=URL jwks=URL audience=TEXT [role_claim=roles admin=VALUE ...]",
     false},

    {"ingest.inflated_limit", NULL, SETTING_BYTES, "20MiB", KIB, GIB, NULL,
     "body of a request, inflated", false},
    {"ingest.event_limit", NULL, SETTING_BYTES, "32KiB", KIB, 512 * KIB, NULL, "one event", false},
    {"ingest.events_limit", NULL, SETTING_INTEGER, "10000", 1, 1000000, NULL, "events of a request",
     false},

    {"ingest.path_prefix", NULL, SETTING_STRING, "", 0, 0, NULL,
     "every path of ingest is also found behind this one, because ad blockers know the usual ones: /x7",
     false},

    {"project.time_zone", NULL, SETTING_STRING, "UTC", 0, 0, NULL,
     "time zone of the project made at first start (IANA name); fixed from then on", false},
    {"session.gap", NULL, SETTING_DURATION, "30m", SECOND, 12 * HOUR, NULL,
     "silence that ends a session", false},
    {"dedupe.window", NULL, SETTING_DURATION, "24h", MINUTE, 30 * DAY, NULL,
     "how long a resent id is known", false},
    {"dedupe.ids", NULL, SETTING_INTEGER, "125000", 1000, 100000000, NULL,
     "how many ids are known at most, a partition; each takes 16 bytes of memory", false},
    {"bots.keep", NULL, SETTING_BOOL, "false", 0, 0, NULL, "keep the events of known bots", false},
    {"processor.threads", NULL, SETTING_INTEGER, "1", 1, 64, NULL,
     "threads that process events; 4 with store: cassandra", false},
    {"processor.cache", NULL, SETTING_BYTES, "12MiB", MIB, 64 * GIB, NULL,
     "cache of actor states; 48MiB with store: cassandra", false},
    {"processor.linger", NULL, SETTING_DURATION, "5ms", 0, SECOND, NULL,
     "wait for more events before a small batch; 50ms with store: cassandra", false},
    {"processor.cycle", NULL, SETTING_INTEGER, "20000", 1, 1000000, NULL, "events of a store batch",
     false},
    {"processor.batch", NULL, SETTING_BYTES, "2MiB", MIB, GIB, NULL,
     "bytes of a store batch; three times that is used while it is written; 4MiB with store: "
     "cassandra",
     false},
    {"workers.threads", NULL, SETTING_INTEGER, "4", 1, 256, NULL,
     "threads that read the store; 16 with store: cassandra", false},
    {"workers.queue", NULL, SETTING_INTEGER, "1024", 1, 100000, NULL,
     "requests that may wait for them before 503", false},

    {"process.core_dumps", NULL, SETTING_BOOL, "false", 0, 0, NULL,
     "let the kernel write core files, and debuggers look in; they show keys", false},
    {"logging.level", NULL, SETTING_CHOICE, "info", 0, 0, "debug|info|warn|error|off",
     "least level shown", false},
    {"logging.format", NULL, SETTING_CHOICE, "text", 0, 0, "text|json", "form of log lines", false},
    {"logging.access", NULL, SETTING_CHOICE, "errors", 0, 0, "off|errors|all",
     "which requests are logged: errors means 400 and above, and slow ones", false},
    {"logging.access_file", NULL, SETTING_STRING, "", 0, 0, NULL,
     "file for them, opened anew on SIGHUP; empty: standard error", false},
    {"logging.access_sample", NULL, SETTING_INTEGER, "1", 1, 1000000, NULL,
     "with logging.access: all, one in so many of those that are neither errors nor slow", false},
    {"logging.access_slow", NULL, SETTING_DURATION, "1s", 1, HOUR, NULL,
     "from which a request counts as slow", false},
    {"tracing.sample", NULL, SETTING_INTEGER, "0", 0, 1000000, NULL,
     "of the requests that name no trace one in so many is sampled; 0: none", false},
};

const struct setting *app_settings_table(size_t *count) {
    *count = sizeof table / sizeof table[0];
    return table;
}

static const struct {
    enum app_role role;
    const char *key;
    const char *fallback;
} role_defaults[] = {
#define TRUST_THIS_MACHINE "127.0.0.0/8,::1/128"
    {APP_ROLE_USERS, "listen", "127.0.0.1:8081"},
    {APP_ROLE_USERS, "management.listen", "127.0.0.1:8091"},
    {APP_ROLE_USERS, "http.trusted_proxies", TRUST_THIS_MACHINE},
    {APP_ROLE_ACTIVITY, "listen", "127.0.0.1:8082"},
    {APP_ROLE_ACTIVITY, "management.listen", "127.0.0.1:8092"},
    {APP_ROLE_ACTIVITY, "http.trusted_proxies", TRUST_THIS_MACHINE},
    {APP_ROLE_PROCESSOR, "management.listen", "127.0.0.1:8083"},
    {APP_ROLE_REPORTS, "listen", "127.0.0.1:8084"},
    {APP_ROLE_REPORTS, "management.listen", "127.0.0.1:8094"},
    {APP_ROLE_REPORTS, "http.trusted_proxies", TRUST_THIS_MACHINE},
};

// A store that is asked over the network answers later, and takes a large batch for hardly more than a small one.
static const struct {
    const char *key;
    const char *fallback;
} cassandra_defaults[] = {
    {"workers.threads", "16"},
    {"processor.linger", "50ms"},
    // A thread waits for Cassandra between the steps of a commit, and others then have partitions to go on with.
    {"processor.threads", "4"},
    // Who comes again is read from other machines: that costs them more than what he did then.
    {"processor.cache", "48MiB"},
    {"processor.batch", "4MiB"},
};

enum status app_role_defaults(struct settings *settings, enum app_role role) {
    enum status status = STATUS_OK;
    for (size_t i = 0; i < sizeof role_defaults / sizeof role_defaults[0]; i++) {
        if (role_defaults[i].role == role && status == STATUS_OK) {
            status =
                settings_change_default(settings, role_defaults[i].key, role_defaults[i].fallback);
        }
    }
    return status;
}

enum status app_engine_defaults(struct settings *settings) {
    enum status status = STATUS_OK;
    if (!str_equal(settings_string(settings, "store"), STR("cassandra"))) {
        return status;
    }
    for (size_t i = 0; i < sizeof cassandra_defaults / sizeof cassandra_defaults[0]; i++) {
        if (status == STATUS_OK) {
            status = settings_change_default(settings, cassandra_defaults[i].key,
                                             cassandra_defaults[i].fallback);
        }
    }
    return status;
}
