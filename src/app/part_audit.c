// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Parts: the audit log, and its entry for a start with settings that are not the defaults.
#include "app/parts.h"
#include "base/buffer.h"

#define SETTINGS_MAX ((size_t)32 * 1024)

static enum status start_audit(struct app_service *service, struct error *err) {
    (void)err;
    service->audit.store = service->store;
    service->audit.clock = clock_system();
    service->audit.random = random_system();
    return STATUS_OK;
}

// Lines of what counts, secrets masked, without those that are as they always are.
static void put_changed(const struct settings *settings, struct buffer *out) {
    static const struct str FALLBACK = STR_INIT("# default");
    struct buffer all;
    buffer_init(&all, SETTINGS_MAX * 4);
    settings_print_effective(settings, &all);
    struct str rest = buffer_str(&all);
    while (rest.len > 0) {
        struct str line = str_cut(&rest, '\n');
        struct str end = line.len > FALLBACK.len
                             ? str_make(line.data + line.len - FALLBACK.len, FALLBACK.len)
                             : STR_EMPTY;
        if (line.len > 0 && !str_equal(end, FALLBACK)) {
            buffer_append_str(out, line);
            buffer_append_char(out, '\n');
        }
    }
    buffer_free(&all);
}

static enum status note_start(struct app_service *service, struct error *err) {
    struct buffer changed;
    buffer_init(&changed, SETTINGS_MAX);
    put_changed(service->settings, &changed);
    enum status status =
        gateway_audit_note(&service->audit, STR("start"), str_from_c(app_role_name(service->role)),
                           buffer_str(&changed), err);
    buffer_free(&changed);
    if (status == STATUS_OK && service->credentials.first) {
        status = gateway_audit_note(&service->audit, STR("first start"), STR(APP_FIRST_PROJECT),
                                    STR("project, keys and account were made"), err);
    }
    return status;
}

const struct app_part app_part_audit = {APP_NEEDS_STORE, start_audit, NULL};
const struct app_part app_part_audit_start = {APP_NEEDS_STORE, note_start, NULL};
