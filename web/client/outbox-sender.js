/* outbox-sender - sends what the queue holds, as the queue and the flow allow it. Owns the timer. Knows no store and no tab: it tells what became of
 * each message, and when nothing can be sent. */

import { createFlow, flowAcked, flowBusy, flowDeadline, flowHurry, flowPresses, flowLost, flowRoom, flowTook } from './outbox-flow.js';
import {
	expiryLeft, queueAnswer, queueDeadline, queueExpire, queueFailed, queueHurry, queueNextExpiry, queueRejected, queueReport,
	queueReturned, queueSent, queueTakeMany,
} from './outbox-queue.js';

const ANSWER_MS = 10000;    // an acknowledgement later than this is a failure
const REFUSED = 0x80;
const TIMER_MAX = 0x7fffffff;

/* `on`: fate(id, fate, seq) for each message once, changed() when the report has, lost() when there was no answer, late(id, code) for an answer
 * that came after stop(). */
export function createSender({ publish, receiveMaximum, queue, now, on }) {
	const flow = createFlow();
	let running = false;
	let timer = null;
	let due = false;             // pump() is called soon

	/* At the end of this turn, with all that the turn brings: what is written in one turn goes out in one packet. */
	const soon = () => {
		if (due)
			return;
		due = true;
		nextTurn(() => { due = false; pump(); });
	};
	const end = (item, fate) => {
		if (item)
			on.fate(item.id, fate, item.seq);
		soon();
	};
	const answered = (id, code) => {
		if (!running)
			return on.late(id, code);
		const answer = queueAnswer(queue, id, code, flowPresses(flow, now()));
		if (answer === 'again')
			queueFailed(queue, id, now(), Math.random());
		else if (answer === 'sent')
			end(queueSent(queue, id), { ok: true, code });
		else
			end(queueRejected(queue, id), { ok: false, reason: 'refused', code });
		return answer;
	};
	/* An answer that comes too late is still one. */
	const fly = (item) => {
		let flying = true;
		const land = (how, ...rest) => {
			if (flying)
				how(flow, now(), ...rest);
			flying = false;
			clearTimeout(late);
			soon();
		};
		const lost = () => {
			if (!flying)
				return;
			if (running)
				queueReturned(queue, item.id, now(), Math.random());
			land(flowLost, Math.random());
			on.lost();
		};
		const late = setTimeout(lost, ANSWER_MS);
		ask(publish, item, now()).then((code) => {
			if (flying || code < REFUSED)
				land(answered(item.id, code) === 'again' ? flowBusy : flowAcked);
		}, lost);
	};
	const pump = () => {
		clearTimeout(timer);
		if (!running)
			return;
		queueExpire(queue, now()).forEach((id) => on.fate(id, { ok: false, reason: 'expired' }));
		const taken = queueTakeMany(queue, now(), flowRoom(flow, now(), receiveMaximum()));
		flowTook(flow, taken.length, now());
		taken.forEach(fly);
		const next = Math.max(queueDeadline(queue), flowDeadline(flow, now(), receiveMaximum()));
		const wait = Math.min(next, queueNextExpiry(queue)) - now();
		if (wait < Infinity)
			timer = setTimeout(pump, Math.min(TIMER_MAX, Math.max(20, wait)));
		on.changed();
	};

	return {
		soon, answered,
		start() {
			running = true;
			soon();
		},
		stop() {
			running = false;
			clearTimeout(timer);
		},
		/* There is a connection: what waits for its next try need not wait any longer. */
		hurry() {
			queueHurry(queue);
			flowHurry(flow);
			soon();
		},
		report: () => ({ ...queueReport(queue, now()), flights: flow.flights }),
	};
}

/* The code of the broker's answer; rejects when there was none. */
async function ask(publish, item, now) {
	const { id, topic, payload, retain, expiryS } = item;
	const extra = { ...(retain && { retain }), ...(expiryS !== undefined && { expiryS: expiryLeft(item, now) }) };
	try {
		return await publish({ id, topic, payload, ...extra }) ?? 0;
	} catch (error) {
		if (error?.code >= REFUSED)
			return error.code;
		throw error;
	}
}

/* After the answers that came in one packet, and without the second that a hidden page's timers wait. */
function nextTurn(call) {
	if (globalThis.setImmediate) {
		setImmediate(call);
		return;
	}
	const { port1, port2 } = new MessageChannel();
	port1.onmessage = () => {
		port1.close();
		call();
	};
	port2.postMessage(null);
}
