/* early - what takes longest, begun while the rest of the page is still on its way: MQTT.js, and the socket to the
 * broker. With several brokers the choice is the library's, so no socket is opened early. */

import config from '../config.js';
import { readSettings } from './settings.js';

const { servers } = readSettings(config, location);
const early = servers.length === 1 ? { url: servers[0], socket: tryOpen(servers[0]) } : null;
let taken = false;

function tryOpen(url) {
	try {
		return new WebSocket(url, 'mqtt');
	} catch {
		return null; // the library meets the same refusal, and deals with it
	}
}

const mqtt = import('../vendor/mqtt.esm.js').then((module) => module.default ?? module);
mqtt.catch(() => {}); // whoever needs it will say so
export const loadMqtt = () => mqtt;

/* The early socket, once, when it leads there; else a new one. */
export function openSocket(url) {
	if (!early?.socket || taken || early.url !== url)
		return new WebSocket(url, 'mqtt');
	taken = true;
	return early.socket;
}
