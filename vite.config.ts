import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** The window's page: `npm run build:page`. The server gives it from `dist/window`. */
export default defineConfig({
  root: 'src/adapters/window/page',
  base: './',
  plugins: [react()],
  build: {
    outDir: '../../../../dist/window',
    emptyOutDir: true,
    // A file of its own for everything: `data:` and inline scripts are not in the page's policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: 'es2022',
    license: { fileName: 'third-party-licenses.md' },
    chunkSizeWarningLimit: 2_000,
  },
});
