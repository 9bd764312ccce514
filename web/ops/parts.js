/* parts - what runs, from the scoreboard to the edges, each with its state in a few words. Pure. A part is { key, name, level, text }; level: `good`, `warn`, `bad`, or `note` where
 * nothing is to be said for or against it. */

import { brokerRows } from './figures.js';
import { gamesOf, standbyWaits } from './state.js';
import { many, span, time } from './words.js';

/* The publisher has the scoreboard, and a broker does not hold all of it yet. */
const isBrokerBehind = ({ about }) => about === 'comparing' || about === 'refused';

function scoreboardPart({ status }) {
	const part = (level, text) => ({ key: 'scoreboard', name: 'Scoreboard', level, text });
	if (status?.state === 'live')
		return part('good', 'heard');
	if (status?.state === 'stale' && status.about === 'scoreboard')
		return part('bad', status.reason || 'not heard');
	if (status?.state === 'stale' && isBrokerBehind(status))
		return part('good', 'heard');
	return part('note', 'not known');
}

function publisherPart({ status, publishers }) {
	const part = (level, text) => ({ key: 'publisher', name: 'Publisher', level, text });
	const [leader] = publishers ?? [];
	const where = leader ? `leads${leader.address ? ` from ${leader.address}` : ''}, in for ${span(1000 * leader.seconds)}` : '';
	if (status === null)
		return part('note', 'not known');
	if (status.state === 'offline' || status.about === 'no publisher')
		return part('bad', 'gone');
	if (status.about === 'cut off')
		return part('note', 'not known');
	if (status.state === 'live')
		return part('good', where || `live since ${time(status.since)}`);
	return part(isBrokerBehind(status) ? 'warn' : 'good', where || 'is there');
}

function standbyPart(state, now) {
	const part = (level, text) => ({ key: 'standby', name: 'Standby', level, text });
	if (state.standbyAt === null)
		return part('note', 'none was seen');
	return standbyWaits(state, now) ? part('good', 'waits') : part('warn', `last seen ${span(now - state.standbyAt)} ago`);
}

/* Scoreboard and publisher of one of several tracks, which are mostly on one machine. */
function trackPart({ name, status, viewers }) {
	const parts = [scoreboardPart({ status }), publisherPart({ status })];
	const worst = parts.find(({ level }) => level === 'bad') ?? parts.find(({ level }) => level === 'warn') ?? parts[1];
	const crowd = viewers === null ? '' : `, ${many(viewers, 'viewer')}`;
	return { key: `track ${name}`, name: `Track “${name}”`, level: worst.level, text: `${worst.level === 'good' ? worst.text : `${worst.name.toLowerCase()}: ${worst.text}`}${crowd}` };
}

const gameParts = (state) => {
	const games = gamesOf(state);
	return games[0].name === null ? [scoreboardPart(state), publisherPart(state)] : games.map(trackPart);
};

const NAMES = { hub: 'Hub', mid: 'Mid', edge: 'Edge', broker: 'Broker' };

function brokerPart({ name, part, missingMs, viewers }) {
	const key = `broker ${name}`;
	const label = part === 'broker' && name === 'broker' ? 'Broker' : `${NAMES[part] ?? 'Broker'} “${name}”`;
	if (missingMs !== null)
		return { key, name: label, level: 'bad', text: `no answer for ${span(missingMs)}` };
	return { key, name: label, level: 'good', text: part === 'hub' || part === 'mid' ? 'answers' : many(viewers, 'viewer') };
}

export function runningParts(state, now) {
	return [...gameParts(state), standbyPart(state, now), ...brokerRows(state, now).map(brokerPart)];
}
