/* past - a game of the past on the board, and the way there from the live one. What that takes is loaded when it is asked for. */

/* The board plays a game again. `screen`: of live.js. */
export const showGame = async (options) => (await import('../history/past.js')).showGame(options);

/* The live board leads to the games that are kept, and can go back for a moment. */
export const offerPast = async (options) => (await import('../history/past.js')).offerPast(options);
