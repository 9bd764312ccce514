import { useState, type FormEvent } from 'react';
import { logIn, Refused, type Session } from './server';

/* A demonstration of a login: put yours in its place. */
export function Login({ onLogin }: { onLogin: (session: Session) => void }) {
	const [referee, setReferee] = useState(false);
	const [problem, setProblem] = useState('');
	const [busy, setBusy] = useState(false);

	async function submit(event: FormEvent<HTMLFormElement>) {
		event.preventDefault();
		const fields = new FormData(event.currentTarget);
		const text = (name: string) => String(fields.get(name) ?? '');
		setBusy(true);
		try {
			onLogin(await logIn(text('name'), referee ? text('passphrase') : null));
		} catch (error) {
			setProblem(error instanceof Refused ? error.message : 'The server cannot be reached.');
			setBusy(false);
		}
	}

	return (
		<main className="login">
			<h1>Tournament</h1>
			<form onSubmit={submit}>
				<label>
					Your name
					<input name="name" required maxLength={24} autoComplete="nickname" />
				</label>
				<label className="tick">
					<input type="checkbox" checked={referee} onChange={(event) => setReferee(event.target.checked)} />
					I am a referee
				</label>
				{referee && (
					<label>
						The referees’ passphrase
						<input name="passphrase" type="password" required autoComplete="off" />
					</label>
				)}
				<button type="submit" disabled={busy}>Come in</button>
				<p role="alert" className="problem">{problem}</p>
			</form>
			<p className="soft">A demonstration: any name that is free is yours until you leave. Everybody here sees it.</p>
		</main>
	);
}
