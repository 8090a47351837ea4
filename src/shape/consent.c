// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// What a person has agreed to, as the libraries write it down.
//
// Segment (https://segment.com/docs/privacy/consent-management/consent-in-segment-connections/#consent-object):
//   context.consent.categoryPreferences = {"Analytics": true, "Advertising": false}
// RudderStack (https://www.rudderstack.com/docs/data-governance/consent-management/passing-consent/):
//   context.consentManagement = {"allowedConsentIds": ["C0001"], "deniedConsentIds": ["C0002"], "provider": "custom"}
//   With OneTrust its library sends the allowed ones as an object, {"C0001": "Functional cookies"}.
#include "shape/private.h"

enum consent { CONSENT_UNKNOWN, CONSENT_GRANTED, CONSENT_DENIED };

// An id of a list; or, of an object, an id or the name that stands behind it.
static bool names(const struct json_value *list, struct str category) {
    bool container = list && (list->type == JSON_ARRAY || list->type == JSON_OBJECT);
    for (const struct json_value *child = container ? list->child : NULL; child;
         child = child->next) {
        if ((child->key.data && str_equal(child->key, category)) ||
            (json_is_string(child) && str_equal(child->text, category))) {
            return true;
        }
    }
    return false;
}

// A refusal anywhere counts more than a consent elsewhere.
static enum consent of(const struct json_value *context, struct str category) {
    const struct json_value *preference =
        json_get(json_get(json_get(context, STR("consent")), STR("categoryPreferences")), category);
    const struct json_value *rudder = json_get(context, STR("consentManagement"));
    if ((preference && preference->type == JSON_FALSE) ||
        names(json_get(rudder, STR("deniedConsentIds")), category)) {
        return CONSENT_DENIED;
    }
    bool granted = (preference && preference->type == JSON_TRUE) ||
                   names(json_get(rudder, STR("allowedConsentIds")), category);
    return granted ? CONSENT_GRANTED : CONSENT_UNKNOWN;
}

enum shape_answer shape_consent(struct shape_event *at, const struct shape_condition *condition) {
    const struct json_value *context = shape_root_of(at, SHAPE_CONTEXT);
    bool all = condition->kind == SHAPE_CONSENT;
    for (size_t i = 0; i < condition->category_count; i++) {
        enum consent consent = of(context, condition->categories[i]);
        if (all && consent != CONSENT_GRANTED) {
            return SHAPE_NO;
        }
        if (!all && consent == CONSENT_DENIED) {
            return SHAPE_YES;
        }
    }
    return all ? SHAPE_YES : SHAPE_NO;
}
