// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// From entries of the settings to deliveries: what is wrong is said before anything starts.
#include "delivery/private.h"

#include <stdlib.h>
#include <string.h>

#define NAME_MAX_BYTES 64

static bool is_name(struct str text) {
    static const char others[] = "._-";
    bool good = text.len > 0 && text.len <= NAME_MAX_BYTES;
    for (size_t i = 0; i < text.len && good; i++) {
        char c = text.data[i];
        good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               (i > 0 && memchr(others, c, sizeof others - 1));
    }
    return good;
}

static enum status refuse(const struct delivery *delivery, struct error *err, const char *what) {
    return error_set(err, STATUS_INVALID, "%.*s: deliveries: \"%.*s\": %s",
                     STR_ARG(delivery->entry.origin), STR_ARG(delivery->entry.name), what);
}

static struct str behind(struct str text, size_t len) {
    return str_make(text.data + len, text.len - len);
}

static bool is_clean(struct str text) {
    for (size_t i = 0; i < text.len; i++) {
        if ((unsigned char)text.data[i] <= ' ' || text.data[i] == 0x7f) {
            return false;
        }
    }
    return text.len > 0;
}

static enum status read_target(struct delivery *delivery, const struct delivery_mail *mail,
                               struct error *err) {
    struct str to = delivery->entry.to;
    if (str_starts_with(to, STR("file:/"))) {
        delivery->target = DELIVERY_FILE;
        delivery->place = behind(to, 5);
        return STATUS_OK;
    }
    if (str_starts_with(to, STR("https://")) || str_starts_with(to, STR("http://"))) {
        delivery->target = DELIVERY_WEBHOOK;
        delivery->place = to;
        if (!is_clean(to)) {
            return refuse(delivery, err, "to: a URL has no blanks");
        }
        return delivery->entry.secret.len >= 16
                   ? STATUS_OK
                   : refuse(delivery, err, "secret: a webhook needs one of at least 16 bytes");
    }
    if (str_starts_with(to, STR("mailto:"))) {
        delivery->target = DELIVERY_MAIL;
        delivery->place = behind(to, 7);
        if (!is_clean(delivery->place)) {
            return refuse(delivery, err, "to: addresses are separated by commas alone");
        }
        return mail->url.len > 0 && mail->from.len > 0
                   ? STATUS_OK
                   : refuse(delivery, err, "mail.url and mail.from are needed to send mail");
    }
    return refuse(delivery, err, "to: file:/DIRECTORY, https://… or mailto:ADDRESS is needed");
}

static enum status copy_texts(struct arena *arena, const struct delivery_entry *from,
                              struct delivery_entry *to) {
    struct str *const texts[] = {&to->name,     &to->report, &to->format, &to->project,
                                 &to->schedule, &to->to,     &to->secret, &to->origin};
    struct str *parameters =
        arena_alloc_array(arena, from->parameter_count + 1, sizeof *parameters);
    bool whole = parameters != NULL;
    *to = *from;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        *texts[i] = arena_copy(arena, *texts[i]);
        whole = whole && texts[i]->data;
    }
    for (size_t i = 0; i < from->parameter_count && whole; i++) {
        parameters[i] = arena_copy(arena, from->parameters[i]);
        whole = parameters[i].data;
    }
    to->parameters = parameters;
    return whole ? STATUS_OK : STATUS_NO_MEMORY;
}

static enum status check(const struct deliveries_plan *plan, struct delivery *delivery,
                         const struct delivery_mail *mail, struct error *err) {
    struct error reason = {STATUS_OK, ""};
    if (!is_name(delivery->entry.name)) {
        return refuse(delivery, err, "name: 1 to 64 of A-Z, a-z, 0-9, ., _ and - are needed");
    }
    for (const struct delivery *other = plan->list; other < delivery; other++) {
        if (str_equal(other->entry.name, delivery->entry.name)) {
            return refuse(delivery, err, "name: another delivery has it");
        }
    }
    if (!delivery_extension(delivery->entry.format)) {
        return refuse(delivery, err, "format: json, csv or html is needed");
    }
    if (!is_clean(delivery->entry.report) || !is_clean(delivery->entry.project)) {
        return refuse(delivery, err, "report and project are needed");
    }
    if (delivery_schedule_parse(delivery->entry.schedule, &delivery->schedule, &reason) !=
        STATUS_OK) {
        return refuse(delivery, err, reason.text);
    }
    return read_target(delivery, mail, err);
}

static enum status copy_mail(struct arena *arena, const struct delivery_mail *from,
                             struct delivery_mail *to) {
    struct str *const texts[] = {&to->url, &to->from, &to->username, &to->password, &to->ca_file};
    bool whole = true;
    *to = *from;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0] && whole; i++) {
        *texts[i] = arena_copy(arena, *texts[i]);
        whole = texts[i]->data;
    }
    return whole ? STATUS_OK : STATUS_NO_MEMORY;
}

static enum status fill(struct deliveries_plan *plan, const struct delivery_config *config,
                        struct error *err) {
    enum status status = copy_mail(&plan->arena, &config->mail, &plan->mail);
    plan->list = arena_alloc_array(&plan->arena, config->entry_count + 1, sizeof *plan->list);
    if (status != STATUS_OK || !plan->list) {
        return error_set(err, STATUS_NO_MEMORY, "deliveries: out of memory");
    }
    for (size_t i = 0; i < config->entry_count; i++) {
        struct delivery *delivery = &plan->list[i];
        *delivery = (struct delivery){.plan = plan};
        status = copy_texts(&plan->arena, &config->entries[i], &delivery->entry);
        if (status != STATUS_OK) {
            return error_set(err, status, "deliveries: out of memory");
        }
        status = check(plan, delivery, &config->mail, err);
        if (status != STATUS_OK) {
            return status;
        }
        plan->count++;
    }
    return STATUS_OK;
}

enum status deliveries_plan_make(const struct delivery_config *config, struct deliveries_plan **out,
                                 struct error *err) {
    struct deliveries_plan *plan = calloc(1, sizeof *plan);
    if (!plan) {
        return error_set(err, STATUS_NO_MEMORY, "deliveries: out of memory");
    }
    atomic_init(&plan->holds, 1);
    arena_init(&plan->arena, 4096, 0);
    plan->attempts = config->attempts > 0 ? config->attempts : 10;
    plan->backoff_ms = config->backoff_ms > 0 ? config->backoff_ms : 30 * 1000;
    enum status status = fill(plan, config, err);
    if (status != STATUS_OK) {
        deliveries_plan_free(plan);
        return status;
    }
    *out = plan;
    return STATUS_OK;
}

void deliveries_plan_free(struct deliveries_plan *plan) {
    if (plan && atomic_fetch_sub(&plan->holds, 1) == 1) {
        arena_free(&plan->arena);
        free(plan);
    }
}

struct deliveries_plan *delivery_plan_hold(struct deliveries *deliveries) {
    thread_must(pthread_mutex_lock(&deliveries->mutex));
    struct deliveries_plan *plan = deliveries->plan;
    (void)atomic_fetch_add(&plan->holds, 1);
    thread_must(pthread_mutex_unlock(&deliveries->mutex));
    return plan;
}
