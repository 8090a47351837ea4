// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What a first start makes, and how it says so.
#include "app/first_start.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json_write.h"
#include "base/log.h"
#include "base/timezone.h"
#include "client/client.h"

static enum status make_project(const struct gateway_admin *admin, struct str time_zone, bool *made,
                                struct error *err) {
    struct timezone_rules *rules = NULL;
    enum status status = timezone_load(time_zone, &rules, err);
    if (status != STATUS_OK) {
        return status;
    }
    timezone_free(rules);
    struct store_project project = {.id = STR(APP_FIRST_PROJECT),
                                    .name = STR("Default"),
                                    .time_zone = time_zone,
                                    .created_ms = admin->clock->wall_ms(admin->clock)};
    status = store_project_put(admin->store, &project);
    *made = *made || status == STATUS_OK;
    if (status == STATUS_OK) {
        status = auth_keyring_add_project(admin->keyring, project.id);
    }
    return status == STATUS_OK || status == STATUS_EXISTS
               ? STATUS_OK
               : error_set(err, status, "project: could not be stored: %s", status_text(status));
}

struct key_wish {
    const char *variable; // of the environment: a key given beforehand
    const char *role;
    const char *first_id; // of the one made at the first start of a shared store
};
static const struct key_wish write_wish = {"FOOTFALL_WRITE_KEY", "write", "key_first_write"};
static const struct key_wish api_wish = {"FOOTFALL_API_KEY", "admin", "key_first_api"};

// The same for whoever makes the same key, so that it is made once.
static struct str shared_id(const struct key_wish *wish, const char *fixed,
                            char out[AUTH_KEY_ID_MAX + 1]) {
    char hash[65];
    (void)snprintf(out, AUTH_KEY_ID_MAX + 1, "%s", wish->first_id);
    if (fixed) {
        auth_key_hash(str_from_c(fixed), hash);
        (void)snprintf(out, AUTH_KEY_ID_MAX + 1, "key_given_%.32s", hash);
    }
    return str_from_c(out);
}

// Without a key given beforehand one is made only when `needed`. text stays empty when the key was there before.
static enum status ensure_key(const struct gateway_admin *admin, const struct key_wish *wish,
                              bool needed, bool shared, char text[AUTH_KEY_TEXT_MAX],
                              struct error *err) {
    const char *fixed = getenv(wish->variable);
    if (text[0] || (!fixed && !needed)) {
        return STATUS_OK;
    }
    char id[AUTH_KEY_ID_MAX + 1];
    struct gateway_key_request request = {
        .project = wish == &write_wish ? STR(APP_FIRST_PROJECT) : STR(""),
        .role = str_from_c(wish->role),
        .label = fixed ? STR("from the environment") : STR("first start"),
        .fixed = str_from_c(fixed),
        .id = shared ? shared_id(wish, fixed, id) : STR_EMPTY,
    };
    char made[AUTH_KEY_ID_MAX + 1];
    enum status status = gateway_make_key(admin, &request, made, text, err);
    if (status != STATUS_OK) {
        text[0] = '\0';
    }
    if (status == STATUS_EXISTS && (fixed || shared)) {
        return STATUS_OK;
    }
    return status == STATUS_INVALID ? error_set(err, STATUS_INVALID, "%s: 8 to %d bytes are needed",
                                                wish->variable, AUTH_KEY_TEXT_MAX - 1)
                                    : status;
}

struct account_work {
    struct work work; // first member
    struct store *store;
    int64_t created_ms;
    char password[AUTH_KEY_TEXT_MAX];
};

static void store_account(struct work *work) {
    struct account_work *account = (struct account_work *)(void *)work;
    char hash[128];
    enum status status = auth_password_hash(str_from_c(account->password), hash);
    if (status == STATUS_OK) {
        struct store_account row = {.email = STR(APP_FIRST_ACCOUNT),
                                    .password_hash = str_from_c(hash),
                                    .role = STR("admin"),
                                    .project = STR(""),
                                    .name = STR(""),
                                    .created_ms = account->created_ms,
                                    .version = account->created_ms};
        status = store_account_put(account->store, &row);
    }
    if (status != STATUS_OK && status != STATUS_EXISTS) {
        LOG_ERROR("app", "the admin account could not be stored; start again to repeat it",
                  LOG_CSTR("status", status_text(status)));
    }
    sodium_memzero(account->password, sizeof account->password);
    free(account);
}

enum status app_store_account(const struct gateway_admin *admin, struct workers *workers,
                              const struct app_credentials *credentials, struct error *err) {
    if (!credentials->password[0]) {
        return STATUS_OK;
    }
    struct account_work *account = calloc(1, sizeof *account);
    if (!account) {
        return error_set(err, STATUS_NO_MEMORY, "account: out of memory");
    }
    account->work.run = store_account;
    account->store = admin->store;
    account->created_ms = admin->clock->wall_ms(admin->clock);
    (void)snprintf(account->password, sizeof account->password, "%s", credentials->password);
    enum status status = workers_submit(workers, &account->work);
    if (status != STATUS_OK) {
        free(account);
        return error_set(err, status, "account: %s", status_text(status));
    }
    return STATUS_OK;
}

static enum status write_file(const char *path, struct str content, struct error *err) {
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        return error_set(err, STATUS_IO, "%s: %s", path, strerror(errno));
    }
    bool written = fchmod(fd, 0600) == 0 &&
                   write(fd, content.data, content.len) == (ssize_t)content.len && fsync(fd) == 0;
    int reason = errno;
    if (close(fd) != 0 || !written) {
        return error_set(err, STATUS_IO, "%s: could not be written: %s", path, strerror(reason));
    }
    return STATUS_OK;
}

static enum status write_credentials(const char *path, const struct app_credentials *credentials,
                                     struct error *err) {
    struct buffer text;
    buffer_init(&text, 4096);
    struct json_writer writer;
    json_writer_init(&writer, &text);
    json_begin_object(&writer);
    json_member_string(&writer, STR("project"), STR(APP_FIRST_PROJECT));
    json_member_string(&writer, STR("writeKey"), str_from_c(credentials->write_key));
    json_member_string(&writer, STR("apiKey"), str_from_c(credentials->api_key));
    json_member_string(&writer, STR("email"), STR(APP_FIRST_ACCOUNT));
    json_member_string(&writer, STR("password"), str_from_c(credentials->password));
    json_end_object(&writer);
    buffer_append_char(&text, '\n');
    enum status status = json_writer_status(&writer);
    status = status == STATUS_OK ? write_file(path, buffer_str(&text), err)
                                 : error_set(err, status, "%s: %s", path, status_text(status));
    if (text.data) {
        sodium_memzero(text.data, text.capacity);
    }
    buffer_free(&text);
    return status;
}

static enum status choose_password(const struct gateway_admin *admin, char out[AUTH_KEY_TEXT_MAX],
                                   struct error *err) {
    const char *fixed = getenv("FOOTFALL_ADMIN_PASSWORD");
    if (!fixed) {
        auth_make_password(admin->random, out);
        return STATUS_OK;
    }
    if (strlen(fixed) < 8 || strlen(fixed) >= AUTH_KEY_TEXT_MAX) {
        return error_set(err, STATUS_INVALID, "FOOTFALL_ADMIN_PASSWORD: 8 to %d bytes are needed",
                         AUTH_KEY_TEXT_MAX - 1);
    }
    (void)snprintf(out, AUTH_KEY_TEXT_MAX, "%s", fixed);
    return STATUS_OK;
}

// A first start that ended before the account was stored left its password in the file.
static enum status recall_password(struct store *store, const char *path,
                                   char out[AUTH_KEY_TEXT_MAX], struct error *err) {
    struct arena arena;
    arena_init(&arena, 4096, 0);
    struct store_account *accounts = NULL;
    size_t count = 0;
    enum status status = store_accounts(store, &arena, &accounts, &count);
    arena_free(&arena);
    if (status != STATUS_OK) {
        return error_set(err, status, "accounts: cannot be read: %s", status_text(status));
    }
    struct client_target kept = {.url = ""};
    bool found = false;
    if (count == 0) {
        status = client_read_credentials(path, &kept, &found, err);
    }
    if (status == STATUS_OK && found) {
        (void)snprintf(out, AUTH_KEY_TEXT_MAX, "%.*s", AUTH_KEY_TEXT_MAX - 1, kept.password);
    }
    sodium_memzero(&kept, sizeof kept);
    return status;
}

// Of a shared store: another process was first, or a first start ended before it wrote the file.
static bool came_second(const struct app_first_start_config *config,
                        const struct app_credentials *credentials) {
    if (!config->shared || credentials->project_made || credentials->write_key[0] ||
        credentials->api_key[0]) {
        return false;
    }
    LOG_INFO("app",
             "project and keys are there already; they are in the credentials.json of whoever "
             "made them, and FOOTFALL_API_KEY adds a key of your own");
    return true;
}

enum status app_first_start(const struct gateway_admin *admin,
                            const struct app_first_start_config *config,
                            struct app_credentials *out, struct error *err) {
    // A start that was cut off half-way left no credentials file: it is repeated with new keys.
    enum status status = make_project(admin, config->time_zone, &out->project_made, err);
    out->first = access(config->path, F_OK) != 0;
    if (status == STATUS_OK) {
        status = ensure_key(admin, &write_wish, out->first, config->shared, out->write_key, err);
    }
    if (status == STATUS_OK) {
        status = ensure_key(admin, &api_wish, out->first, config->shared, out->api_key, err);
    }
    if (status != STATUS_OK) {
        return status;
    }
    if (out->first && came_second(config, out)) {
        out->first = false;
        return STATUS_OK;
    }
    if (!out->first) {
        return recall_password(admin->store, config->path, out->password, err);
    }
    status = choose_password(admin, out->password, err);
    return status == STATUS_OK ? write_credentials(config->path, out, err) : status;
}

void app_print_credentials(const struct app_credentials *credentials, const char *path,
                           const char *url) {
    if (!credentials->first) {
        return;
    }
    (void)printf(
        "\nFootfall is ready at %s. This is its first start; these are shown once and kept in %s:\n\n"
        "  project    %s\n  write key  %s   (public: goes into web pages and apps, may only send)\n"
        "  API key    %s   (secret, role admin)\n  account    %s / %s\n\n"
        "Send a first event and look at it:\n\n"
        "  curl -s %s/activities -u %s: -d '{\"type\":\"login\",\"userId\":\"u1\"}'\n"
        "  curl -s %s/users/u1/activities -H 'Authorization: Bearer %s'\n\n",
        url, path, APP_FIRST_PROJECT, credentials->write_key, credentials->api_key,
        APP_FIRST_ACCOUNT, credentials->password, url, credentials->write_key, url,
        credentials->api_key);
    (void)fflush(stdout);
}
