/* plan - the shell: options, files, what is printed. */
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

import { fit, points } from './fit.mjs';
import { plan, polling, predict } from './model.mjs';
import { readResults } from './results.mjs';

const HERE = new URL('.', import.meta.url);
const COEFFICIENTS = new URL('coefficients.json', HERE);
const RESULTS = new URL('../RESULTS.md', HERE);

const HELP = `usage: bench/plan [options]
       bench/plan --check          how well measured points are predicted
       bench/plan --fit            the coefficients anew from bench/RESULTS.md
       bench/plan --polling        the same viewers, by polling alone
       bench/plan --coefficients   what it calculates with, and the commands that measured it

Viewers in, machines out, for the feed over WebSockets: edges, hubs, HAProxys, what each does, the network.

  --viewers LIST        (1000,10000,100000,1000000)
  --mosquitto VERSION   2.0 or 2.1 (2.0)
  --packed              the packed feed in place of JSON
  --deltas N            a second, over the game (0.52: the recorded game)
  --peak N              a second, in a lively jam (2)
  --bytes N             of a delivery on the WebSocket (of the recorded game: 431, packed 105)
  --in-time MS          so soon a delta has reached all viewers of a broker (300)
  --back S              so soon those who have lost a broker are back at another (30)
  --busy SHARE          of a core, the most that a broker or HAProxy is to use at the peak (0.7)
  --connections N       the policy's limits.connections (50000)
  --files N             for viewers, below LimitNOFILE (90000)
  --per-hub N           edges that a hub takes: limits.connections_per_user (50)
  --hub-messages N      a second that the hub passes to each edge (30)
  --spare N             edges and HAProxys more than needed (1); 0 for few viewers: one broker alone
  --core-hour PRICE --gb PRICE   what a core costs in an hour, and a gigabyte sent: then the price of a viewer's hour
  --every S             of --polling: a page asks so often (2)
  -h, --help            this text

A machine's kernel, TLS, and what a provider's virtual machine steals are not in it: docs/capacity.md says what that means.`;

const OPTIONS = {
	viewers: '1000,10000,100000,1000000', mosquitto: '2.0', deltas: '0.52', peak: '2', bytes: '', 'in-time': '300', back: '30', busy: '0.7',
	connections: '50000', files: '90000', 'per-hub': '50', 'hub-messages': '30', spare: '1', 'core-hour': '', gb: '', every: '2',
};
const FLAGS = ['packed', 'check', 'fit', 'polling', 'coefficients', 'help'];

/* By `build/bench/bench/economy schema/crg.json tests/fixtures/game.jsonl`: bytes, shared out among the messages; bytes to join. */
const GAME = { json: { bytes: 431, join: 7450 }, packed: { bytes: 105, join: 2680 } };
const HAPROXY_CONNECTIONS = 100000; // maxconn of conf/cluster/haproxy.cfg
const CACHE_S = 1;

function die(text) {
	process.stderr.write(`bench/plan: ${text}\n`);
	process.exit(2);
}

function options() {
	try {
		const spec = Object.fromEntries(Object.entries(OPTIONS).map(([name, value]) => [name, { type: 'string', default: value }]));
		for (const name of FLAGS)
			spec[name] = { type: 'boolean', default: false, ...(name === 'help' ? { short: 'h' } : {}) };
		return parseArgs({ options: spec }).values;
	} catch (error) {
		return die(`${error.message}; --help lists all options`);
	}
}

function positive(o, name, least = Number.MIN_VALUE) {
	const value = Number(o[name]);
	if (o[name] === '' || !Number.isFinite(value) || value < least)
		die(`--${name} takes a number, not "${o[name]}"`);
	return value;
}

function whole(o, name, least) {
	const value = positive(o, name, least);
	return Number.isInteger(value) ? value : die(`--${name} takes a whole number, not "${o[name]}"`);
}

const readCoefficients = () => JSON.parse(readFileSync(COEFFICIENTS, 'utf8'));
const results = () => readResults(readFileSync(RESULTS, 'utf8'));

/* ---- what it prints ---- */

const count = (n) => (n === Infinity ? 'not measured' : n.toLocaleString('en-US'));
const percent = (share) => `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`;
const megabit = (n) => (n < 10000 ? `${n.toFixed(n < 100 ? 1 : 0)} Mbit/s` : `${(n / 1000).toFixed(1)} Gbit/s`);

function printRows(rows) {
	const columns = Object.keys(rows[0]);
	process.stdout.write(`| ${columns.join(' | ')} |\n|${columns.map(() => '---').join('|')}|\n`);
	for (const row of rows)
		process.stdout.write(`| ${columns.map((name) => row[name]).join(' | ')} |\n`);
}

function priceOf(p, o) {
	if (!o['core-hour'] && !o.gb)
		return {};
	const price = p.coreHours * positive(o, 'core-hour', 0) + p.mbPerHour / 1000 * positive(o, 'gb', 0);
	return { 'price of 1,000 viewer-hours': (1000 * price).toFixed(2) };
}

const hubsOf = (p) => p.levels.map((n, i) => `${n} (${percent(p.hubBusy[i])} of a core${p.levels.length > 1 ? ' each' : ''})`).join(' over ') || 'none';

const rowOf = (p, o) => ({
	viewers: count(p.viewers),
	brokers: p.single ? 'one, alone' : `${count(p.edges)} edges`,
	'viewers each': `${count(p.each)} of at most ${count(p.most)} (${p.bound})`,
	'core of each at the peak': percent(p.edgeBusy),
	'memory of each': `${p.edgeMb.toFixed(0)} MB`,
	'a delta is everywhere after': `${p.inTimeMs.toFixed(0)} ms`,
	hubs: hubsOf(p),
	HAProxys: p.proxies ? `${p.proxies}, together ${p.proxyCores.toFixed(2)} cores, ${p.proxyMb.toFixed(0)} MB` : 'none',
	'sent at the peak': megabit(p.mbitPeak),
	'over the game': megabit(p.mbitAverage),
	...priceOf(p, o),
});

function questionOf(o) {
	const game = GAME[o.packed ? 'packed' : 'json'];
	if (!['2.0', '2.1'].includes(o.mosquitto))
		die('--mosquitto is 2.0 or 2.1');
	return {
		broker: o.mosquitto, deltas: positive(o, 'deltas'), peakDeltas: positive(o, 'peak'), bytes: o.bytes ? positive(o, 'bytes') : game.bytes,
		joinBytes: game.join, inTimeMs: positive(o, 'in-time'), backS: positive(o, 'back'), busy: positive(o, 'busy'),
		connections: positive(o, 'connections'), files: positive(o, 'files'), perHub: whole(o, 'per-hub', 2),
		hubMessages: positive(o, 'hub-messages'), haproxyConnections: HAPROXY_CONNECTIONS, spare: whole(o, 'spare', 0),
	};
}

const crowdsOf = (o) => o.viewers.split(',').map((n) => whole({ viewers: n }, 'viewers', 1));

function printPlan(o) {
	const q = questionOf(o), plans = crowdsOf(o).map((viewers) => plan(readCoefficients(), { ...q, viewers }));
	printRows(plans.map((p) => rowOf(p, o)));
	const [p] = plans;
	process.stdout.write(`\nOf one broker: ${Object.entries(p.limits).map(([name, n]) => `${name}: ${count(n)}`).join(', ')}.\n`);
	process.stdout.write(`1,000 viewer-hours: ${(1000 * p.coreHours).toFixed(3)} core-hours of brokers and HAProxy, ${p.mbPerHour.toFixed(2)} GB sent.\n`);
}

function printPolling(o) {
	const c = readCoefficients();
	printRows(crowdsOf(o).map((viewers) => {
		const p = polling(c, { viewers, deltas: positive(o, 'deltas'), everyS: positive(o, 'every'), cacheS: CACHE_S });
		return {
			viewers: count(viewers), 'polls a second': count(Math.round(p.perS)), 'reach the publisher': `${p.toOrigin.toFixed(1)}/s for each cache`,
			'with news': percent(p.news), 'nginx, cores': p.cores.toFixed(2), sent: megabit(p.mbit), 'a viewer-hour': `${p.mbPerHour.toFixed(2)} MB`,
			'the publisher alone, one core, could answer': `${count(Math.floor(p.withoutCache))} viewers`,
		};
	}));
}

function printCheck() {
	const c = readCoefficients(), errors = [];
	const rows = points(results()).map((p) => {
		const predicted = predict(c, p.what, p.load), error = predicted / p.measured - 1;
		errors.push(Math.abs(error));
		return {
			measured: p.name, by: `\`${p.part}\``, what: { cpu: 'CPU per delivery', memory: 'memory per viewer', p99: 'p99' }[p.what],
			'it was': `${p.measured} ${p.unit}`, predicted: `${predicted.toFixed(2)} ${p.unit}`, error: `${error > 0 ? '+' : ''}${(100 * error).toFixed(1)} %`,
		};
	});
	if (!rows.length)
		die('bench/RESULTS.md has no points: bench/run.sh table pings scale');
	errors.sort((a, b) => a - b);
	printRows(rows);
	process.stdout.write(`\n${rows.length} points, none of them used for the fit: error ${percent(errors[rows.length >> 1])} in the median, ${percent(errors.at(-1))} at most.\n`);
}

function printCoefficients() {
	printRows(Object.entries(readCoefficients()).map(([name, c]) => ({
		coefficient: name, value: `${Number(c.value.toPrecision(4))} ${c.unit}`, what: c.what, 'measured by': `\`${c.command}\``, when: c.measured,
	})));
}

/* Coefficients of parts that RESULTS.md does not have stay as they are. */
function refit() {
	const fresh = fit(results());
	writeFileSync(COEFFICIENTS, `${JSON.stringify({ ...readCoefficients(), ...fresh }, null, '\t')}\n`);
	process.stdout.write(`${Object.keys(fresh).length} coefficients are written to bench/planning/coefficients.json\n`);
}

function main() {
	const o = options();
	if (o.help)
		process.stdout.write(`${HELP}\n`);
	else if (o.check)
		printCheck();
	else if (o.fit)
		refit();
	else if (o.coefficients)
		printCoefficients();
	else if (o.polling)
		printPolling(o);
	else
		printPlan(o);
}

process.stdout.on('error', (error) => process.exit(error.code === 'EPIPE' ? 0 : 1)); // such as `bench/plan | head -1`
try {
	main();
} catch (error) {
	die(error.message);
}
