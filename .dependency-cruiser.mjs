// The import rules: core ← engine ← apps, adapters beside. Each rule's comment says what it protects.
// test/architecture shows that every one of them bites.

/** Tests beside the code, and what several of them share. */
const TEST = '([.]test[.]ts$|/src/testing/)';

/** Shipped code of a place: its sources without the tests beside them. */
const shipped = (path) => ({ path, pathNot: TEST });

/** The schemas of what modules take: vocabulary, and none of what runs. */
const PARAMETERS = '^packages/modules/dist/parameters[.](d[.]ts|js)$';

/** What a package exports. */
const ENTRIES = [
  '^packages/[^/]+/dist/index[.](d[.]ts|js)$',
  '^packages/(client/dist/queue|modules/dist/(author|webhook))[.](d[.]ts|js)$',
  PARAMETERS,
];

/** @type {import('dependency-cruiser').IConfiguration} */
const config = {
  forbidden: [
    {
      name: 'no-circular',
      comment: 'A cycle has no order in which it can be read or built.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-unresolvable',
      comment: 'An import that leads nowhere is checked by no other rule.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'core-stands-alone',
      comment: 'core is the shared vocabulary; nothing of ours may be below it.',
      severity: 'error',
      from: shipped('^packages/core/'),
      to: { path: '^(packages/(?!core/)|apps/)' },
    },
    {
      name: 'core-does-no-io',
      comment: 'core is pure: no files, no sockets, no processes, no clients of them.',
      severity: 'error',
      from: shipped('^packages/core/'),
      to: {
        dependencyTypes: ['core'],
        pathNot: '^(node:)?(buffer|url|util|crypto)$',
      },
    },
    {
      name: 'engine-imports-core-only',
      comment: 'Use cases are written over ports; an adapter in them would make them untestable.',
      severity: 'error',
      from: shipped('^packages/engine/'),
      to: { path: '^(packages/(?!engine/|core/)|apps/)' },
    },
    {
      name: 'adapters-import-core-only',
      comment: 'An adapter implements the ports of core and knows no other adapter.',
      severity: 'error',
      from: shipped('^packages/(store|queues|modules|telemetry)/'),
      to: { path: '^(packages/(?!$1/|core/)|apps/)' },
    },
    {
      name: 'module-contract-tools-import-core-and-modules-only',
      comment:
        'Who serves or tests modules needs the contract and what runs a body, and neither Redis nor BullMQ.',
      severity: 'error',
      from: shipped('^packages/module-(server|test)/'),
      to: { path: '^(packages/(?!module-$1/|core/|modules/)|apps/)' },
    },
    {
      name: 'module-contract-tools-are-for-apps',
      comment: 'What Phi itself drives modules with must not come to depend on its own server.',
      severity: 'error',
      from: { path: '^packages/(?!module-(server|test)/)' },
      to: { path: '^packages/module-(server|test)/' },
    },
    {
      name: 'client-imports-core-and-queues-only',
      comment: 'Other services take the client into their own processes: it brings nothing of the rest.',
      severity: 'error',
      from: shipped('^packages/client/'),
      to: { path: '^(packages/(?!client/|core/|queues/)|apps/)' },
    },
    {
      name: 'client-takes-types-of-core',
      comment: 'The client is small and starts at once: of core it needs the vocabulary, not what runs.',
      severity: 'error',
      from: shipped('^packages/client/'),
      to: { path: '^packages/core/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'client-over-http-stands-alone',
      comment: 'Who calls the API needs no BullMQ and no Redis: only @phi/client/queue brings them.',
      severity: 'error',
      from: { path: '^packages/client/src/', pathNot: ['^packages/client/src/queue[.]ts$', TEST] },
      to: { path: '^packages/(queues/|client/src/queue[.]ts$)' },
    },
    {
      name: 'client-is-for-others',
      comment: "Phi's own services have the engine; the command line is a client like any other.",
      severity: 'error',
      from: { path: '^(packages/(?!client/)|apps/(?!cli/))', pathNot: TEST },
      to: { path: '^packages/client/' },
    },
    {
      name: 'only-queues-imports-bullmq',
      comment: 'BullMQ delivers; nothing else may come to depend on how.',
      severity: 'error',
      from: { path: '^(packages/(?!queues/)|apps/)', pathNot: TEST },
      to: { path: '(^|/)node_modules/bullmq/' },
    },
    {
      name: 'only-api-imports-bull-board',
      comment: 'Bull Board is one page of the control plane.',
      severity: 'error',
      from: { path: '^(packages/|apps/(?!api/))' },
      to: { path: '(^|/)node_modules/@bull-board/' },
    },
    {
      name: 'only-store-imports-ioredis',
      comment:
        'Redis is spoken to in the store; queues needs the type of its connection, and EPSILON keeps its caches in one.',
      severity: 'error',
      from: { path: '^(packages/(?!store/|queues/|testkit/|modules/src/epsilon/)|apps/)', pathNot: TEST },
      to: { path: '(^|/)node_modules/ioredis/' },
    },
    {
      name: 'adapters-are-wired-in-main',
      comment: "Only an app's main.ts and its wiring folder know which adapter is used.",
      severity: 'error',
      from: { path: '^apps/[^/]+/src/', pathNot: ['^apps/[^/]+/src/(main[.]ts$|wiring/)', TEST] },
      to: {
        path: '^packages/(store|queues|modules|module-server|telemetry)/',
        pathNot: PARAMETERS,
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'no-app-imports-another',
      comment: 'Apps are deployed apart.',
      severity: 'error',
      from: { path: '^apps/([^/]+)/' },
      to: { path: '^apps/', pathNot: '^apps/$1/' },
    },
    {
      name: 'packages-do-not-import-apps',
      severity: 'error',
      comment: 'Imports go one way.',
      from: { path: '^packages/' },
      to: { path: '^apps/' },
    },
    {
      name: 'service-is-for-apps',
      comment: 'service is the wiring that the apps share: whatever imported it would import every adapter.',
      severity: 'error',
      from: { path: '^packages/(?!service/)' },
      to: { path: '^packages/service/' },
    },
    {
      name: 'no-deep-imports',
      comment: 'A package is what its index exports.',
      severity: 'error',
      from: { path: '^(packages|apps)/([^/]+)/' },
      to: {
        path: '^packages/[^/]+/',
        pathNot: ['^$1/$2/', ...ENTRIES],
      },
    },
    {
      name: 'no-deep-imports-from-tests',
      comment: 'Tests of the whole see the packages as their users do.',
      severity: 'error',
      from: { path: '^test/' },
      to: { path: '^packages/', pathNot: ENTRIES },
    },
    {
      name: 'testkit-is-not-shipped',
      comment: 'What only tests need never reaches production.',
      severity: 'error',
      from: { path: '^(packages/(?!testkit/)|apps/)', pathNot: TEST },
      to: { path: '^packages/testkit/' },
    },
    {
      name: 'testing-is-not-shipped',
      comment: 'What the tests of a package share lies in its testing folder, for them alone.',
      severity: 'error',
      from: { path: '^(packages|apps)/', pathNot: TEST },
      to: { path: '/src/testing/' },
    },
    {
      name: 'no-undeclared-packages',
      comment: 'What is imported stands in the package.json beside it, and is there in production.',
      severity: 'error',
      from: { path: '^(packages|apps)/', pathNot: TEST },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    },
  ],
  options: {
    doNotFollow: { path: ['node_modules', '/dist/'] },
    tsPreCompilationDeps: true,
    combinedDependencies: false,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'types', 'default'],
      extensions: ['.ts', '.js', '.mjs', '.d.ts'],
    },
    detectProcessBuiltinModuleCalls: true,
  },
};

export default config;
