// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Administration of accounts. Whatever is changed of one ends its sessions: tokens name the version they were made from.
#include <stdio.h>

#include "base/log.h"
#include "gateway/private.h"
#include "gateway/tokens_private.h"
#include "http/problem.h"
#include "http/query.h"

#define EMAIL_MAX 200
#define PASSWORD_MIN 8

enum member { EMAIL, NAME, ROLE, PROJECT, PASSWORD, MEMBERS };
static const char *const names[MEMBERS] = {"email", "name", "role", "project", "password"};

struct wish {
    struct str values[MEMBERS]; // data NULL: not given
    bool has_disabled, disabled;
    struct store_account old; // of a change
};

// --- What is asked ------------------------------------------------------------------------------------------------------
static bool read_member(struct http_exchange *exchange, const struct json_value *member,
                        struct wish *wish) {
    if (str_equal(member->key, STR("disabled")) &&
        (member->type == JSON_TRUE || member->type == JSON_FALSE)) {
        wish->has_disabled = true;
        wish->disabled = member->type == JSON_TRUE;
        return true;
    }
    for (size_t i = 0; i < MEMBERS; i++) {
        if (!str_equal(member->key, str_from_c(names[i]))) {
            continue;
        }
        bool none = i == PROJECT && member->type == JSON_NULL; // every project
        if ((!json_is_string(member) && !none) || member->text.len > EMAIL_MAX ||
            (member->text.len > 0 && memchr(member->text.data, '\0', member->text.len))) {
            break;
        }
        wish->values[i] = member->text.len > 0 ? member->text : STR("");
        return true;
    }
    http_reply_problemf(exchange, 400,
                        "\"%.*s\": email, name, role, project and password are texts of at most "
                        "%d bytes, disabled is true or false; there is nothing else.",
                        STR_ARG(member->key), EMAIL_MAX);
    return false;
}

static bool read_wish(struct http_exchange *exchange, struct wish *wish) {
    const struct json_value *root = gateway_read_object(exchange, 32);
    *wish = (struct wish){.has_disabled = false};
    if (!root) {
        return false;
    }
    for (const struct json_value *member = root->child; member; member = member->next) {
        if (!read_member(exchange, member, wish)) {
            return false;
        }
    }
    return true;
}

static bool may_manage(const struct http_exchange *exchange, struct str project) {
    const struct auth_principal *principal = exchange->principal;
    return !principal->project[0] || str_equal(str_from_c(principal->project), project);
}

static bool check_wish(struct http_exchange *exchange, const struct gateway_tokens *tokens,
                       const struct wish *wish) {
    const struct str *values = wish->values;
    enum auth_role role = AUTH_ROLE_NONE;
    const char *problem = NULL;
    if (values[ROLE].data &&
        (!auth_role_from_name(values[ROLE], &role) || role < AUTH_ROLE_VIEWER)) {
        problem = "\"role\": viewer, editor or admin is needed.";
    } else if (values[PASSWORD].data && values[PASSWORD].len < PASSWORD_MIN) {
        problem = "\"password\": at least 8 bytes are needed.";
    } else if (values[PROJECT].len > 0 &&
               !auth_keyring_has_project(tokens->config.keyring, values[PROJECT])) {
        problem = "\"project\": there is no such project.";
    } else if (values[PROJECT].data && !may_manage(exchange, values[PROJECT])) {
        problem = "\"project\": an administrator of one project gives accounts for that one.";
    }
    if (problem) {
        http_reply_problem(exchange, 400, str_from_c(problem));
    }
    return !problem;
}

// --- Replies --------------------------------------------------------------------------------------------------------------
static void write_account(struct json_writer *writer, const struct store_account *account) {
    json_begin_object(writer);
    json_member_string(writer, STR("email"), account->email);
    json_member_string(writer, STR("name"), account->name.data ? account->name : STR(""));
    json_member_string(writer, STR("role"), account->role);
    json_member_string_or_null(writer, STR("project"),
                               account->project.len > 0 ? account->project : STR_EMPTY);
    json_member_bool(writer, STR("disabled"), account->disabled);
    json_member_time(writer, STR("createdAt"), account->created_ms);
    json_end_object(writer);
}

static void reply_account(struct http_exchange *exchange, unsigned status,
                          const struct store_account *account) {
    struct json_writer writer;
    json_writer_init(&writer, http_reply_body(exchange));
    write_account(&writer, account);
    http_reply_send(exchange, status, "application/json");
}

static void reply_failure(struct http_exchange *exchange, enum status status) {
    switch ((int)status) {
    case STATUS_NOT_FOUND:
        http_reply_problem(exchange, 404, STR("There is no account with this email."));
        break;
    case STATUS_EXISTS:
        http_reply_problem(exchange, 409, STR("An account with this email exists already."));
        break;
    case STATUS_PRECONDITION:
        http_reply_problem(exchange, 409, STR("Somebody else changed this account just now."));
        break;
    default:
        http_reply_header(exchange, "Retry-After", STR("1"));
        http_reply_problem(exchange, 503, STR("Accounts cannot be reached now."));
    }
}

// That of the path, if the principal may know of it.
static enum status find(struct http_exchange *exchange, struct gateway_tokens *tokens,
                        struct store_account *out) {
    struct str email = gateway_account_email(&exchange->arena, exchange->parameters[0]);
    enum status status =
        email.data ? gateway_account_find(tokens, &exchange->arena, email, out) : STATUS_NO_MEMORY;
    return status == STATUS_OK && !may_manage(exchange, out->project) ? STATUS_NOT_FOUND : status;
}

// --- Reading ------------------------------------------------------------------------------------------------------------
void gateway_accounts_list(struct http_exchange *exchange, void *context) {
    struct gateway_tokens *tokens = context;
    struct store_account *accounts = NULL;
    size_t count = 0;
    if (!http_query_read(exchange, NULL, NULL, 0)) {
        return;
    }
    enum status status = store_accounts(tokens->config.store, &exchange->arena, &accounts, &count);
    if (status != STATUS_OK) {
        reply_failure(exchange, status);
        return;
    }
    struct json_writer writer;
    json_writer_init(&writer, http_reply_body(exchange));
    json_begin_list(&writer);
    for (size_t i = 0; i < count; i++) {
        if (may_manage(exchange, accounts[i].project)) {
            write_account(&writer, &accounts[i]);
        }
    }
    json_end_list(&writer, STR_EMPTY);
    http_reply_send(exchange, 200, "application/json");
}

void gateway_accounts_get(struct http_exchange *exchange, void *context) {
    struct gateway_tokens *tokens = context;
    struct store_account account;
    if (!http_query_read(exchange, NULL, NULL, 0)) {
        return;
    }
    enum status status = find(exchange, tokens, &account);
    if (status == STATUS_OK) {
        reply_account(exchange, 200, &account);
    } else {
        reply_failure(exchange, status);
    }
}

// Of a change that the store has taken, or not.
static void conclude(struct http_exchange *exchange, struct gateway_tokens *tokens,
                     enum status status, unsigned success, const struct store_account *account) {
    if (status != STATUS_OK) {
        reply_failure(exchange, status);
        return;
    }
    gateway_tokens_reload(tokens);
    exchange->subject = account->email;
    reply_account(exchange, success, account);
}

// --- Making -------------------------------------------------------------------------------------------------------------
static bool is_email(struct str email) {
    const char *at = email.len > 0 ? memchr(email.data, '@', email.len) : NULL;
    return at && at > email.data && at < email.data + email.len - 1;
}

static void create(struct http_exchange *exchange, struct gateway_tokens *tokens, void *context) {
    const struct wish *wish = context;
    char hash[128];
    int64_t now = tokens->config.clock->wall_ms(tokens->config.clock);
    struct store_account account = {
        .email = gateway_account_email(&exchange->arena, wish->values[EMAIL]),
        .role = wish->values[ROLE],
        .project = wish->values[PROJECT].data ? wish->values[PROJECT] : STR(""),
        .name = wish->values[NAME].data ? wish->values[NAME] : STR(""),
        .disabled = wish->disabled,
        .created_ms = now,
        .version = now,
    };
    enum status status =
        account.email.data ? auth_password_hash(wish->values[PASSWORD], hash) : STATUS_NO_MEMORY;
    if (status == STATUS_OK) {
        account.password_hash = str_from_c(hash);
        status = store_account_put(tokens->config.store, &account);
    }
    conclude(exchange, tokens, status, 201, &account);
}

void gateway_accounts_create(struct http_exchange *exchange, void *context) {
    struct gateway_tokens *tokens = context;
    struct wish *wish = arena_alloc(&exchange->arena, sizeof *wish);
    const struct auth_principal *principal = exchange->principal;
    if (!wish) {
        reply_failure(exchange, STATUS_NO_MEMORY);
        return;
    }
    if (!http_query_read(exchange, NULL, NULL, 0) || !read_wish(exchange, wish)) {
        return;
    }
    if (!is_email(wish->values[EMAIL]) || !wish->values[ROLE].data ||
        !wish->values[PASSWORD].data) {
        http_reply_problem(exchange, 400, STR("email, role and password are needed."));
        return;
    }
    if (!wish->values[PROJECT].data && principal->project[0]) {
        wish->values[PROJECT] = str_from_c(principal->project);
    }
    if (check_wish(exchange, tokens, wish)) {
        gateway_tokens_hash_later(exchange, tokens, create, wish);
    }
}

// --- Changing -----------------------------------------------------------------------------------------------------------
static void change(struct http_exchange *exchange, struct gateway_tokens *tokens, void *context) {
    const struct wish *wish = context;
    const struct str *values = wish->values;
    struct store_account account = wish->old;
    char hash[128];
    int64_t now = tokens->config.clock->wall_ms(tokens->config.clock);
    enum status status = STATUS_OK;
    account.name = values[NAME].data ? values[NAME] : account.name;
    account.role = values[ROLE].data ? values[ROLE] : account.role;
    account.project = values[PROJECT].data ? values[PROJECT] : account.project;
    account.disabled = wish->has_disabled ? wish->disabled : account.disabled;
    account.version = now > account.version ? now : account.version + 1;
    if (values[PASSWORD].data) {
        status = auth_password_hash(values[PASSWORD], hash);
        account.password_hash = str_from_c(hash);
    }
    if (status == STATUS_OK) {
        status = store_account_replace(tokens->config.store, &account, wish->old.version);
    }
    conclude(exchange, tokens, status, 200, &account);
}

void gateway_accounts_change(struct http_exchange *exchange, void *context) {
    struct gateway_tokens *tokens = context;
    struct wish *wish = arena_alloc(&exchange->arena, sizeof *wish);
    if (!wish) {
        reply_failure(exchange, STATUS_NO_MEMORY);
        return;
    }
    if (!http_query_read(exchange, NULL, NULL, 0) || !read_wish(exchange, wish)) {
        return;
    }
    enum status status = find(exchange, tokens, &wish->old);
    if (status != STATUS_OK) {
        reply_failure(exchange, status);
    } else if (wish->values[EMAIL].data) {
        http_reply_problem(exchange, 400, STR("\"email\": names the account and stays."));
    } else if (check_wish(exchange, tokens, wish)) {
        if (wish->values[PASSWORD].data) {
            gateway_tokens_hash_later(exchange, tokens, change, wish);
        } else {
            change(exchange, tokens, wish);
        }
    }
}

void gateway_accounts_delete(struct http_exchange *exchange, void *context) {
    struct gateway_tokens *tokens = context;
    struct store_account account;
    if (!http_query_read(exchange, NULL, NULL, 0)) {
        return;
    }
    enum status status = find(exchange, tokens, &account);
    if (status == STATUS_OK) {
        status = store_account_delete(tokens->config.store, account.email);
    }
    if (status != STATUS_OK) {
        reply_failure(exchange, status);
        return;
    }
    gateway_tokens_reload(tokens);
    exchange->subject = account.email;
    http_reply_send(exchange, 204, NULL);
}
