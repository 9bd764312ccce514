/* scoreboard.mjs HOST PORT - a scoreboard with the beginning of the recorded game, that says what comes on standard input: a line of JSON, { path: value }. */
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { startScoreboard } from '../web/support/scoreboard.mjs';

const [host, port] = process.argv.slice(2);
const lines = readFileSync(new URL('../fixtures/game.jsonl', import.meta.url), 'utf8').split('\n', 3);
const { state } = JSON.parse(lines.find((line) => line.includes('"frame"'))).frame;
const scoreboard = await startScoreboard(state, { host, port: Number(port) });
createInterface({ input: process.stdin }).on('line', (line) => scoreboard.say(JSON.parse(line)));
console.log('ready');
