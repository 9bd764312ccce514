import { startFeedgen } from './feedgen.mjs';
export const startSource = ({ broker, webDir, httpPort }) => startFeedgen({ brokerPort: broker.port, webDir, httpPort });
