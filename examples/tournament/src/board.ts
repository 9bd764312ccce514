/* board - the one connection of this page: scores, rooms, messages and notices all come over it. */
import { useEffect, useState } from 'react';
import { connect, type Scoreboard } from 'scoreboard-client';
import { askToken, Refused, type Session } from './server';

/* Null until it is made, once for a session. `onExpired`: the server does not know us any more. */
export function useBoard(session: Session, onExpired: () => void): Scoreboard | null {
	const [board, setBoard] = useState<Scoreboard | null>(null);
	useEffect(() => {
		const made = connect({
			servers: [session.broker],
			view: 'hall',
			user: session.user.name,
			/* Called for each connection, and before a token expires: the library sees to that. */
			credentials: async () => {
				try {
					return await askToken();
				} catch (error) {
					if (error instanceof Refused && error.status === 401)
						onExpired();
					throw error;
				}
			},
		});
		setBoard(made);
		return () => made.close();
		// onExpired only sets a state: a new function is no new connection
	}, [session.broker, session.user.name]);
	return board;
}
