/* style - how <score-board> looks: the board's compact layout, by the width of the element, not of the screen. The page around it sees none of this, and may set
 * --score-board-font. No font is loaded and no picture: the page's policy has nothing to allow for it. */
export default `
:host {
	display: block; container: board / inline-size; min-width: 0; color-scheme: dark light;
	--page: #0c0e13; --raise: #151922; --line: #262c39; --ink: #f3f5f9; --soft: #a3adbf; --good: #3ddc84; --warn: #ffb13d; --star: #ffd23f;
	font: 500 1rem/1.3 var(--score-board-font, "Barlow Condensed", "Roboto Condensed", "Arial Narrow", "Helvetica Neue", system-ui, sans-serif);
	font-variant-numeric: tabular-nums lining-nums; text-align: start;
}
@media (prefers-color-scheme: light) {
	:host(:not([theme="dark"])) { --page: #eef0f4; --raise: #fff; --line: #d7dce5; --ink: #12161f; --soft: #4c5669; --good: #14854a; --warn: #9a5b00; }
}
:host([theme="light"]) { --page: #eef0f4; --raise: #fff; --line: #d7dce5; --ink: #12161f; --soft: #4c5669; --good: #14854a; --warn: #9a5b00; color-scheme: light; }
:host([theme="dark"]) { color-scheme: dark; }
:host([hidden]) { display: none; }
* { box-sizing: border-box; margin: 0; }
[hidden] { display: none !important; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }

.board { position: relative; display: grid; gap: .4rem; padding: .5rem; border-radius: .8rem; color: var(--ink); background: var(--page); }
.banner { padding: .3rem .6rem; border-radius: .5rem; text-align: center; font-weight: 600; color: #14110a; background: #ffb13d; overflow-wrap: anywhere; }
.banner[data-level="bad"] { color: #fff; background: #b3261e; }
.banner[data-level="info"] { color: var(--ink); background: var(--raise); }
.empty { padding: .8rem .4rem; text-align: center; font-size: 1.3rem; font-weight: 700; overflow-wrap: anywhere; }
.hero { display: grid; gap: .4rem; grid-template: "clocks" "one" "two" / minmax(0, 1fr); }
.board[data-doubt] .hero { opacity: .62; filter: saturate(.55); }
.team { min-width: 0; display: grid; grid-template: "name score" "jammer score" / minmax(0, 1fr) auto; gap: 0 .7rem; align-items: center; padding: .35rem .7rem; border-radius: .7rem; color: var(--fg); background: var(--bg); box-shadow: inset 0 0 0 1px color-mix(in srgb, var(--fg) 22%, transparent); }
.team:nth-child(1) { grid-area: one; } .team:nth-child(3) { grid-area: two; }
.name { grid-area: name; min-width: 0; max-width: 100%; font-size: 1.25rem; font-weight: 700; line-height: 1.05; overflow-wrap: anywhere; }
.points { grid-area: score; display: flex; flex-wrap: wrap; align-items: baseline; justify-content: center; gap: 0 .4rem; }
.score { font-size: 2.9rem; font-weight: 700; line-height: .95; }
.jam-points { padding: 0 .4em; border-radius: 1em; font-weight: 700; background: color-mix(in srgb, var(--fg) 16%, transparent); }
.jam-points:empty { display: none; }
.jammer { grid-area: jammer; display: flex; flex-wrap: wrap; align-items: center; gap: .1em .4em; min-height: 1.5em; font-weight: 600; overflow-wrap: anywhere; }
.mark { flex: none; display: grid; place-items: center; min-width: 1.4em; height: 1.4em; padding: 0 .25em; border-radius: .7em; line-height: 1; color: var(--star); background: #12151c; }
.mark[data-is="star-pass"] { color: var(--bg); background: var(--fg); }
.clocks { grid-area: clocks; min-width: 0; display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: 0 1rem; padding: .3rem .7rem; border-radius: .7rem; background: var(--raise); box-shadow: inset 0 0 0 1px var(--line); }
.label { font-weight: 600; color: var(--soft); overflow-wrap: anywhere; }
.clocks:is([data-kind="final"], [data-kind="break"], [data-kind="coming"]) .now .label { font-size: 1.25rem; font-weight: 700; color: var(--ink); }
.clocks:is([data-kind="timeout"], [data-kind="review"]) .now .label { color: var(--warn); }
.time { font-size: 2.2rem; font-weight: 700; line-height: 1; }
.period .time { font-size: 1.4rem; font-weight: 600; }
.time:empty { display: none; }
.link { display: flex; align-items: center; justify-content: flex-end; gap: .4em; font-size: .9rem; font-weight: 600; color: var(--soft); }
.link i { width: .6em; height: .6em; border-radius: 50%; background: var(--soft); }
.link[data-level="live"] i { background: var(--good); }
.link[data-level="doubt"] i { background: var(--warn); }

@container board (max-width: 17rem) {
	.team { grid-template: "name" "score" "jammer" / minmax(0, 1fr); }
	.points { justify-content: start; }
}
@container board (min-width: 34rem) {
	.hero { grid-template: "one clocks two" / minmax(0, 1fr) minmax(8rem, 24cqi) minmax(0, 1fr); }
	.team { grid-template: "name" "score" "jammer" / minmax(0, 1fr); align-content: center; justify-items: center; text-align: center; }
	.team .score { font-size: clamp(2.9rem, 9cqi, 6rem); }
	.jammer { justify-content: center; }
	.clocks { flex-direction: column; justify-content: center; text-align: center; }
	.clocks .time { font-size: clamp(2rem, 5cqi, 3.6rem); }
	.clocks .period .time { font-size: clamp(1.3rem, 3cqi, 2rem); }
}
:host([layout="line"]) .jammer, :host([layout="line"]) .period { display: none; }
:host([layout="line"]) .board { padding: .25rem; }
:host([layout="line"]) .team { display: flex; flex-wrap: wrap; justify-content: space-between; text-align: start; padding-block: .1rem; }
:host([layout="line"]) .team .score { font-size: 1.6rem; }
:host([layout="line"]) .name { font-size: 1.1rem; }
:host([layout="line"]) .clocks { flex-direction: row; padding-block: .1rem; }
:host([layout="line"]) .now { flex: 1; display: flex; flex-wrap: wrap; align-items: baseline; justify-content: space-between; gap: 0 .5rem; }
:host([layout="line"]) .clocks .time { font-size: 1.4rem; }
`;
