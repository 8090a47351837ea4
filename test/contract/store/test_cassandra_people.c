// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Many processes at once: who writes profiles and claims emails, some killed on the way; and who makes the schema.
#include "engines.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/random.h"
#include "cassandra_fixture.h"
#include "store/cassandra/cassandra.h"
#include "store/cassandra/tables.h"

#define WRITERS 4
#define ROUNDS 40
#define PEOPLE 6
#define EMAILS 4

static int setup(void **state) {
    return fixture_setup(state, "cassandra");
}

static pid_t start(const char *task, int number) {
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        char text[16];
        snprintf(text, sizeof text, "%d", number);
        char *arguments[] = {"/proc/self/exe", (char *)task, text, NULL};
        execv(arguments[0], arguments);
        _exit(9);
    }
    return child;
}

static int finish(pid_t child) {
    int result = 0;
    assert_int_equal(waitpid(child, &result, 0), child);
    return result;
}

// --- Profiles -----------------------------------------------------------------------------------------------------------

static struct str person(char text[16], uint64_t i) {
    snprintf(text, 16, "p%d", (int)i);
    return str_from_c(text);
}

static struct str email(char text[32], uint64_t i) {
    snprintf(text, 32, "%d@example.org", (int)i);
    return str_from_c(text);
}

// One change of a random person: another email, none, or gone. 0: nothing was wrong.
static int change_one(struct store *store, struct random_source *random) {
    char id[16];
    char address[32];
    struct store_profile profile = {.id = person(id, random_below(random, PEOPLE)),
                                    .traits = STR("{}"),
                                    .created_ms = 1,
                                    .updated_ms = 1};
    uint64_t what = random_below(random, 10);
    enum status status = STATUS_OK;
    if (what == 0) {
        status = store_profile_delete(store, PROJECT, profile.id, STORE_EXPECT_ANY, 0);
    } else {
        profile.email = what == 1 ? STR_EMPTY : email(address, random_below(random, EMAILS));
        status = store_profile_put(store, PROJECT, &profile, STORE_EXPECT_ANY, 0, NULL);
    }
    if (status != STATUS_OK && status != STATUS_CONFLICT && status != STATUS_NOT_FOUND &&
        status != STATUS_UNAVAILABLE) {
        fprintf(stderr, "change: %s\n", status_name(status));
        return 1;
    }
    return 0;
}

static int change_profiles(int number) {
    struct random_seeded random;
    struct store *store = cassandra_fixture_open();
    random_seeded_init(&random, (uint64_t)number);
    bool dies = number % 2 == 1; // every other one is killed within a change
    for (int i = 0; i < ROUNDS; i++) {
        if (dies && i == ROUNDS / 2 + number) {
            // Some microseconds later, by another process, so that it is in the middle of something.
            pid_t parent = getpid();
            if (fork() == 0) {
                volatile unsigned spin = (unsigned)random_below(&random.source, 20000000);
                while (spin > 0) {
                    spin--;
                }
                kill(parent, SIGKILL);
                _exit(0);
            }
            for (;;) {
                (void)change_one(store, &random.source);
            }
        }
        if (change_one(store, &random.source) != 0) {
            return 1;
        }
    }
    store_close(store);
    return 0;
}

// No email is two people's, and whoever has one is found by it.
static void expect_unique(struct fixture *f) {
    struct store_profile *profiles = NULL;
    size_t count = 0;
    bool more = false;
    assert_ok(
        store_profile_list(f->store, PROJECT, STR_EMPTY, 100, &f->arena, &profiles, &count, &more));
    for (size_t i = 0; i < count; i++) {
        if (profiles[i].email.data == NULL) {
            continue;
        }
        struct str id;
        assert_ok(store_profile_find_email(f->store, PROJECT, profiles[i].email, &f->arena, &id));
        assert_true(str_equal(id, profiles[i].id));
        for (size_t j = 0; j < i; j++) {
            assert_false(profiles[j].email.data != NULL &&
                         str_equal(profiles[i].email, profiles[j].email));
        }
    }
}

static void an_email_is_one_persons_whoever_dies(void **state) {
    struct fixture *f = *state;
    pid_t children[WRITERS];
    for (int i = 0; i < WRITERS; i++) {
        children[i] = start("profiles", i);
    }
    for (int i = 0; i < WRITERS; i++) {
        int result = finish(children[i]);
        assert_true(i % 2 == 1 ? WIFSIGNALED(result) : result == 0);
    }
    expect_unique(f);
    // What the dead left does not stand in anybody's way: everyone is let go, and each email goes to somebody new.
    char id[16];
    char address[32];
    for (uint64_t i = 0; i < PEOPLE; i++) {
        enum status status =
            store_profile_delete(f->store, PROJECT, person(id, i), STORE_EXPECT_ANY, 0);
        assert_true(status == STATUS_OK || status == STATUS_NOT_FOUND);
    }
    for (uint64_t i = 0; i < EMAILS; i++) {
        struct store_profile profile = {
            .id = person(id, 100 + i), .email = email(address, i), .traits = STR("{}")};
        assert_ok(store_profile_put(f->store, PROJECT, &profile, STORE_EXPECT_ABSENT, 0, NULL));
    }
    expect_unique(f);
}

// Claims that were never followed by a profile, and of profiles that have another email by now.
static void an_orphan_claim_is_taken_over(void **state) {
    struct fixture *f = *state;
    struct cql_session *session = cassandra_fixture_session();
    struct store_profile ann = {.id = STR("ann"), .email = STR("a@x"), .traits = STR("{}")};
    assert_ok(store_profile_put(f->store, PROJECT, &ann, STORE_EXPECT_ANY, 0, NULL));
    cassandra_fixture_run(session, "INSERT INTO #users_by_email (project, email, user_id, claim) "
                                   "VALUES ('shop', 'b@x', 'ann', uuid()) IF NOT EXISTS");
    cassandra_fixture_run(session, "INSERT INTO #users_by_email (project, email, user_id, claim) "
                                   "VALUES ('shop', 'c@x', 'nobody', uuid()) IF NOT EXISTS");
    struct str id;
    assert_status(store_profile_find_email(f->store, PROJECT, STR("b@x"), &f->arena, &id),
                  STATUS_NOT_FOUND);
    struct store_profile bob = {.id = STR("bob"), .email = STR("b@x"), .traits = STR("{}")};
    assert_ok(store_profile_put(f->store, PROJECT, &bob, STORE_EXPECT_ANY, 0, NULL));
    struct store_profile cid = {.id = STR("cid"), .email = STR("c@x"), .traits = STR("{}")};
    assert_ok(store_profile_put(f->store, PROJECT, &cid, STORE_EXPECT_ANY, 0, NULL));
    expect_unique(f);
    // Ann's own profile goes on as before.
    ann.email = STR("d@x");
    assert_ok(store_profile_put(f->store, PROJECT, &ann, STORE_EXPECT_VERSION, 1, NULL));
    expect_unique(f);
    cql_session_close(session);
}

static int raise_version(int number) {
    struct store *store = cassandra_fixture_open();
    struct arena arena;
    int wins = 0;
    (void)number;
    arena_init(&arena, 4096, 0);
    while (wins < ROUNDS) {
        struct store_profile profile;
        arena_reset(&arena);
        enum status status = store_profile_get(store, PROJECT, STR("shared"), &arena, &profile);
        if (status == STATUS_OK) {
            status = store_profile_put(store, PROJECT, &profile, STORE_EXPECT_VERSION,
                                       profile.version, NULL);
        }
        wins += status == STATUS_OK ? 1 : 0;
        if (status != STATUS_OK && status != STATUS_PRECONDITION) {
            fprintf(stderr, "raise: %s\n", status_name(status));
            return 1;
        }
    }
    arena_free(&arena);
    store_close(store);
    return 0;
}

static void no_update_of_any_process_is_lost(void **state) {
    struct fixture *f = *state;
    struct store_profile profile = {.id = STR("shared"), .traits = STR("{}")};
    assert_ok(store_profile_put(f->store, PROJECT, &profile, STORE_EXPECT_ANY, 0, NULL));
    pid_t children[WRITERS];
    for (int i = 0; i < WRITERS; i++) {
        children[i] = start("version", i);
    }
    for (int i = 0; i < WRITERS; i++) {
        assert_int_equal(finish(children[i]), 0);
    }
    assert_ok(store_profile_get(f->store, PROJECT, STR("shared"), &f->arena, &profile));
    assert_int_equal(profile.version, 1 + WRITERS * ROUNDS);
}

// --- Answers that are lost -------------------------------------------------------------------------------------------------

static struct fixture *crowd; // writes while an answer is lost; NULL: none is
#define CROWD_WRITES 100

static void let_the_crowd_write(struct fixture *f) {
    for (int i = 0; i < CROWD_WRITES; i++) {
        struct store_profile profile = {.id = STR("shared"), .traits = STR("{\"by\":\"crowd\"}")};
        assert_ok(store_profile_put(f->store, PROJECT, &profile, STORE_EXPECT_ANY, 0, NULL));
    }
}

enum status __real_cassandra_decide(struct cassandra_store *store, enum statement statement,
                                    const struct cql_values *values, bool *applied, bool *unknown);
enum status __wrap_cassandra_decide(struct cassandra_store *store, enum statement statement,
                                    const struct cql_values *values, bool *applied, bool *unknown);
enum status __wrap_cassandra_decide(struct cassandra_store *store, enum statement statement,
                                    const struct cql_values *values, bool *applied, bool *unknown) {
    enum status status = __real_cassandra_decide(store, statement, values, applied, unknown);
    struct fixture *f = crowd;
    if (f == NULL || statement != STATEMENT_PROFILE_PUT) {
        return status;
    }
    crowd = NULL;
    let_the_crowd_write(f);
    *applied = false;
    *unknown = true;
    return STATUS_UNAVAILABLE;
}

static void a_lost_answer_is_found_behind_many_others(void **state) {
    struct fixture *f = *state;
    struct store_profile profile = {.id = STR("shared"), .traits = STR("{}")};
    for (int round = 0; round < 3; round++) { // names of writers are used again
        uint64_t before = (uint64_t)round * (CROWD_WRITES + 1);
        crowd = f;
        assert_ok(store_profile_put(f->store, PROJECT, &profile,
                                    round == 0 ? STORE_EXPECT_ABSENT : STORE_EXPECT_VERSION, before,
                                    NULL));
        assert_int_equal(profile.version, before + 1);
        assert_ok(store_profile_get(f->store, PROJECT, STR("shared"), &f->arena, &profile));
        assert_int_equal(profile.version, before + 1 + CROWD_WRITES);
    }
}

// --- The schema -------------------------------------------------------------------------------------------------------------

#define SCHEMA_KEYSPACE "footfall_contract_schema"

static enum status open_schema(bool create, struct store **out, struct error *err) {
    struct store_cassandra_config config = cassandra_fixture_config();
    config.keyspace = STR(SCHEMA_KEYSPACE);
    config.create_schema = create;
    return store_open_cassandra(&config, out, err);
}

static int make_schema(int number) {
    struct store *store = NULL;
    struct error err = {0};
    enum status status = STATUS_UNAVAILABLE;
    (void)number;
    // As processes do: a node that has not yet taken in what another process just made says that it is at fault.
    for (int tries = 0; tries < 20 && status == STATUS_UNAVAILABLE; tries++) {
        status = open_schema(true, &store, &err);
    }
    if (status != STATUS_OK) {
        fprintf(stderr, "schema: %s\n", err.text);
        return 1;
    }
    store_close(store);
    return 0;
}

static void of_many_processes_one_makes_the_schema(void **state) {
    (void)state;
    struct cql_session *session = cassandra_fixture_session();
    cassandra_fixture_run(session, "DROP KEYSPACE IF EXISTS " SCHEMA_KEYSPACE);
    struct store *store = NULL;
    struct error err = {0};
    assert_status(open_schema(false, &store, &err), STATUS_NOT_FOUND);
    assert_non_null(strstr(err.text, "has no tables"));
    pid_t children[WRITERS];
    for (int i = 0; i < WRITERS; i++) {
        children[i] = start("schema", i);
    }
    for (int i = 0; i < WRITERS; i++) {
        assert_int_equal(finish(children[i]), 0);
    }
    assert_ok(open_schema(false, &store, &err));
    struct store_project project = {STR("shop"), STR(""), STR("UTC"), 1};
    assert_ok(store_project_put(store, &project));
    store_close(store);
    cassandra_fixture_run(session, "INSERT INTO " SCHEMA_KEYSPACE
                                   ".schema_version (name, version) VALUES ('schema', 99)");
    assert_status(open_schema(true, &store, &err), STATUS_UNSUPPORTED);
    assert_non_null(strstr(err.text, "99"));
    cassandra_fixture_run(session, "DROP KEYSPACE " SCHEMA_KEYSPACE);
    cql_session_close(session);
}

// Tables as the release of that version made them, with rows of its time.
static void make_tables_of(struct cql_session *session, int32_t version) {
    char expanded[2048];
    struct error err = {0};
    cassandra_fixture_run(session, "DROP KEYSPACE IF EXISTS " SCHEMA_KEYSPACE);
    cassandra_fixture_run(session,
                          "CREATE KEYSPACE IF NOT EXISTS " SCHEMA_KEYSPACE " WITH replication = "
                          "{'class': 'SimpleStrategy', 'replication_factor': 1}");
    assert_ok(cql_await_schema_agreement(session, 30000, &err));
    for (int32_t from = -1; from < version; from++) {
        static const char *const first[] = {tables_version, NULL};
        for (const char *const *at = from < 0 ? first : tables_step(from); *at != NULL; at++) {
            struct buffer text;
            buffer_init_fixed(&text, expanded, sizeof expanded - 1);
            tables_expand(&text, *at, SCHEMA_KEYSPACE);
            assert_ok(buffer_status(&text));
            expanded[text.len] = '\0';
            cassandra_fixture_run(session, expanded);
            assert_ok(cql_await_schema_agreement(session, 30000, &err));
        }
    }
    snprintf(expanded, sizeof expanded,
             "INSERT INTO " SCHEMA_KEYSPACE ".schema_version (name, version) VALUES ('schema', %d)",
             (int)version);
    cassandra_fixture_run(session, expanded);
    cassandra_fixture_run(
        session, "INSERT INTO " SCHEMA_KEYSPACE ".accounts (realm, email, password_hash, role, "
                 "project, created) VALUES ('all', 'ada@example.org', 'hash', 'admin', '', 1)");
    cassandra_fixture_run(session, "INSERT INTO " SCHEMA_KEYSPACE
                                   ".projects (realm, id, name, time_zone, created) "
                                   "VALUES ('all', 'shop', 'Shop', 'Europe/Berlin', 1)");
}

static void a_keyspace_of_any_older_version_is_taken_on(void **state) {
    struct fixture *f = *state;
    struct cql_session *session = cassandra_fixture_session();
    for (int32_t version = 1; version < CASSANDRA_SCHEMA_VERSION; version++) {
        make_tables_of(session, version);
        struct store *store = NULL;
        struct error err = {0};
        assert_status(open_schema(false, &store, &err), STATUS_UNSUPPORTED);
        assert_non_null(strstr(err.text, "older version"));
        assert_ok(open_schema(true, &store, &err));

        struct store_account *accounts = NULL;
        struct store_project *projects = NULL;
        size_t count = 0;
        assert_ok(store_accounts(store, &f->arena, &accounts, &count));
        assert_int_equal(count, 1);
        assert_str(accounts[0].password_hash, "hash");
        assert_false(accounts[0].disabled);
        assert_int_equal(accounts[0].version, 0);
        struct store_account changed = accounts[0];
        changed.version = 1;
        changed.disabled = true;
        assert_ok(store_account_replace(store, &changed, 0));
        assert_ok(store_projects(store, &f->arena, &projects, &count));
        assert_int_equal(count, 1);
        assert_str(projects[0].time_zone, "Europe/Berlin");
        struct store_profile profile = {.id = STR("u1"), .traits = STR("{}")};
        assert_ok(store_profile_put(store, STR("shop"), &profile, STORE_EXPECT_ABSENT, 0, NULL));
        store_close(store);
        assert_ok(open_schema(false, &store, &err));
        store_close(store);
    }
    cassandra_fixture_run(session, "DROP KEYSPACE " SCHEMA_KEYSPACE);
    cql_session_close(session);
}

// Windows of time would drop a whole file by the stamps in it, and stamps are offsets; and rows that end by themselves would come back when
// the log is read again, unless that is said of the table here.
static void tables_keep_what_is_stamped(void **state) {
    (void)state;
    struct cql_session *session = cassandra_fixture_session();
    struct cql_result *tables = cassandra_fixture_query(
        session, "SELECT table_name, default_time_to_live, compaction FROM system_schema.tables "
                 "WHERE keyspace_name = 'footfall_contract'");
    struct cql_value columns[3];
    unsigned count = 0;
    while (cql_result_next(tables, columns, 3) == STATUS_OK) {
        struct str name = columns[0].bytes;
        bool windows = false;
        struct str compaction = columns[2].bytes;
        for (size_t at = 0; at < compaction.len; at++) {
            windows =
                windows || str_starts_with(str_make(compaction.data + at, compaction.len - at),
                                           STR("org.apache.cassandra.db.compaction.TimeWindow"));
        }
        bool timeline = str_equal(name, STR("activity_by_actor"));
        bool ends = str_equal(name, STR("journal")) || str_equal(name, STR("usage")) ||
                    str_equal(name, STR("deliveries"));
        int32_t seconds = 0;
        assert_ok(cql_get_int(columns[1], &seconds));
        if (windows != timeline || (seconds != 0) != ends) {
            fail_msg("%.*s: windows %d, time to live %d", STR_ARG(name), (int)windows,
                     (int)seconds);
        }
        count++;
    }
    assert_true(count > 10);
    cql_result_free(tables);
    cql_session_close(session);
}

static void what_is_wrong_is_said(void **state) {
    (void)state;
    struct store_cassandra_config config = cassandra_fixture_config();
    struct store *store = NULL;
    struct error err = {0};
    config.keyspace = STR("no-good");
    assert_status(store_open_cassandra(&config, &store, &err), STATUS_INVALID);
    config.keyspace = STR("footfall_contract");
    config.contact_points = STR("127.0.0.1:1");
    assert_status(store_open_cassandra(&config, &store, &err), STATUS_UNAVAILABLE);
    assert_non_null(strstr(err.text, "127.0.0.1"));
}

// --- What a doctor is told ----------------------------------------------------------------------------------------------

static void note_finding(const struct store_finding *finding, void *context) {
    char *text = context;
    size_t len = strlen(text);
    assert_true(finding->text.len > 0);
    snprintf(text + len, 1024 - len, " %.*s=%d", STR_ARG(finding->subject), (int)finding->severity);
}

static void a_cluster_is_looked_at(void **state) {
    (void)state;
    struct store_cassandra_config config = cassandra_fixture_config();
    struct error err = {0};
    char text[1024] = "";
    assert_ok(store_cassandra_check(&config, note_finding, text, &err));
    assert_non_null(strstr(text, " version=0"));
    assert_non_null(strstr(text, " schema=0"));
    assert_non_null(strstr(text, " replication="));
    assert_non_null(strstr(text, " commitlog_sync="));
    assert_non_null(strstr(text, " clock="));
    assert_null(strstr(text, " timestamps="));
    text[0] = '\0';
    config.keyspace = STR("footfall_contract_none");
    assert_ok(store_cassandra_check(&config, note_finding, text, &err));
    assert_non_null(strstr(text, " schema=1"));
    config.contact_points = STR("127.0.0.1:1");
    assert_status(store_cassandra_check(&config, note_finding, text, &err), STATUS_UNAVAILABLE);
}

int main(int argc, char **argv) {
    if (argc == 3) {
        int number = (int)strtol(argv[2], NULL, 10);
        return strcmp(argv[1], "profiles") == 0  ? change_profiles(number)
               : strcmp(argv[1], "version") == 0 ? raise_version(number)
                                                 : make_schema(number);
    }
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(an_email_is_one_persons_whoever_dies),
        TEST(an_orphan_claim_is_taken_over),
        TEST(no_update_of_any_process_is_lost),
        TEST(a_lost_answer_is_found_behind_many_others),
        cmocka_unit_test(of_many_processes_one_makes_the_schema),
        TEST(a_keyspace_of_any_older_version_is_taken_on),
        TEST(tables_keep_what_is_stamped),
        cmocka_unit_test(what_is_wrong_is_said),
        TEST(a_cluster_is_looked_at),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
