// The build of the dashboard. Everything is a file of its own with a hash in its name: the policy (public/_headers) allows
// nothing inline, and what has a hash may be kept for ever.
import { defineConfig } from 'vite';

export default defineConfig({
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2022',
    // The browsers that know light-dark(); rewritten for older ones it would forget the theme that is chosen here.
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
});
