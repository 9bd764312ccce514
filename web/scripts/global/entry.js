/* What one file for a plain page has of scoreboard-client, as the global ScoreboardClient: the library, its outbox, `derby`, and inside of it MQTT.js and fflate. See bundle.mjs. */
import { connect as connectWith } from '../../client/index.js';
import * as fflate from '../../vendor/fflate.js';
import * as mqtt from '../../vendor/mqtt.esm.js';

export * from '../../client/index.js';
export * from '../../client/outbox.js';
export * as derby from '../../client/derby.js';

export const connect = (options) => connectWith({ mqtt: async () => mqtt, fflate: async () => fflate, ...options });
