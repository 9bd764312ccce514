import { useEffect, useId, useRef, type FormEvent } from 'react';
import type { Scoreboard } from 'scoreboard-client';
import { useRoom, type RefusedRoom, type RoomView } from 'scoreboard-client/react';
import { cheerOf, lineOf, LONGEST, pinOf, timeOf } from './messages';
import { useOutgoing } from './outgoing';
import type { User } from './server';

interface Cheer { readonly side: string; readonly label: string }
interface Props { board: Scoreboard; user: User; name: string; title: string; priority?: 'high' | 'normal'; cheers?: readonly Cheer[] }

/* A room: who is in it, what its hosts have pinned, what is said. Who shows it is in it. */
export function RoomPanel({ board, user, name, title, priority = 'normal', cheers = [] }: Props) {
	const heading = useId();
	const room = useRoom(board, name);
	const outgoing = useOutgoing();
	const pinned = pinOf(room.state.get('pin'));
	const say = async (text: string) => outgoing.follow(text, await room.send('chat', { text }, { priority }));
	const pin = async (text: string) => outgoing.follow(text || 'The pinned line stays', await room.setState('pin', text ? { text } : undefined));
	return (
		<section className="card room" aria-labelledby={heading}>
			<header>
				<h2 id={heading}><bdi>{title}</bdi></h2>
				<span className="soft">{room.presence && `${room.presence.count} here`}</span>
			</header>
			<Standing room={room} />
			<People board={board} user={user} names={room.members} />
			{pinned !== null && <p className="pinned"><span className="soft">Pinned by a referee: </span><bdi>{pinned}</bdi></p>}
			{cheers.length > 0 && <Cheers room={room} cheers={cheers} />}
			<Log label={`What is said: ${title}`} lines={[
				...room.messages.map(({ id, from, type, data, ts }) => ({ key: `${from}/${id}`, from, ts, text: lineOf(type, data), kind: '' as const })),
				...outgoing.lines.map((line) => ({ ...line, from: user.name })),
			]} />
			<SayForm label={`Say to ${title}`} onSay={say} onPin={user.hosts.includes(name) ? pin : undefined} />
		</section>
	);
}

/* Why we are not in it. */
function Standing({ room: { status, refusal, closed, rejoin } }: { room: RoomView }) {
	if (status === 'joined' || status === 'joining')
		return null;
	const by = closed && 'by' in closed ? `${closed.by} has closed this room.` : refusedText(refusal);
	return <p className="problem">{by} <button type="button" onClick={rejoin}>Try again</button></p>;
}

const refusedText = (refusal: RefusedRoom | null) => `You were not let in: ${refusal?.reason ?? 'no reason was told'}.`;

function Cheers({ room, cheers }: { room: RoomView; cheers: readonly Cheer[] }) {
	const heard = (side: string) => room.messages.filter(({ type, data }) => cheerOf(type, data) === side).length;
	return (
		<div className="cheers">
			{cheers.map(({ side, label }) => (
				<button key={side} type="button" onClick={() => void room.send('cheer', { side }, { priority: 'low' })}>
					Cheer <bdi>{label}</bdi> ({heard(side)})
				</button>
			))}
		</div>
	);
}

/* The members by name; a click waves at one, on whatever devices he is. */
function People({ board, user, names }: { board: Scoreboard; user: User; names: readonly string[] }) {
	return (
		<ul className="people" aria-label="Who is here">
			{names.map((name) => (
				<li key={name}>
					{name === user.name
						? <span className="soft"><bdi>{name}</bdi> (you)</span>
						: <button type="button" className="plain" title={`Wave at ${name}`} onClick={() => void board.sendTo(name, 'wave', {})}><bdi>{name}</bdi></button>}
				</li>
			))}
		</ul>
	);
}

interface Line { readonly key: string; readonly from: string; readonly ts: number; readonly text: string | null; readonly kind: '' | 'waits' | 'bad' }

function Log({ label, lines }: { label: string; lines: readonly Line[] }) {
	const box = useRef<HTMLDivElement>(null);
	const shown = lines.filter(({ text }) => text !== null);
	useEffect(() => {
		if (box.current)
			box.current.scrollTop = box.current.scrollHeight;
	}, [shown.length]);
	return (
		<div className="log" role="log" aria-label={label} tabIndex={0} ref={box}>
			<ol>
				{shown.map(({ key, from, ts, text, kind }) => (
					<li key={key} className={kind}><time>{timeOf(ts)}</time><b><bdi>{from}</bdi></b>: <bdi>{text}</bdi></li>
				))}
			</ol>
		</div>
	);
}

interface SayProps { label: string; onSay: (text: string) => void; onPin: ((text: string) => void) | undefined }

function SayForm({ label, onSay, onPin }: SayProps) {
	function submit(event: FormEvent<HTMLFormElement>) {
		event.preventDefault();
		const form = event.currentTarget;
		const text = String(new FormData(form).get('text') ?? '').trim();
		const pin = (event.nativeEvent as SubmitEvent).submitter?.getAttribute('value') === 'pin';
		if (pin)
			onPin?.(text);
		else if (text)
			onSay(text);
		form.reset();
	}
	return (
		<form className="say" onSubmit={submit}>
			<label>
				<span className="unseen">{label}</span>
				<input name="text" maxLength={LONGEST} placeholder="Say something" autoComplete="off" />
			</label>
			<button type="submit" value="say">Say</button>
			{onPin && <button type="submit" value="pin">Pin</button>}
		</form>
	);
}
