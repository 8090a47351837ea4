// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// @segment/analytics-node: `count` rounds of every call, flushed in batches.
'use strict';
const { Analytics } = require('@segment/analytics-node');
const { url, writeKey, user, count, sent, fail, properties, traits } = require('./sent');

async function main() {
    const analytics = new Analytics({ writeKey, host: url, flushInterval: 100, maxRetries: 3 });
    analytics.on('error', fail);
    const report = (error, context) => (error ? fail(error) : sent(context.event.messageId, context.event.type));
    for (let round = 0; round < count; round++) {
        analytics.identify({ userId: user, traits }, report);
        analytics.track({ userId: user, event: 'Order Completed', properties }, report);
        analytics.page({ userId: user, category: 'Docs', name: 'Install', properties: { path: '/install' } }, report);
        analytics.screen({ userId: user, name: 'Start', properties }, report);
        analytics.group({ userId: user, groupId: 'acme', traits: { employees: 12 } }, report);
        analytics.alias({ userId: user, previousId: user + '-before' }, report);
    }
    await analytics.closeAndFlush({ timeout: 20000 });
}
main().catch(fail);
