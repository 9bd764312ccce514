/* follow-show - tells what the crew has on air, from a broker; over HTTP there is no such topic, and what came last stays.
 *
 * A broker says nothing of a topic that it does not keep. So when it has answered a subscription and nothing comes behind the answer, there is no
 * direction; for who was here before only after a while, since a broker that was restarted may have forgotten it, and gets it back from the publisher. */

import { readShow } from './show.js';

const BEHIND_MS = 500;
const GIVEN_BACK_MS = 5000;

export const topicOfShow = (prefix) => `${prefix}/show/overlay`;

/* tell(show, { retained }): as readShow() has it; refused(): the broker does not let us read it. */
export function followShow(board, prefix, tell, refused = () => {}) {
	let came = false;       // something, since the broker was asked
	let known = false;      // something was told
	let late = null;
	const take = (text, about) => {
		clearTimeout(late);
		came = known = true;
		tell(readShow(text), about);
	};
	const none = () => take('', { retained: true });
	const answered = () => {
		if (!came)
			late = setTimeout(none, known ? GIVEN_BACK_MS : BEHIND_MS);
	};
	const asked = () => {
		clearTimeout(late);
		came = false;
	};
	board.subscribe(topicOfShow(prefix), (text, topic, about) => take(text, about), { asked, answered }).granted.catch(refused);
}
