// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// From an event's dimensions to rows of its day.
#include "processor/count.h"

static enum status count_declared(struct partition *partition, const struct applied_event *applied,
                                  struct day_totals *totals) {
    const struct breakdowns *breakdowns = &partition->worker->shared->breakdowns;
    const struct enrich_agent *agent = applied->dimensions.agent;
    struct str brand = agent ? str_from_c(agent->brand) : STR_EMPTY;
    enum status status = STATUS_OK;
    for (size_t i = 0; i < breakdowns->declared_count && status == STATUS_OK; i++) {
        const struct enrich_declared *declared = &breakdowns->declared[i];
        struct str value = enrich_declared_value(declared, &applied->event, &applied->trees, brand);
        if (value.len == 0) {
            continue;
        }
        char text[ENRICH_DECLARED_NAME + 1 + ENRICH_VALUE_MAX];
        struct buffer buffer;
        buffer_init_fixed(&buffer, text, sizeof text);
        buffer_append_str(&buffer, declared->name);
        buffer_append_char(&buffer, '=');
        buffer_append_str(&buffer, value);
        status =
            day_totals_add_declared(&partition->worker->totals, totals, i, buffer_str(&buffer));
    }
    return status;
}

enum status breakdowns_count(struct partition *partition, const struct applied_event *applied,
                             struct day_totals *totals) {
    const struct event_dimensions *dimensions = &applied->dimensions;
    const struct enrich_agent *agent = dimensions->agent;
    const struct {
        enum store_metric metric;
        struct str text;
    } values[] = {
        {STORE_METRIC_REGION, dimensions->region},
        {STORE_METRIC_CHANNEL, dimensions->channel},
        {STORE_METRIC_CAMPAIGN_SOURCE, dimensions->campaign.source},
        {STORE_METRIC_CAMPAIGN_MEDIUM, dimensions->campaign.medium},
        {STORE_METRIC_CAMPAIGN, dimensions->campaign.name},
        {STORE_METRIC_BROWSER_VERSION, agent ? str_from_c(agent->browser) : STR_EMPTY},
        {STORE_METRIC_OS_VERSION, agent ? str_from_c(agent->system) : STR_EMPTY},
    };
    enum status status = STATUS_OK;
    for (size_t i = 0; i < sizeof values / sizeof values[0] && status == STATUS_OK; i++) {
        if (values[i].text.len > 0) {
            status = day_totals_add_text(&partition->worker->totals, totals, values[i].metric,
                                         values[i].text, 1);
        }
    }
    return status == STATUS_OK ? count_declared(partition, applied, totals) : status;
}
