// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// posthog-node: `count` rounds of captures and an identify, in gzip batches.
'use strict';
const { PostHog } = require('posthog-node');
const { url, writeKey, user, count, sent, fail, properties, traits } = require('./sent');

async function main() {
    const client = new PostHog(writeKey, { host: url, flushAt: 10, flushInterval: 100 });
    client.on('error', fail);
    client.on('flush', (messages) => messages.forEach((message) => sent(message.uuid, message.event)));
    for (let round = 0; round < count; round++) {
        client.capture({ distinctId: user, event: 'Order Completed', properties });
        client.capture({ distinctId: user, event: '$pageview', properties: { $current_url: 'https://example.org/install' } });
        client.identify({ distinctId: user, properties: traits });
    }
    await client.shutdown(20000);
}
main().catch(fail);
