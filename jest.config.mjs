/** Tests run as CommonJS in jest's module system (swc strips the types); the product itself runs as ES modules. */
export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  // Middy comes as an ES module only.
  moduleNameMapper: { '^@middy/(core|util)$': '<rootDir>/node_modules/@middy/$1/index.js' },
  transformIgnorePatterns: ['/node_modules/(?!@middy/)'],
  transform: {
    '\\.ts$|@middy/.*\\.js$': [
      '@swc/jest',
      { jsc: { target: 'es2024', parser: { syntax: 'typescript' } }, module: { type: 'commonjs' } },
    ],
  },
  globalSetup: '<rootDir>/test/support/run/begin.ts',
  globalTeardown: '<rootDir>/test/support/run/end.ts',
  maxWorkers: 2,
  testTimeout: 60_000,
}
