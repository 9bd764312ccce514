import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/* While you work on it: `npm run dev` beside `node server.mjs`, whose login it uses. */
export default defineConfig({
	plugins: [react()],
	build: { target: 'es2022', assetsInlineLimit: 0 },
	server: { proxy: { '/api': 'http://127.0.0.1:8090' } },
});
