/* beat - a worker that says every half second that time has passed. A hidden page's own timers come once a minute. */
setInterval(() => postMessage(null), 500);
