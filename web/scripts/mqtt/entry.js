/* What the pages need of MQTT.js. Its own browser file has 105 kB gzipped; this has two thirds of that, see vendor.mjs. */
export { connect } from 'mqtt/mqtt';
