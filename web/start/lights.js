/* lights - are scoreboard, publisher and broker well? As traffic lights: plain data. Pure. */

const QUIET_MS = 10000; // publishers say something every 3 s

/* `tracks`: of each its title, the publisher's status, whether its feed is followed, and when it was heard last. Of each light: what it is of, `level` good, doubt or bad,
 * and a text, for who does not see colours. */
export function lightsOf({ linked, trying, now, tracks }, { say }) {
	const broker = { what: say('venue.broker'), level: linked ? 'good' : trying ? 'doubt' : 'bad', text: say(linked ? 'light.good' : trying ? 'link.connecting' : 'light.no-answer') };
	const many = tracks.length > 1;
	const named = (what, title) => (many ? `${title}: ${what}` : what);
	return [broker, ...tracks.flatMap((track) => [
		{ what: named(say('venue.publisher'), track.title), ...publisherLight(track, { linked, now, say }) },
		{ what: named(say('venue.scoreboard'), track.title), ...scoreboardLight(track, { linked, now, say }) },
	])];
}

const light = (say, level, key) => ({ level, text: say(key) });
const isSilent = ({ live, heardAt }, now) => !live || now - heardAt > QUIET_MS;

function publisherLight(track, { linked, now, say }) {
	if (!linked)
		return light(say, 'doubt', 'light.unknown');
	if (track.status?.state === 'offline' || track.status === null)
		return light(say, 'bad', 'light.no-answer');
	return isSilent(track, now) ? light(say, 'doubt', 'light.silent') : light(say, 'good', 'light.good');
}

function scoreboardLight(track, { linked, now, say }) {
	if (!linked || track.status === null || track.status.state === 'offline' || isSilent(track, now))
		return light(say, 'doubt', 'light.unknown');
	return track.status.state === 'live' ? light(say, 'good', 'light.good') : light(say, 'bad', 'light.no-answer');
}
