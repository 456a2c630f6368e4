import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Whole downloads over real sockets, on machines with two busy cores.
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
