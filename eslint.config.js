import tseslint from "typescript-eslint";

/** Only rules that need types, or that keep an invariant of ARCHITECTURE.md; everything else is Biome's. */
const typeAware = {
  "@typescript-eslint/await-thenable": "error",
  "@typescript-eslint/no-base-to-string": "error",
  "@typescript-eslint/no-deprecated": "error",
  "@typescript-eslint/no-floating-promises": "error",
  "@typescript-eslint/no-for-in-array": "error",
  "@typescript-eslint/no-misused-promises": "error",
  "@typescript-eslint/no-unnecessary-type-assertion": "error",
  "@typescript-eslint/no-unsafe-argument": "error",
  "@typescript-eslint/no-unsafe-assignment": "error",
  "@typescript-eslint/no-unsafe-call": "error",
  "@typescript-eslint/no-unsafe-member-access": "error",
  "@typescript-eslint/no-unsafe-return": "error",
  // What was caught, or a signal's reason, may be handed on as it is.
  "@typescript-eslint/only-throw-error": ["error", { allowThrowingUnknown: true, allowThrowingAny: true }],
  "@typescript-eslint/prefer-promise-reject-errors": ["error", { allowThrowingUnknown: true, allowThrowingAny: true }],
  "@typescript-eslint/restrict-plus-operands": "error",
  "@typescript-eslint/return-await": ["error", "in-try-catch"],
  "@typescript-eslint/switch-exhaustiveness-check": "error",
  "@typescript-eslint/unbound-method": "error",
};

/** Invariant 5: library code takes a clock and never looks at the wall, the environment or the terminal. */
const wallClock = [
  { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: "take a Clock (base/clock.ts)" },
  { selector: "CallExpression[callee.object.name='Date'][callee.property.name='now']", message: "take a Clock" },
];

/**
 * Files of tests share a process and its modules (vitest.config.ts): what one of them sets, the next one must not meet.
 */
const sharedModules = [
  {
    selector: "CallExpression[callee.object.name='vi'][callee.property.name=/^(mock|doMock|resetModules)$/]",
    message: "modules that are loaded are not mocked, and stay mocked for others: pass it in, or support/pauses.ts",
  },
];
const hooks = {
  selector: "Program > ExpressionStatement > CallExpression[callee.name=/^(before|after)(All|Each)$/]",
  message: "is registered for the first file alone: export a function that registers it",
};

export default tseslint.config(
  { ignores: ["dist/", "node_modules/", "coverage/", "etc/", "schemas/", "temp/", "bench/.work/"] },
  {
    files: ["**/*.ts"],
    linterOptions: { reportUnusedDisableDirectives: "error" },
    plugins: { "@typescript-eslint": tseslint.plugin },
    languageOptions: {
      parser: tseslint.parser,
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: typeAware,
  },
  {
    files: ["**/*.ts"],
    // Biome wraps code and leaves comments as they are. Links and what silences a rule have to stay on one line.
    rules: {
      "max-len": ["error", { code: 1_000, comments: 120, ignoreUrls: true, ignorePattern: "biome-ignore|@see" }],
    },
  },
  {
    files: ["src/**/*.ts"],
    ignores: ["src/cli/**", "src/**/*.test.ts"],
    rules: {
      "no-console": "error",
      "no-restricted-globals": ["error", { name: "process", message: "only cli/ touches the process" }],
      "no-restricted-imports": ["error", { paths: ["node:process", "process"] }],
    },
  },
  {
    files: ["src/**/*.ts"],
    ignores: ["src/cli/**", "src/**/*.test.ts", "src/base/clock.ts"],
    rules: { "no-restricted-syntax": ["error", ...wallClock] },
  },
  {
    // Tests read JSON that is wrong on purpose, and hand mocks around.
    files: ["**/*.test.ts", "test/**/*.ts"],
    rules: {
      "@typescript-eslint/no-unsafe-argument": "off",
      "@typescript-eslint/no-unsafe-assignment": "off",
      "@typescript-eslint/no-unsafe-member-access": "off",
      "@typescript-eslint/no-unsafe-call": "off",
      "@typescript-eslint/no-unsafe-return": "off",
      "@typescript-eslint/unbound-method": "off",
      "no-restricted-syntax": ["error", ...sharedModules],
    },
  },
  {
    files: ["test/support/**/*.ts"],
    ignores: ["test/support/shared-process.ts"],
    rules: { "no-restricted-syntax": ["error", ...sharedModules, hooks] },
  },
);
