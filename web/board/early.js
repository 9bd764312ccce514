/* early - begins what takes longest while the rest of the page is still being loaded: MQTT.js, fflate, and the socket to the
 * broker. With several brokers the choice is the library's, so no socket is opened early; nor is one for a game of the past. */

import config from './told.js';
import { readSettings } from './settings.js';

const { servers, game } = readSettings(config, location);
const early = servers.length === 1 && game === '' ? { url: servers[0], socket: tryOpen(servers[0]) } : null;
let taken = false;

function tryOpen(url) {
	try {
		return new WebSocket(url, 'mqtt');
	} catch {
		return null; // the library will be refused in the same way, and deals with it
	}
}

const mqtt = import('../vendor/mqtt.esm.js');
mqtt.catch(() => {}); // that it can't be loaded is told where it is needed
export const loadMqtt = () => mqtt;

const fflate = import('../vendor/fflate.js');
fflate.catch(() => {}); // without it the feed comes as JSON
export const loadFflate = () => fflate;

/* The socket that was opened early, when it is to this address and has not been given out before; else a new one. */
export function openSocket(url) {
	if (!early?.socket || taken || early.url !== url)
		return new WebSocket(url, 'mqtt');
	taken = true;
	return early.socket;
}
