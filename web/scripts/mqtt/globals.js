/* MQTT.js is written for Node: what it expects there to be without asking for it. */
export { Buffer } from 'buffer';
export { default as process } from 'process/browser';
