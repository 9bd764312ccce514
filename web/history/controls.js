/* controls - the bar with which a game is played again: slider, play and pause, jams, speed; by mouse, finger, or keyboard. */

import { make, render, setData, setText } from '../board/dom.js';
import { SPEEDS } from './replay.js';

const STEP_MS = 10000; // of an arrow key

/* `ends`: buttons and links behind the others. draw() is to be called on each frame of the screen; the bar is `element`. */
export function createControls({ replay, words, ends }) {
	const { say } = words;
	const button = (key, act, attributes = {}) => {
		const element = make('button', { type: 'button', ...attributes, text: say(key) });
		element.addEventListener('click', act);
		return element;
	};
	const play = button('replay.play', toggle, { class: 'play' });
	const before = button('replay.before', () => replay.jam(-1));
	const next = button('replay.next', () => replay.jam(1));
	const speeds = SPEEDS.map((n) => {
		const element = make('button', { type: 'button', text: say('replay.times', { n }) });
		element.addEventListener('click', () => replay.set(n));
		return element;
	});
	const slider = make('input', { type: 'range', step: 1000, label: say('replay.position') });
	const rail = make('div', { class: 'rail', 'aria-hidden': 'true' });
	const time = make('p', { class: 'at' });
	slider.addEventListener('input', () => replay.seek(Number(slider.value)));

	/* The button says at once what it does next: whoever presses twice within a frame knows what he does. */
	function toggle() {
		if (replay.playing)
			replay.pause();
		else
			replay.play();
		tellPlay();
	}
	function tellPlay() {
		setText(play, say(replay.playing ? 'replay.pause' : 'replay.play'));
	}

	const element = make('section', { class: 'replay', label: say('replay.controls') },
		time,
		make('div', { class: 'track' }, rail, slider),
		make('div', { class: 'buttons' }, before, play, next,
			make('div', { class: 'speeds', role: 'group', label: say('replay.speed') }, ...speeds), ...ends),
		make('p', { class: 'unseen', text: say('replay.keys') }));

	const keys = {
		' ': () => toggle(),
		ArrowLeft: (far) => (far ? replay.jam(-1) : replay.seek(replay.position - STEP_MS)),
		ArrowRight: (far) => (far ? replay.jam(1) : replay.seek(replay.position + STEP_MS)),
	};
	const press = (event) => {
		const key = keys[event.key];
		const own = event.key === ' ' ? 'button, a, summary, select, textarea' : 'select, textarea';
		if (!key || event.altKey || event.ctrlKey || event.metaKey || event.target.closest?.(own))
			return;
		event.preventDefault();
		key(event.shiftKey);
	};
	document.addEventListener('keydown', press);

	return {
		element,
		draw() {
			const { range: { from, to }, position, speed, story } = replay;
			Object.assign(slider, { min: from, max: Math.ceil(to / 1000) * 1000 });
			slider.value = position;
			const at = words.seconds(position);
			if (setText(time, at))
				slider.setAttribute('aria-valuetext', say('replay.spoken', { time: at, date: words.date(position) }));
			tellPlay();
			speeds.forEach((each, i) => each.setAttribute('aria-pressed', SPEEDS[i] === speed));
			const share = (t) => `${(100 * (Math.min(Math.max(t, from), to) - from) / Math.max(1, to - from)).toFixed(2)}%`;
			render(rail, [from, to, story.gaps, story.chapters.map(({ begin, end }) => [begin, end])], () => [
				...story.chapters.map(({ begin, end }) => band('jam', share(begin), share(end ?? to))),
				...story.gaps.map((gap) => band('gap', share(gap.from), share(gap.to))),
			]);
		},
		close() {
			document.removeEventListener('keydown', press);
			element.remove();
		},
	};
}

function band(kind, from, to) {
	const element = make('i');
	setData(element, 'is', kind);
	element.style.setProperty('left', from);
	element.style.setProperty('right', `calc(100% - ${to})`);
	return element;
}
