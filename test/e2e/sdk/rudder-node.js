// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// @rudderstack/rudder-sdk-node: `count` rounds of every call; its batches are gzip under a content type that says otherwise.
'use strict';
const Rudder = require('@rudderstack/rudder-sdk-node');
const { url, writeKey, user, count, sent, fail, properties, traits } = require('./sent');

async function main() {
    const rudder = new Rudder(writeKey, { dataPlaneUrl: url, flushAt: 20, flushInterval: 100, logLevel: 'error' });
    const rounds = [];
    for (let round = 0; round < count; round++) {
        const calls = {
            identify: { userId: user, traits },
            track: { userId: user, event: 'Order Completed', properties },
            page: { userId: user, name: 'Install', properties: { path: '/install' } },
            screen: { userId: user, name: 'Start', properties },
            group: { userId: user, groupId: 'acme', traits: { employees: 12 } },
            alias: { userId: user, previousId: user + '-before' },
        };
        for (const [type, message] of Object.entries(calls)) {
            // Its own ids show only in the data of the flush; they are what an application would log.
            const id = `${user}-${type}-${round}`;
            rounds.push(
                new Promise((resolve, reject) => {
                    rudder[type]({ ...message, messageId: id }, (error) => {
                        if (error) {
                            return reject(error);
                        }
                        sent(id, type);
                        resolve();
                    });
                }),
            );
        }
    }
    await rudder.flush();
    await Promise.all(rounds);
    process.exit(0);
}
main().catch(fail);
