import { useEffect, useState } from 'react';
import { Login } from './Login';
import { Tournament } from './Tournament';
import { askSession, logOut, type Session } from './server';

export function App() {
	const [session, setSession] = useState<Session | null>(null);
	const [asked, setAsked] = useState(false);

	/* Who was logged in before a reload still is. */
	useEffect(() => {
		askSession().then(({ user, ...rest }) => setSession(user && { user, ...rest }), () => {}).finally(() => setAsked(true));
	}, []);

	if (!asked)
		return <main className="login"><h1>Tournament</h1><p>One moment…</p></main>;
	if (!session)
		return <Login onLogin={setSession} />;
	const leave = () => setSession(null);
	return <Tournament key={session.user.name} session={session} onExpired={leave} onLeave={() => void logOut().finally(leave)} />;
}
