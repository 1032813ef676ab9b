import { defineConfig } from 'eslint/config';
import prettier from 'eslint-config-prettier';
import svelte from 'eslint-plugin-svelte';
import ts from 'typescript-eslint';

/** Code that runs inside somebody else's process or window: it reports, and its host decides where that goes. */
const LIBRARY_ROOMS = ['main/**/*.ts', 'preload/**/*.ts', 'renderer/**/*.ts', 'renderer/**/*.svelte'];

/** dependency-cruiser reads components after compilation, when their type imports are gone: the same walls again. */
const componentWalls = [
  {
    group: [
      '**/main/**',
      '**/preload/**',
      '#contract/rpc/*',
      'node:*',
      'electron',
      '@tensorflow/*',
      'onnxruntime-*',
    ],
    message: 'The window knows the contract, and only renderer/state calls it.',
  },
];

export default defineConfig(
  {
    ignores: [
      'node_modules/',
      'out/',
      'test-results/',
      'playwright-report/',
      '**/testdata/',
      'main/tensor/onnx/onnx_pb.ts',
      'scripts/canary/',
    ],
  },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },

  // Type-aware rules for everything in a tsconfig; components get the rest, their types being svelte-check's work.
  {
    files: ['**/*.ts'],
    extends: [ts.configs.recommendedTypeChecked],
    languageOptions: {
      parserOptions: {
        project: ['./tsconfig.main.json', './tsconfig.renderer.json', './e2e/tsconfig.json'],
        tsconfigRootDir: import.meta.dirname,
        extraFileExtensions: ['.svelte'],
      },
    },
    rules: {
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      // Numbers in templates are this project's daily bread.
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      // An async function that never waits still turns what it throws into a rejection.
      '@typescript-eslint/require-await': 'off',
      // TensorFlow.js names an op's result by a type argument that appears nowhere else; an assertion
      // says the same and reads as what it is.
      '@typescript-eslint/no-unnecessary-type-assertion': 'off',
      // Our interfaces are objects of closures as often as they are classes.
      '@typescript-eslint/unbound-method': 'off',
    },
  },
  {
    files: ['**/*.svelte'],
    extends: [ts.configs.recommended, svelte.configs.recommended],
    languageOptions: { parserOptions: { parser: ts.parser } },
    rules: {
      '@typescript-eslint/no-restricted-imports': ['error', { patterns: componentWalls }],
    },
  },
  {
    files: ['**/*.{js,mjs}'],
    extends: [ts.configs.recommended],
  },

  {
    plugins: { '@typescript-eslint': ts.plugin },
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', { disallowTypeAnnotations: false }],
      // tsc reports unused names, and knip unused exports.
      '@typescript-eslint/no-unused-vars': 'off',
      eqeqeq: 'error',
      'func-style': ['error', 'declaration', { allowArrowFunctions: true }],
      'no-restricted-syntax': [
        'error',
        {
          selector:
            'ExportNamedDeclaration > VariableDeclaration > VariableDeclarator > ArrowFunctionExpression',
          message: 'Export a function declaration: it has a name in stack traces and reads as what it is.',
        },
      ],
      'prefer-const': 'error',
    },
  },
  {
    files: LIBRARY_ROOMS,
    ignores: ['main/hosts/cli/**'],
    rules: { 'no-console': 'error' },
  },
  {
    files: ['**/*.test.ts'],
    // Vitest's matchers, such as expect.any(), are typed any.
    rules: { '@typescript-eslint/no-unsafe-assignment': 'off' },
  },
  prettier,
);
