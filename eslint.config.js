// @ts-check
import tseslint from "typescript-eslint";

/** What each package may import from the workspace. Imports point one way only; the browser-safe and pure parts stay so. */
const mayImport = {
  protocol: [],
  closures: ["@heddle/protocol"],
  // The built page, which it serves.
  scheduler: ["@heddle/protocol", "@heddle/dashboard"],
  dashboard: ["@heddle/protocol"],
  worker: ["@heddle/protocol", "@heddle/closures"],
  client: ["@heddle/protocol", "@heddle/closures", "@heddle/scheduler", "@heddle/worker"],
  flows: ["@heddle/protocol", "@heddle/closures", "@heddle/worker", "@heddle/client"],
  heddle: [
    "@heddle/protocol",
    "@heddle/closures",
    "@heddle/scheduler",
    "@heddle/worker",
    "@heddle/client",
    "@heddle/flows",
    "@heddle/dashboard",
  ],
  simulator: ["@heddle/protocol", "@heddle/closures", "@heddle/scheduler", "@heddle/worker", "@heddle/client"],
};
const everyPackage = ["heddle", ...Object.keys(mayImport).map((name) => `@heddle/${name}`)];

const boundaries = Object.entries(mayImport).map(([name, allowed]) => ({
  files: [`packages/${name}/src/**/*.{ts,tsx}`],
  rules: {
    "no-restricted-imports": [
      "error",
      {
        patterns: [
          {
            group: everyPackage
              .filter((other) => !allowed.includes(other))
              .flatMap((other) => [other, `${other}/*`])
              // A subpath that a package exports on purpose is as good as its root.
              .concat(["@heddle/*/src/**", "@heddle/*/dist/**"]),
            message: "Imports between packages point one way only: see CONTRIBUTING.md.",
          },
        ],
      },
    ],
  },
}));

/** The three cores are pure: no socket, clock, timer or randomness. */
const purity = {
  files: ["packages/{scheduler,worker,client}/src/core/**/*.ts"],
  rules: {
    "no-restricted-globals": [
      "error",
      ...["setTimeout", "setInterval", "setImmediate", "queueMicrotask", "performance", "console", "process"].map(
        (name) => ({ name, message: "A core is pure: clock, ids and I/O come in with the event." }),
      ),
    ],
    "no-restricted-properties": [
      "error",
      { object: "Date", property: "now", message: "Time comes in with the event." },
      { object: "Math", property: "random", message: "Randomness comes in with the event." },
    ],
  },
};

/** Names, keys, errors and log lines are strangers' text: the page shows them as text, whatever they contain. */
const textOnly = {
  files: ["packages/dashboard/src/**/*.{ts,tsx}"],
  rules: {
    "no-restricted-syntax": [
      "error",
      ...[
        "JSXAttribute[name.name='dangerouslySetInnerHTML']",
        "Property[key.name='dangerouslySetInnerHTML']",
        "AssignmentExpression[left.property.name=/^(innerHTML|outerHTML|srcdoc)$/]",
        "CallExpression[callee.property.name=/^(html|insertAdjacentHTML|setHTMLUnsafe)$/]",
      ].map((selector) => ({ selector, message: "Text that others wrote must never become markup." })),
    ],
  },
};

export default tseslint.config(
  { ignores: ["**/dist/**", "**/node_modules/**", "**/fixtures/**", "**/.venv/**"] },
  ...tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        project: [
          "./tsconfig.tests.json",
          "./packages/*/tsconfig.json",
          "./packages/dashboard/tsconfig.node.json",
          "./packages/dashboard/tsconfig.tests.json",
        ],
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      "@typescript-eslint/no-floating-promises": "error",
      // Above all `slice` of a Buffer, which looks like a copy and is none.
      "@typescript-eslint/no-deprecated": "error",
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/no-non-null-assertion": "off",
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
      "@typescript-eslint/require-await": "off",
      "no-restricted-imports": [
        "error",
        { patterns: [{ group: ["@heddle/*/src/**", "@heddle/*/dist/**"], message: "Import a package by its name." }] },
      ],
    },
  },
  ...boundaries,
  purity,
  textOnly,
  { files: ["**/*.js", "**/*.mjs"], ...tseslint.configs.disableTypeChecked },
);
