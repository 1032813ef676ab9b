/*
 * Who may import whom. ARCHITECTURE.md says why; scripts/layers.test.ts proves that each rule bites.
 *
 * Paths are relative to the repository. An import of a type counts as an import, except in `.svelte` files, which
 * are read after compilation: there eslint.config.js repeats the rooms' walls.
 */

/** Test code: it may use the test libraries, and little else that its room may not. */
const TEST = String.raw`((\.(test|gpu|tensorflow)|-suite)\.ts$|/testing/)`;
const TEST_LIBRARY = 'node_modules/(vitest|fast-check)/';

/** What each room of `main/` may import besides itself, the contract and packages; low to high. */
const BESIDE_MODELS = ['models', 'samplers', 'datasets', 'metrics', 'checkpoints'];
const UP_TO_MODELS = ['tensor', 'maths', ...BESIDE_MODELS];
const MAY_IMPORT = {
  tensor: [],
  maths: ['tensor'],
  ...Object.fromEntries(BESIDE_MODELS.map((room) => [room, ['tensor', 'maths']])),
  methods: UP_TO_MODELS,
  training: [...UP_TO_MODELS, 'methods'],
  store: ['checkpoints/safetensors'],
  reproductions: [...UP_TO_MODELS, 'methods', 'training'],
  engine: [...UP_TO_MODELS, 'methods', 'training', 'store', 'reproductions'],
  hosts: [...UP_TO_MODELS, 'methods', 'training', 'store', 'reproductions', 'engine'],
};

/** @param {readonly string[]} names */
const anyOf = (names) => `(${names.join('|')})`;

const roomRules = Object.entries(MAY_IMPORT).map(([room, lower]) => ({
  name: `main-${room}`,
  comment: `main/${room} may import ${lower.length > 0 ? lower.join(', ') : 'no other room'} of main.`,
  severity: 'error',
  from: { path: `^main/${room}/` },
  to: { path: '^main/', pathNot: `^main/${anyOf([room, ...lower])}/` },
}));

/** Rooms of `main/engine/`, low to high: each may import those before it. The service stands above all. */
const ENGINE_ROOMS = [
  ...['events', 'reader', 'executors', 'tensorflow', 'bench', 'plan', 'sampling', 'views', 'evaluation'],
  ...['checkpoints', 'data', 'golden', 'runs', 'reproductions'],
];

const engineRules = ENGINE_ROOMS.map((room, at) => ({
  name: `engine-${room}`,
  comment: `main/engine/${room} may import ${ENGINE_ROOMS.slice(0, at).join(', ') || 'no other room'} of the engine.`,
  severity: 'error',
  from: { path: `^main/engine/${room}/`, pathNot: TEST },
  to: { path: '^main/engine/', pathNot: `^main/engine/${anyOf(ENGINE_ROOMS.slice(0, at + 1))}/` },
}));

/**
 * A library or built-in module that only one place may import.
 *
 * @param {string} name
 * @param {string} comment
 * @param {string | string[]} packages
 * @param {string | string[]} home
 */
function onlyIn(name, comment, packages, home) {
  return { name, comment, severity: 'error', from: { pathNot: home }, to: { path: packages } };
}

export default {
  forbidden: [
    {
      name: 'resolvable',
      comment: 'An import that cannot be found would slip past every other rule.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'no-cycles',
      comment: 'Two files that need each other are one story, or hide a third.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'contract-imports-only-zod',
      comment: 'The contract runs in every room: no DOM, Node or Electron.',
      severity: 'error',
      from: { path: '^preload/contract/', pathNot: TEST },
      to: { pathNot: ['^preload/contract/', 'node_modules/zod/'] },
    },
    {
      name: 'contract-tests',
      comment: "The contract's tests add the test libraries, Node and a real WebSocket.",
      severity: 'error',
      from: { path: `^preload/contract/.*${TEST}` },
      to: {
        dependencyTypesNot: ['core'],
        pathNot: ['^preload/contract/', 'node_modules/zod/', TEST_LIBRARY, 'node_modules/(@types/)?ws/'],
      },
    },
    {
      name: 'preload-is-a-doorway',
      comment: 'The preload script knows Electron and the contract.',
      severity: 'error',
      from: { path: '^preload/', pathNot: '^preload/contract/' },
      to: { pathNot: ['^preload/', 'node_modules/electron/'] },
    },
    {
      name: 'renderer-sees-the-contract',
      comment: 'The window knows the contract and nothing else of ours outside itself.',
      severity: 'error',
      from: { path: '^renderer/' },
      to: { pathNot: ['^renderer/', '^preload/contract/', 'node_modules/'], dependencyTypesNot: ['core'] },
    },
    {
      name: 'renderer-runs-in-a-browser',
      comment: 'No Node modules in the window; its tests may read their testdata.',
      severity: 'error',
      from: { path: '^renderer/', pathNot: TEST },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'main-is-not-the-window',
      comment: 'The engine and its hosts know the contract, not the window or its doorway.',
      severity: 'error',
      from: { path: '^main/' },
      to: { path: '^(renderer|preload|e2e|scripts)/', pathNot: '^preload/contract/' },
    },
    {
      name: 'nobody-imports-tests',
      comment: 'Only tests import tests, their suites and test libraries.',
      severity: 'error',
      from: { path: '^(main|preload|renderer)/', pathNot: [TEST, '/testdata/'] },
      to: { path: [TEST, '/testdata/', TEST_LIBRARY, '^e2e/'] },
    },
    {
      name: 'main-known-rooms',
      comment: 'Every file of main lives in a room that has a place in the order.',
      severity: 'error',
      from: { path: '^main/', pathNot: `^main/${anyOf(Object.keys(MAY_IMPORT))}/` },
      to: {},
    },
    ...roomRules,
    ...engineRules,
    {
      name: 'engine-known-rooms',
      comment: 'The same for the rooms of the engine; its tests share theirs.',
      severity: 'error',
      from: {
        path: '^main/engine/[^/]+/',
        pathNot: `^main/engine/${anyOf([...ENGINE_ROOMS, 'testing', 'testdata'])}/`,
      },
      to: {},
    },
    {
      name: 'methods-apart',
      comment: 'A method does not import another: a distillation receives its teacher as a VelocityField.',
      severity: 'error',
      from: { path: '^main/methods/([^/]+)/' },
      to: { path: '^main/methods/[^/]+/', pathNot: '^main/methods/$1/' },
    },
    onlyIn(
      'tensor-owns-the-runtimes',
      'How a program is encoded and run is known to main/tensor alone.',
      'node_modules/(onnxruntime-[^/]+|@tensorflow/tfjs-(backend-(?!cpu)[^/]+|node(-gpu)?)|@bufbuild/protobuf)/',
      '^main/tensor/',
    ),
    onlyIn(
      'reference-backend-in-tensor',
      'The plain CPU backend is the oracle of every test of main, and otherwise an executor like the others.',
      'node_modules/@tensorflow/tfjs-backend-cpu/',
      ['^main/tensor/', `^main/.*${TEST}`],
    ),
    onlyIn(
      'main-computes',
      'The main side, never the window, trains and samples.',
      'node_modules/@tensorflow/',
      '^main/',
    ),
    onlyIn(
      'electron-in-its-host',
      'Everything else also runs without Electron.',
      'node_modules/electron/',
      '^(main/hosts/electron/|preload/index\\.ts$)',
    ),
    onlyIn(
      'network-in-the-server-host',
      'One place listens; the contract tests open a WebSocket of their own.',
      ['^(node:)?(http|https|http2)$', 'node_modules/(@types/)?ws/'],
      ['^main/hosts/server/', `^preload/contract/.*${TEST}`, '^main/engine/tensorflow/testing/'],
    ),
    onlyIn(
      'sqlite-in-the-store',
      'The index is the store’s secret: the run folders are the truth.',
      '^node:sqlite$',
      '^main/store/',
    ),
    onlyIn(
      'three-in-the-scene',
      'Views speak of points and lines, not of three.js.',
      'node_modules/(@types/)?three/',
      '^renderer/scene/',
    ),
    {
      name: 'views-apart',
      comment: 'Views meet in the state, not in each other.',
      severity: 'error',
      from: { path: '^renderer/views/([^/]+)/' },
      to: { path: '^renderer/views/[^/]+/', pathNot: '^renderer/views/$1/' },
    },
    {
      name: 'state-talks-rpc',
      comment: 'Only renderer/state calls the workbench.',
      severity: 'error',
      from: { path: '^renderer/', pathNot: ['^renderer/state/', '^renderer/main\\.ts$', TEST] },
      to: { path: '^preload/contract/rpc/' },
    },
    {
      name: 'main-opens-the-wire',
      comment: 'renderer/main.ts knows which wire there is, and hands it to renderer/state.',
      severity: 'error',
      from: { path: '^renderer/main\\.ts$' },
      to: { path: '^preload/contract/rpc/', pathNot: '^preload/contract/rpc/[a-z-]*port\\.ts$' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'svelte', 'browser', 'default'],
      mainFields: ['svelte', 'module', 'main', 'types', 'typings'],
      extensions: ['.ts', '.svelte', '.js', '.mjs', '.cjs', '.json', '.d.ts', '.css', '.svg', '.woff2'],
    },
  },
};
