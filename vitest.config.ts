import { defineConfig } from 'vitest/config';

export default defineConfig(({ mode }) => {
  // `npm run test:deep`: ten times the cases, which take their time.
  const isDeep = mode === 'deep' || process.env.MULTIDOWN_TEST_DEEP === '1';
  return {
    test: {
      include: ['test/**/*.test.ts'],
      setupFiles: 'test/support/patterns-match.ts',
      // Most of the time is spent in waiting for servers and processes.
      maxWorkers: 2,
      env: isDeep ? { MULTIDOWN_TEST_DEEP: '1' } : {},
      // Whole downloads over real sockets, on machines with two busy cores.
      testTimeout: isDeep ? 3_600_000 : 60_000,
      hookTimeout: 60_000,
    },
  };
});
